"""ZIP archives for tests: plain ones, and hostile ones written byte by byte."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping


def zip_of(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with these files, by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def zip_with_link(files: Mapping[str, bytes], *, link: str, target: str) -> bytes:
    """Return an archive with these files and a symbolic link called `link`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo(link)
        info.create_system = 3  # Unix
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return out.getvalue()


def marked_encrypted(archive: bytes, name: str) -> bytes:
    """Return the archive with member `name` marked as protected by a password, in both of its headers."""
    data = bytearray(archive)
    for signature, flags_at, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = data.find(signature)
        while at >= 0:
            if data[at + name_at :].startswith(name.encode()):
                data[at + flags_at] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def overlapping(times: int, size: int) -> bytes:
    """Return an archive whose `times` members all share the bytes of one: `size` zeros, packed (a bomb)."""
    packed = zip_of({"a": bytes(size)})
    directory_at = packed.rindex(b"PK\x01\x02")
    entry = packed[directory_at : packed.rindex(b"PK\x05\x06")]
    entries = b"".join(entry[:46] + (b"%c" % (33 + n % 90)) + entry[47:] for n in range(times))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, times, times, len(entries), directory_at, 0)
    return packed[:directory_at] + entries + end


def huge_directory(size: int) -> bytes:
    """Return an archive that says that its list of members has `size` bytes."""
    content = zip_of({"a.pdf": b"%PDF"})[:-22] + bytes(size)
    return content + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, len(content) - size, 0)
