"""What the product's pages show of examples that are held back (settings.HELD_EXAMPLES)."""

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


def _example(project: Project, label: ConfirmedLabel, held: dict[str, str], choice: str) -> HeldExample:
    return HeldExample(
        label=label,
        field=held.get("field", ""),
        labelled=held.get("labelled", ""),
        predicted=held.get("predicted", ""),
        choice=choice,
        address=reverse("example-decide", args=[project.slug, label.pk]),
    )
