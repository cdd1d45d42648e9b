"""The queue of the review: what waits, in which order, and which document comes next for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.kernel.sent import sent_whole

from . import leases, queries

UNCERTAIN, AGE, TEMPLATE = "uncertain", "age", "template"
# Order -> the columns that it sorts by; "-" = falling. The id makes each of them total.
ORDERS: Mapping[str, tuple[str, ...]] = {
    UNCERTAIN: ("-doubt", "id"),
    AGE: ("id",),
    TEMPLATE: ("template", "-doubt", "id"),
}
UNKNOWN = "-"  # in an address: documents of no known template


@dataclass(frozen=True, slots=True)
class Queue:
    """A choice among the waiting documents. template: a name, UNKNOWN, or "" = all; batch: 0 = all; reason: a code."""

    order: str = UNCERTAIN
    template: str = ""
    batch: int = 0
    reason: str = ""

    @classmethod
    def asked(cls, parameters: Mapping[str, str]) -> Queue:
        """Return the queue that an address asks for; what it does not understand is left out."""
        order = parameters.get("order", "")
        return cls(
            order if order in ORDERS else UNCERTAIN,
            parameters.get("of", ""),
            sent_whole(parameters.get("batch")) or 0,
            parameters.get("reason", ""),
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What an address says of the queue, by name: nothing for the usual one."""
        said = {
            "order": self.order if self.order != UNCERTAIN else "",
            "of": self.template,
            "batch": str(self.batch or ""),
            "reason": self.reason,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def is_whole(self) -> bool:
        """Whether everything that waits fits it."""
        return not (self.template or self.batch or self.reason)

    @property
    def query(self) -> str:
        """The queue in an address: "?order=age", or "" for the usual one."""
        text = urlencode(self.parameters)
        return f"?{text}" if text else ""


def not_understood(parameters: Mapping[str, str]) -> list[str]:
    """Return the names of what an address asks of the queue and `Queue.asked` leaves out."""
    known = {
        "order": parameters.get("order") in ORDERS,
        "batch": sent_whole(parameters.get("batch")) is not None,
    }
    return [name for name, is_known in known.items() if parameters.get(name) and not is_known]


def waiting(project: Project, queue: Queue) -> QuerySet[Document]:
    """Return what waits for a person now and fits the queue, in its order."""
    rows = queries.to_review(project)
    if queue.template:
        rows = rows.filter(template="" if queue.template == UNKNOWN else queue.template)
    if queue.batch:
        rows = rows.filter(batch=queue.batch)
    if queue.reason:
        rows = rows.filter(reason_code=queue.reason)
    return rows.order_by(*ORDERS[queue.order])


def neighbour(access: Access, queue: Queue, document: Document, *, backwards: bool = False) -> int | None:
    """Return the document behind (or before) this one in the queue that nobody else has; at the end from the start.

    None when no other is left.
    """
    rows = waiting(access.project, queue).filter(leases.free_for(access)).exclude(pk=document.pk)
    if backwards:
        rows = rows.reverse()
    beyond = rows.filter(_beyond(ORDERS[queue.order], document, backwards=backwards))
    return beyond.values_list("pk", flat=True).first() or rows.values_list("pk", flat=True).first()


def _beyond(order: tuple[str, ...], document: Document, *, backwards: bool) -> Q:
    """The documents that come after this one in the order: the comparison of tuples, column by column."""
    found, equal = Q(), Q()
    for column in order:
        name = column.removeprefix("-")
        value = getattr(document, name)
        is_rising = column.startswith("-") == backwards
        found |= equal & Q(**{f"{name}__{'gt' if is_rising else 'lt'}": value})
        equal &= Q(**{name: value})
    return found


def take_next(access: Access, queue: Queue, document: Document) -> Document | None:
    """Take the document behind this one for the person, and return it as it is then; None when nothing is left.

    Somebody who asks at the same moment gets another one.
    """
    while (found := neighbour(access, queue, document)) is not None:  # whoever is faster takes one out of it
        if leases.take(access, found, leases.new_key()):
            return documents.document(access.project, found)
    return None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the queue can be narrowed to: value, label and number of documents of each."""

    templates: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    batches: list[dict[str, Any]]


def choices(project: Project) -> Choices:
    """Return what the waiting documents differ in, the most frequent first."""
    rows = queries.to_review(project).order_by()

    def counted(*columns: str) -> list[dict[str, Any]]:
        return list(rows.values(*columns).annotate(n=Count("pk")).order_by("-n")[:100])

    return Choices(counted("template"), counted("reason_code"), counted("batch", "batch__name"))
