"""Which code reads documents: data, model and code are the three causes of change, and this names the third."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

import invex.fields
import invex.reading
import mlops.learning
from invex.extraction import pipeline

from . import ensemble

ROOMS = (invex.reading, invex.fields, mlops.learning)  # from a file to values
MODULES = (pipeline, ensemble)  # checks and routing; what several builds say together
LIBRARIES = (  # those that shape what is read; of ONNX Runtime one of the two is installed
    "numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "pypdfium2", "rapidocr", "pytesseract",
    "opencv-python-headless", "pillow", "lxml", "rapidfuzz", "babel", "python-stdnum", "python-dateutil",
)  # fmt: skip


@cache
def reading_code() -> str:
    """Return 16 characters that change whenever the sources or libraries that read do; once a process.

    Also a comment changes them: a replay too many costs minutes, one too few costs documents.
    """
    digest = hashlib.sha256()
    for room in ROOMS:
        folder = Path(str(room.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    for module in MODULES:
        digest.update(Path(str(module.__file__)).read_bytes())
    for name in LIBRARIES:
        try:
            digest.update(f"{name}={metadata.version(name)}".encode())
        except metadata.PackageNotFoundError:
            digest.update(f"{name}=".encode())
    return digest.hexdigest()[:16]
