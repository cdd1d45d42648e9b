"""What a confirmation changed: the documents that wait and were read again with what was learned from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from invex.accounts.models import Project
from invex.catalog.field_names import names_of
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.kernel.errors import NotFound
from invex.kernel.models import Event

from .models import ConfirmedLabel
from .ports import HeldExample, held_examples

MOST_SHOWN = 20  # documents


@dataclass(frozen=True, slots=True)
class Change:
    """A document that reads otherwise now. values: (label, before, after), "" where there was none."""

    document: Document
    values: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """is_learned: the memory holds the label; waiting: documents of its template (or none) that it has not read yet."""

    label: ConfirmedLabel
    is_learned: bool
    waiting: int
    changes: tuple[Change, ...]
    held: HeldExample | None = None  # it was not learned from, since the other examples contradict it

    @property
    def is_done(self) -> bool:
        return self.is_learned and not self.waiting


def since(project: Project, label_id: int) -> Learned:
    """Return what came of a label so far. Raises NotFound."""
    label = ConfirmedLabel.objects.filter(pk=label_id, document__project=project).select_related("document").first()
    if label is None:
        raise NotFound(f"There is no label {label_id} in this project.")
    updates = Event.objects.filter(
        name="memory.updated", project=project.slug, created_at__gte=label.created_at, payload__template=label.template
    )
    memory = updates.order_by("-id").values_list("payload__memory", flat=True).first()
    in_review = Document.objects.filter(project=project, state=DocumentState.REVIEW)
    current = Extraction.objects.filter(is_current=True, document__in=in_review).select_related("document")
    # Those that a person is at are left alone, so nobody waits for them.
    behind = current.filter(template__in=(label.template, ""), document__in=in_review.filter(documents.untouched()))
    if memory is not None:
        behind = behind.exclude(checked_memory__gte=memory)
    called = names_of(project)
    read_again = current.filter(number__gt=1, created_at__gte=label.created_at).order_by("-pk")[:MOST_SHOWN]
    changes = tuple(c for row in read_again if (c := _change(row, called)).values)
    held = None
    if memory is not None and label.template:
        examples = held_examples(project, label.template)
        held = next((one for one in examples if one.label.pk == label.pk and one.is_open), None)
    return Learned(label, memory is not None, behind.count(), changes, held)


def _change(after: Extraction, called: Callable[[str], str]) -> Change:
    rows = Extraction.objects.filter(document=after.document_id, number__lt=after.number)
    number = rows.aggregate(n=Max("number"))["n"]
    before = rows.filter(number=number).first()
    if before is None:
        return Change(after.document, ())
    found = []
    if before.template != after.template:
        found.append(("", before.template, after.template))
    old, new = before.prediction.get("fields", {}), after.prediction.get("fields", {})
    for key in dict.fromkeys((*new, *old)):
        was, now = _texts(old.get(key)), _texts(new.get(key))
        if was != now:
            found.append((called(key), was, now))
    return Change(after.document, tuple(found))


def _texts(values: Any) -> str:
    return ", ".join(value["value"] for value in values or ())
