"""Where builds are kept outside of this installation: a folder, an S3 bucket, or an HTTP address with GET and PUT.

A training site pushes builds there, a serving-only site pulls what a deployment file names. Beside each package lies
`PACKAGE.sha256`, as sha256sum writes it; what is pulled must have that hash, and its manifest must fit (verification).
`PACKAGE.gate.json` says what the gate of the training site found: a site that only serves has nothing to judge by.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from invex.kernel.blobs import too_large
from invex.kernel.errors import BadInput, NotNow, TooLarge
from mlops.learning import archive

from . import repositories_s3
from .absent import absent

MODELS = "invex/models"  # the folder of packages in a repository
HASH, GATE = ".sha256", ".gate.json"
TIMEOUT_S = 30
MOST_HASH_BYTES = 4096
MOST_GATE_BYTES = 16 * 2**20  # figures of every field, template and document that was judged: some KB each


class Place(Protocol):
    """Where files lie under a path."""

    def get(self, path: str, *, max_bytes: int) -> bytes:
        """Return the file. Raises BadInput when it is not there, TooLarge, NotNow."""

    def put(self, path: str, data: bytes) -> None:
        """Store the file, whole or not at all. Raises NotNow."""


class Folder:
    """A folder of this machine, or one that is mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, path: str, *, max_bytes: int) -> bytes:
        file = self._file(path)
        try:
            with file.open("rb") as f:
                data = f.read(max_bytes + 1)
        except FileNotFoundError as e:
            raise absent(path) from e
        except OSError as e:
            raise NotNow(f"The repository cannot be read: {e.strerror}.") from e
        if len(data) > max_bytes:
            raise too_large(max_bytes)
        return data

    def put(self, path: str, data: bytes) -> None:
        try:
            archive.write(self._file(path), data)
        except OSError as e:
            raise NotNow(f"The repository cannot be written: {e.strerror}.") from e

    def _file(self, path: str) -> Path:
        root = self.root.resolve()
        file = (root / path).resolve()
        if not file.is_relative_to(root):
            raise BadInput(f"{path[:80]!r} lies outside of the repository.", code="bad_path")
        return file


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A repository is where the settings say, and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Http:
    """An address that answers GET with a file and takes PUT; name and password may stand in it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        self.base = urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, "", ""))
        self.headers = {"User-Agent": "invex"}
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self.headers["Authorization"] = f"Basic {base64.b64encode(secret).decode()}"
        self.opener = urllib.request.build_opener(_NoRedirect)

    def get(self, path: str, *, max_bytes: int) -> bytes:
        data = self._ask("GET", path, None, max_bytes + 1)
        if len(data) > max_bytes:
            raise too_large(max_bytes)
        return data

    def put(self, path: str, data: bytes) -> None:
        self._ask("PUT", path, data, MOST_HASH_BYTES)

    def _ask(self, method: str, path: str, data: bytes | None, most: int) -> bytes:
        address = f"{self.base.rstrip('/')}/{quote(path)}"
        request = urllib.request.Request(address, data, self.headers, method=method)
        try:
            with self.opener.open(request, timeout=TIMEOUT_S) as response:
                answer: bytes = response.read(most)
                return answer
        except urllib.error.HTTPError as e:
            if method == "GET" and e.code in (404, 410):
                raise absent(path) from e
            raise NotNow(f"The repository answered {method} with {e.code} {e.reason}.") from e
        except (OSError, ValueError) as e:  # URLError is an OSError
            raise NotNow(f"The repository cannot be reached: {getattr(e, 'reason', e)}.") from e


class Repository:
    """Packages at a place, each with its hash beside it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def push(self, name: str, data: bytes, gate: dict[str, Any] | None = None) -> str:
        """Store a package by its build's name; return its path. The hash comes last: without it nothing is pulled.

        gate: what let it through, JSON; None = nothing did yet. Raises BadInput when that is too large, NotNow.
        """
        path, sha256 = f"{MODELS}/{name}.zip", hashlib.sha256(data).hexdigest()
        said = b"" if gate is None else json.dumps({"sha256": sha256, **gate}, ensure_ascii=False).encode()
        if len(said) > MOST_GATE_BYTES:
            raise BadInput(
                f"What the gate said of {name} takes {len(said)} bytes, more than the {MOST_GATE_BYTES} that a "
                "repository takes. Have the gate judge it on a smaller dataset, then push it.",
                code="gate_too_large",
            )
        self.place.put(path, data)
        if said:
            self.place.put(path + GATE, said)
        self.place.put(path + HASH, f"{sha256}  {name}.zip\n".encode())
        return path

    def gate(self, path: str, sha256: str) -> dict[str, Any] | None:
        """Return what let the package of these bytes through where it was pushed; None = nothing did.

        Raises TooLarge, NotNow.
        """
        try:
            said = json.loads(self.place.get(path + GATE, max_bytes=MOST_GATE_BYTES))
        except TooLarge:
            raise
        except (BadInput, ValueError):
            return None
        return said if isinstance(said, dict) and said.get("sha256") == sha256 else None

    def pull(self, path: str) -> bytes:
        """Return the package at `path`. Raises BadInput when it is not there or not what its hash says, NotNow."""
        said = self.place.get(path + HASH, max_bytes=MOST_HASH_BYTES).split()
        data = self.place.get(path, max_bytes=settings.MAX_UPLOAD_BYTES)
        if not said or said[0].decode("ascii", "replace").lower() != hashlib.sha256(data).hexdigest():
            raise BadInput(f"{path} is not what its hash in the repository says. Push it again.", code="bad_hash")
        return data


def names() -> list[str]:
    """Return the names of the repositories that the settings know."""
    return sorted(settings.BUILD_REPOSITORIES)


def repository(name: str) -> Repository:
    """Return the repository of that name. Raises BadInput, which lists the names."""
    url = settings.BUILD_REPOSITORIES.get(name)
    if url is None:
        known = ", ".join(names()) or "none"
        raise BadInput(
            f"There is no repository {name[:64]!r}. INVEX_REPOSITORIES names: {known}.", code="no_repository"
        )
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Repository(Folder(Path(unquote(parts.path))))
    if parts.scheme in ("http", "https"):
        return Repository(Http(url))
    if parts.scheme == "s3":
        return Repository(repositories_s3.from_url(url))
    raise ImproperlyConfigured(f"INVEX_REPOSITORIES: {name}: give file:///a/folder, s3://bucket or an HTTP address")
