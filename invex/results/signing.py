"""Standard Webhooks (https://www.standardwebhooks.com): secrets, and signatures version v1.

The standard library's hmac is all that it takes; the reference implementation checks us in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32  # the standard asks for 24 to 64


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_header(keys: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header webhook-signature: one signature a secret. timestamp: seconds since 1970, of the attempt."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(key, content)}" for key in keys)


def _signature(key: str, content: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(raw, content, hashlib.sha256).digest()).decode()
