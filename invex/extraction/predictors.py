"""The predictors that the factory hands over, by the dotted names of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from .pipeline import Predictor, Thresholds


class DeployedPredictor(Predictor, Protocol):
    """What a project has deployed, with the memory of what was confirmed since.

    build: name of the package. memory: revision of the memory, None while it is empty; memory_seen: the newest one that
    was asked, of all arms. deployment: its revision, None before the first. arm: the part of a deployment that divides
    the documents, "" where there is but one. thresholds: by template; a person looks at the others. shadow:
    reads beside it, and nobody is shown what.
    """

    build: str
    memory: int | None
    memory_seen: int | None
    deployment: int | None
    arm: str
    thresholds: Mapping[str, Thresholds]

    @property
    def shadow(self) -> DeployedPredictor | None: ...

    def for_document(self, document_id: int) -> DeployedPredictor:
        """Return the arm that reads this document; itself where there is but one."""
        ...

    def knows(self, template: str) -> bool:
        """Say whether it has learned from documents of the template; others it reads like those of no template."""
        ...

    def changed_since(self, memory: int | None) -> frozenset[str]:
        """Return the templates that a later memory revision than this one changed."""
        ...


def deployed(project_id: int) -> DeployedPredictor:
    """Return the project's predictor as of now; the factory keeps it loaded in this process."""
    loaded: DeployedPredictor = import_string(settings.PREDICTOR)(project_id)
    return loaded


def offline(package: Path | None) -> Predictor:
    """Return the predictor of a model package, or the shipped one's. Raises OSError or ValueError when it is none."""
    loaded: Predictor = import_string(settings.OFFLINE_PREDICTOR)(package)
    return loaded
