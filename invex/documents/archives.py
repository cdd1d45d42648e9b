"""ZIP archives: which members may be taken, under limits that hold whatever the archive claims about itself.

Python's zipfile is used in this process, not in the reading sandbox: it is no native parser, it is held to a bounded
directory, to two methods of constant memory, and each byte is counted as it comes (docs/decisions/003).
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

MIB = 1 << 20
STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # a first member; the end of an archive without any
CHUNK = 1 << 18
MAX_DIRECTORY_BYTES = 4 * MIB  # zipfile holds the list of members in memory, at about ten times its bytes
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1  # of a member's flags
_NESTED = (*STARTS, b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
# Office files, e-books and programs are ZIP archives too, whose members are nobody's documents.
_NO_ARCHIVES = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF", "META-INF/container.xml")
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")  # what systems add; not worth a word to anybody
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, IndexError, NotImplementedError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """members: files of an archive. unpacked_bytes: of all together. ratio: unpacked : packed, beyond ratio_from bytes.

    member_bytes: of one file, as for an upload.
    """

    members: int
    unpacked_bytes: int
    member_bytes: int
    ratio: int = 200
    ratio_from: int = 32 * MIB


class BadArchive(Exception):
    """The whole archive is refused; code for programs, message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BadMember(Exception):
    """One member is refused; the others go on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Archive:
    """An archive that keeps its limits as far as its directory tells; the rest is held to them as it is read."""

    def __init__(self, opened: zipfile.ZipFile, limits: ArchiveLimits, *, size: int) -> None:
        self._zip = opened
        self._limits = limits
        self._size = size
        self._unpacked = 0
        self.members = [info for info in opened.infolist() if not info.is_dir() and not _is_junk(info.filename)]
        if len(self.members) > limits.members:
            raise BadArchive(
                "archive_limit",
                f"The archive has {len(self.members)} files; {limits.members} are allowed. Make smaller ones.",
            )
        self._check_total(sum(info.file_size for info in self.members))

    def chunks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield the bytes of a member. Raises BadMember for this one, BadArchive when the archive goes too far."""
        _check(member, self._limits)
        is_first = True
        try:
            with self._zip.open(member) as opened:
                while chunk := opened.read(CHUNK):
                    if is_first and chunk.startswith(_NESTED):
                        raise BadMember("nested", "It is an archive, or an office file. Send it by itself.")
                    is_first = False
                    self._unpacked += len(chunk)
                    self._check_total(self._unpacked)
                    yield chunk
        except _DAMAGED as error:
            raise BadMember("damaged", "It is damaged in the archive. Pack it anew.") from error

    def _check_total(self, unpacked: int) -> None:
        limits = self._limits
        if unpacked > limits.unpacked_bytes:
            raise BadArchive(
                "archive_limit",
                f"The archive unpacks to more than {limits.unpacked_bytes // MIB} MiB. Make smaller ones.",
            )
        # The size of the archive itself: what its directory says of packed sizes may be invented, or counted twice.
        if unpacked > limits.ratio_from and unpacked > limits.ratio * self._size:
            raise BadArchive(
                "archive_limit",
                f"The archive unpacks to more than {limits.ratio} times its size, as documents do not. Send the files "
                "themselves.",
            )


def open_archive(file: BinaryIO, limits: ArchiveLimits) -> Archive | None:
    """Return the archive that the file is, by its content; None when it is something else, such as an office file.

    Raises BadArchive: archive_damaged, archive_limit.
    """
    file.seek(0)
    head = file.read(len(STARTS[0]))
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if head not in STARTS:
        return None
    try:
        opened = zipfile.ZipFile(cast(IO[bytes], _BoundedReads(file)))
    except _DAMAGED as error:
        raise BadArchive("archive_damaged", "The archive is damaged and cannot be opened. Pack it anew.") from error
    if not {info.filename for info in opened.infolist()}.isdisjoint(_NO_ARCHIVES):
        file.seek(0)
        return None
    return Archive(opened, limits, size=size)


class _BoundedReads:
    """A file that refuses huge reads: zipfile reads the whole directory at once, however large it is said to be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise BadArchive("archive_limit", "The archive's list of files is longer than allowed. Make smaller ones.")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def _is_junk(name: str) -> bool:
    return name.startswith(_JUNK[0]) or name.rsplit("/", 1)[-1] in _JUNK[1:]


def _check(member: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    """Raise BadMember for what is not taken, from what the directory says of it."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise BadMember("no_file", "It is a link or a device, not a file.")
    if member.flag_bits & _ENCRYPTED:
        raise BadMember("encrypted", "It is protected by a password. Send the file itself, or pack it without one.")
    if member.compress_type not in METHODS:
        raise BadMember("unsupported", "It is packed by a method that is not supported. Pack it with deflate.")
    if member.file_size > limits.member_bytes:
        raise BadMember("too_large", f"It is larger than {limits.member_bytes // MIB} MiB. Split it.")
