"""The package on top of which the memory is fitted."""

from __future__ import annotations

import logging
from functools import lru_cache

from mlops.learning.learner import EMPTY
from mlops.learning.package import Package
from mlops.learning.predictor import shipped_package

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def base_package() -> Package:
    """Return the package that the project ships; before it was built, the empty prior `Invex-0.0.0-build.0`."""
    try:
        return shipped_package()
    except FileNotFoundError as e:
        log.warning("%s; documents of day zero are read by the empty prior", e)
        return EMPTY
