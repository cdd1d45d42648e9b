"""Examples that are held back: what pages show of them (settings.HELD_EXAMPLES), and what datasets leave out."""

from __future__ import annotations

from django.urls import reverse

from invex.accounts.models import Project
from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from invex.review.ports import HeldExample

from . import queries
from .base import bases
from .models import ExampleDecision


def examples(project: Project, template: str) -> list[HeldExample]:
    """Return the examples of a template that its memory holds back, and those that a person decided about."""
    row = queries.newest_in_use(project.pk, bases(project.pk))
    held = {one["label"]: one for one in row.fitted.get(template, {}).get("held", ())} if row is not None else {}
    decided = dict(
        ExampleDecision.objects.filter(label__document__project=project, label__template=template).values_list(
            "label", "choice"
        )
    )
    labels = reviews.confirmed(project, template=template).filter(pk__in={*held, *decided})
    return [_example(project, label, held.get(label.pk, {}), decided.get(label.pk, "")) for label in labels]


def left_out(project_id: int) -> frozenset[int]:
    """Return the keys of the labels that are not learned from: held back with nobody's word to keep them, or taken out.

    They are those of the newest memory that the project reads with, as its pages show them.
    """
    row = queries.newest_in_use(project_id, bases(project_id))
    held = (
        {one["label"] for entry in row.fitted.values() for one in entry.get("held", ())} if row is not None else set()
    )
    decided = ExampleDecision.objects.filter(label__document__project=project_id, label__is_current=True)
    choices = dict(decided.values_list("label", "choice"))
    taken_out = {label for label, choice in choices.items() if choice == ExampleDecision.OUT}
    return frozenset(taken_out | {label for label in held if choices.get(label) != ExampleDecision.KEEP})


def _example(project: Project, label: ConfirmedLabel, held: dict[str, str], choice: str) -> HeldExample:
    return HeldExample(
        label=label,
        field=held.get("field", ""),
        labelled=held.get("labelled", ""),
        predicted=held.get("predicted", ""),
        choice=choice,
        address=reverse("example-decide", args=[project.slug, label.pk]),
    )
