"""File names as they are shown: what an uploader sends is a stranger's text."""

from __future__ import annotations

import unicodedata

MAX_LENGTH = 255
UNNAMED = "unnamed"


def shown_name(given: str) -> str:
    """Return the last part of a path, without control and direction characters, of at most 255 characters.

    The beginning and the extension of a longer name are kept. A name never becomes a path: files are kept by hash.
    """
    name = unicodedata.normalize("NFC", given.replace("\\", "/").rsplit("/", 1)[-1])
    # Cc: controls, Cf: direction marks that let "exe.pdf" look like "fdp.exe", Cs: half characters.
    name = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in name)
    name = " ".join(name.split())
    if not name.strip(". "):
        return UNNAMED
    if len(name) > MAX_LENGTH:
        stem, dot, extension = name.rpartition(".")
        tail = dot + extension if stem and len(extension) <= 10 else ""
        name = name[: MAX_LENGTH - len(tail)] + tail
    return name
