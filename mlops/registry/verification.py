"""A package made elsewhere is looked at before it is stored: it is data, and nothing in it is executed.

Whoever uploads one is known, their package is not: sizes are checked before anything is unpacked, only JSON, text,
safetensors and ONNX are let in, every file must be named in the manifest with its sha256, and the weights are parsed.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from invex.kernel.errors import BadInput, TooLarge
from mlops.learning import archive
from mlops.learning.archive import BadPackage
from mlops.learning.package import CARD, Package

MOST_UNPACKED = 512 * 2**20  # bytes of all files together
MOST_FILES = 5000
MOST_RATIO = 200  # of unpacked to packed size; weights and JSON stay far below
MOST_MANIFEST = 500_000  # characters of package.json, without the list of files
MOST_CARD = 20_000  # characters that are kept
# In ONNX a tensor may name a file outside of the graph, by an entry with the key "location": such a file would be
# opened on the machine that serves. These bytes are that key, as protobuf writes it.
ONNX_EXTERNAL_DATA = b"\x0a\x08location"
VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
NAME = re.compile(r"(?P<project>[^/\s]{1,100})-(?P<version>\d+\.\d+\.\d+)-build\.(?P<number>\d{1,9})")


@dataclass(frozen=True, slots=True)
class Verified:
    """A package whose every byte is accounted for. manifest: package.json without format and files."""

    manifest: dict[str, Any]
    files: dict[str, bytes]

    @property
    def card(self) -> str:
        return self.files[CARD].decode("utf-8", "replace").replace("\x00", "")[:MOST_CARD]

    def stamped(self, *, name: str, version: str, number: int) -> bytes:
        """Return the package under another name, with the same content otherwise."""
        return archive.pack({**self.manifest, "name": name, "version": version, "build": number}, self.files)


def verify(data: bytes, name: str) -> Verified:
    """Return what is in a package file; `name` is for messages. Raises BadInput, code "bad_package", and TooLarge."""
    _check_sizes(data, name)
    try:
        manifest, files = archive.unpack(data, name)
        for file, content in files.items():
            if file.endswith(".onnx") and ONNX_EXTERNAL_DATA in content:
                raise BadPackage(f"{name}: {file} refers to files outside of the package; export it as one file")
        Package.from_bytes(data, name)
    except BadPackage as e:
        raise BadInput(f"{e}.", code="bad_package") from e
    except Exception as e:  # weights or JSON that are not what their names say: whatever it is, the file is at fault
        why = f"{type(e).__name__}: {e}"[:300]
        raise BadInput(f"{name}: its content cannot be read ({why}).", code="bad_package") from e
    about = {key: value for key, value in manifest.items() if key not in ("format", "files")}
    try:
        written = json.dumps(about, allow_nan=False)
    except ValueError as e:
        raise BadInput(f"{name}: its manifest has a number that is none ({e}).", code="bad_package") from e
    if len(written) > MOST_MANIFEST or "\\u0000" in written:  # what a database column cannot keep
        raise BadInput(f"{name}: its manifest is too long, or has NUL characters.", code="bad_package")
    return Verified(about, files)


def checked_version(text: str) -> str:
    """Return Major.Minor.Patch. Raises BadInput."""
    if not VERSION.fullmatch(text):
        raise BadInput(f"{text[:40]!r} is no version: say Major.Minor.Patch, for example 0.2.0.", code="bad_version")
    return text


def _check_sizes(data: bytes, name: str) -> None:
    """Look at what the file says of itself before a byte of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            infos = container.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as e:
        raise BadInput(
            f"{name}: no readable zip file ({e}). Give a package made by `learn`.", code="bad_package"
        ) from e
    size = sum(info.file_size for info in infos)
    if len(infos) > MOST_FILES or size > MOST_UNPACKED or size > MOST_RATIO * max(len(data), 1):
        raise TooLarge(
            f"{name}: {len(infos)} files of {size / 2**20:.0f} MiB unpacked; at most {MOST_FILES} files and "
            f"{MOST_UNPACKED / 2**20:.0f} MiB are taken."
        )
