"""What the review takes from the factory, by the dotted names of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from invex.accounts.models import Project
from invex.catalog.field_names import field_name

from .models import ConfirmedLabel


@dataclass(frozen=True, slots=True)
class HeldExample:
    """A confirmed document that is not learned from, since the others of its template contradict it.

    field: its key; predicted: what the others say there; both "" where it is a person who decided and nothing
    contradicts any more. choice: of a person, "keep" = learned from all the same, "out" = never, "" = none yet.
    address: to which a choice is sent.
    """

    label: ConfirmedLabel
    field: str
    labelled: str
    predicted: str
    choice: str
    address: str

    @property
    def field_label(self) -> str:
        return field_name(self.field)

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody to decide."""
        return not self.choice


class HeldExamples(Protocol):
    def __call__(self, project: Project, template: str) -> list[HeldExample]:
        """Return the examples of a template that are held back, and those that a person decided about."""
        ...


def held_examples(project: Project, template: str) -> list[HeldExample]:
    """Return the examples of a template that are held back, and those that a person decided about, the newest first."""
    found: HeldExamples = import_string(settings.HELD_EXAMPLES)
    return found(project, template)
