"""The packages on top of which the memory is fitted: those that the project reads with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from mlops.learning.package import Package
from mlops.learning.predictor import shipped_package


@lru_cache(maxsize=1)
def base_package() -> Package:
    """Return the shipped package, loaded once a process; before the first was built, `Invex-0.0.0-build.0`."""
    return shipped_package()


@lru_cache(maxsize=1)
def base_bytes() -> bytes:
    """Return the shipped package as a file, packed once a process."""
    return base_package().to_bytes()


def bases(project_id: int) -> Mapping[str, Callable[[], Package]]:
    """Return name and loader of each build that the project reads with.

    The deployment knows, which is above the memory: it is asked by the dotted name in the settings.
    """
    found: Mapping[str, Callable[[], Package]] = import_string(settings.DEPLOYED_PACKAGES)(project_id)
    return found
