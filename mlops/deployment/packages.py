"""The packages that a project reads with; the memory is fitted on top of each (settings.DEPLOYED_PACKAGES)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from mlops.learning.package import Package
from mlops.memory.base import base_package
from mlops.registry import packages

from . import queries


def in_use(project_id: int) -> Mapping[str, Callable[[], Package]]:
    """Return name and loader of each build of the live deployment; before the first, of the shipped package."""
    row = queries.live(project_id)
    if row is None:
        return {base_package().build: base_package}
    return {model.build.name: partial(packages.load, model.build) for model in row.models.all()}
