"""Zip files whose every byte is accounted for: the container of `invex-model/1` (FORMATS.md, section 3).

The manifest package.json names every other file with its sha256. Reading checks all of it before anything is used;
writing gives the same bytes for the same content. Nothing in a package is executed: JSON, safetensors and ONNX only.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from invex.fields.shapes import shown

PACKAGE_FORMAT = "invex-model/1"
MANIFEST = "package.json"
SUFFIXES = (".json", ".safetensors", ".onnx", ".md")
MOST_BYTES = 1 << 30  # of all files of a package together
COMPRESSION = 3  # weights hardly shrink further, and learning ends with packing them
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip file can say
_REGULAR_FILE = 0o100644 << 16


class BadPackage(ValueError):
    """The file is no usable model package; the message says why and what to do."""


def pack(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return the zip of `files` with the manifest completed by format and checksums."""
    for name in files:
        _check_name(name, "new package")
    about = {**manifest, "format": PACKAGE_FORMAT, "files": {n: _sha256(files[n]) for n in sorted(files)}}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in [MANIFEST, *sorted(files)]:
            data = _json(about) if name == MANIFEST else files[name]
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _REGULAR_FILE
            archive.writestr(info, data, compresslevel=COMPRESSION)
    return out.getvalue()


def unpack(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return manifest and files of a package; `name` is for messages. Raises BadPackage."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            for info in infos:
                _check_name(info.filename, name)
            if len({i.filename for i in infos}) != len(infos):
                raise BadPackage(f"{name}: a file is in it twice")
            if sum(i.file_size for i in infos) > MOST_BYTES:
                raise BadPackage(f"{name}: unpacked it is larger than {MOST_BYTES >> 20} MiB")
            files = {i.filename: archive.read(i) for i in infos}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as e:
        raise BadPackage(f"{name}: no readable zip file ({e}); copy it again from where it was built") from e
    try:
        manifest = json.loads(files.pop(MANIFEST))
    except KeyError as e:
        raise BadPackage(f"{name}: no {MANIFEST} in it; give a package made by `learn`") from e
    except (ValueError, RecursionError) as e:
        raise BadPackage(f"{name}: {MANIFEST} is no JSON; give a package made by `learn`") from e
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise BadPackage(f"{name}: {MANIFEST} names no format; give a package made by `learn`")
    if manifest["format"] != PACKAGE_FORMAT:
        raise BadPackage(
            f"{name}: format {shown(manifest['format'])} is not known; this version reads {PACKAGE_FORMAT}"
        )
    named = manifest.get("files")
    if not isinstance(named, dict) or set(named) != set(files):
        odd = sorted(set(files) ^ set(named if isinstance(named, dict) else {}))
        raise BadPackage(f"{name}: the manifest and the files differ: {', '.join(odd)[:200]}")
    for file, content in files.items():
        if _sha256(content) != named[file]:
            raise BadPackage(f"{name}: {file} is not what the manifest says (sha256); copy the package again")
    return manifest, files


def check_place(path: Path) -> None:
    """Raise OSError, with the path, where `write` cannot put a file; asked before long work. Makes the folder."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder; name the file to write", str(path))
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "this is a device, and no file", str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as e:
        raise NotADirectoryError(errno.ENOTDIR, "a part of this path is a file, no folder", str(path)) from e
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "in this folder nothing may be written", str(path.parent))


def write(path: Path, data: bytes) -> None:
    """Write `data` so that `path` is whole or absent: temporary file, fsync, rename. Raises OSError."""
    check_place(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    part.replace(path)


def _check_name(name: str, package: str) -> None:
    parts = PurePosixPath(name).parts
    is_safe = bool(parts) and not name.startswith("/") and "\\" not in name and ":" not in name and ".." not in parts
    if not is_safe or name.endswith("/") or str(PurePosixPath(name)) != name:
        raise BadPackage(f"{package}: unsafe path {name!r} in it")
    if not name.endswith(SUFFIXES):
        raise BadPackage(f"{package}: {name!r}: only {', '.join(SUFFIXES)} files belong into a package")


def _json(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
