"""Loaded packages, kept in the process that reads documents with them."""

from __future__ import annotations

from functools import lru_cache

from invex.kernel.blobs import store
from mlops.learning.package import Package
from mlops.memory.base import base_package

from .models import Build

KEPT = 6  # packages; those of an ensemble, and what was live before it


def load(build: Build) -> Package:
    """Return the build's package. Raises MissingBlob, BadPackage."""
    shipped = base_package()
    return shipped if shipped.build == build.name else _load(build.blob, build.name)


@lru_cache(maxsize=KEPT)
def _load(blob: str, name: str) -> Package:
    return Package.from_bytes(store().path(blob).read_bytes(), name)
