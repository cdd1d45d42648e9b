"""Builds in an S3 bucket, or in what speaks like one: s3://bucket/prefix?endpoint=https://host in INVEX_REPOSITORIES.

boto3 (extra `s3`) finds credentials and region as usual: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION,
or a role.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

from invex.kernel.blobs import too_large
from invex.kernel.blobs_s3 import MISSING
from invex.kernel.errors import NotNow

from .absent import absent


class Bucket:
    """Objects below a prefix. S3 stores an object whole or not at all."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix

    def get(self, path: str, *, max_bytes: int) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            body = self.client.get_object(Bucket=self.bucket, Key=self.prefix + path)["Body"]
            data: bytes = body.read(max_bytes + 1)
        except ClientError as e:
            if e.response["Error"]["Code"] in MISSING:
                raise absent(path) from e
            raise _refused(e) from e
        except BotoCoreError as e:
            raise NotNow(f"The repository cannot be reached: {e}.") from e
        if len(data) > max_bytes:
            raise too_large(max_bytes)
        return data

    def put(self, path: str, data: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + path, Body=data)
        except ClientError as e:
            raise _refused(e) from e
        except BotoCoreError as e:
            raise NotNow(f"The repository cannot be reached: {e}.") from e


def from_url(url: str) -> Bucket:
    """Return the bucket of an address. Raises ImproperlyConfigured."""
    parts = urlsplit(url)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if not parts.netloc or set(options) - {"endpoint"}:
        raise ImproperlyConfigured(
            f"INVEX_REPOSITORIES: {url!r}: give s3://bucket/prefix, and ?endpoint=https://host if needed"
        )
    try:
        import boto3
    except ImportError as e:
        raise ImproperlyConfigured("INVEX_REPOSITORIES: S3 needs the extra `s3`: uv pip install boto3") from e
    prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
    return Bucket(boto3.client("s3", endpoint_url=options.get("endpoint")), parts.netloc, prefix)


def _refused(error: Any) -> NotNow:
    about = error.response["Error"]
    return NotNow(f"The repository answered with {about['Code']}: {about.get('Message', '')[:200]}.")
