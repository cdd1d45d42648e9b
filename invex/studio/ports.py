"""What the studio takes from the factory, by the dotted names of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from invex.accounts.models import Project
from invex.extraction.pipeline import Predictor
from invex.fields.labels import Label
from invex.fields.spec import TemplateSpec
from invex.reading.types import Document


class Grouper(Protocol):
    """Finds documents that look alike."""

    def __call__(self, groups: Sequence[Sequence[Document]], loose: Sequence[Document]) -> Sequence[int | None]:
        """Return the group of each loose document: its position in `groups`, beyond them a new one, None = alone.

        Groups are never empty. A new group has at least two documents.
        """
        ...


@dataclass(frozen=True, slots=True)
class Learned:
    """A template that was learned in memory only. examples: confirmed documents that it was learned from beside the
    one in hand, the newest; of: how many there are."""

    predictor: Predictor
    examples: int
    of: int


class Learner(Protocol):
    """Learns a template from its confirmed documents and the one in hand, in memory only."""

    def __call__(self, project_id: int, spec: TemplateSpec, document: Document, label: Label, *, key: int) -> Learned:
        """Return what would read the project's documents if `document`, of that key, were confirmed with `label`."""
        ...


def grouper() -> Grouper:
    found: Grouper = import_string(settings.GROUPER)
    return found


def suspected(project: Project) -> frozenset[str]:
    """Return the sha256 of the documents whose label the newest validation of a dataset suspects."""
    found: frozenset[str] = import_string(settings.SUSPECTED_LABELS)(project)
    return found


def learner() -> Learner:
    found: Learner = import_string(settings.TRIAL_LEARNER)
    return found
