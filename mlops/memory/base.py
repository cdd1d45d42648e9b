"""The package on top of which the memory is fitted: the one that the project ships."""

from __future__ import annotations

from functools import lru_cache

from mlops.learning.package import Package
from mlops.learning.predictor import shipped_package


@lru_cache(maxsize=1)
def base_package() -> Package:
    """Return the shipped package, loaded once a process; before the first was built, `Invex-0.0.0-build.0`."""
    return shipped_package()
