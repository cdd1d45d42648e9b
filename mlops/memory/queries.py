"""Reads of the memory: its newest revision, and what a template is learned from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max

from invex.catalog.models import Template
from invex.documents import queries as documents
from invex.documents.models import Document as DocumentRow
from invex.fields.labels import label_from_json
from invex.kernel.blobs import store
from invex.reading.types import Document
from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from mlops.learning.dataset import Sample
from mlops.learning.model import TemplateModel
from mlops.learning.templates import TemplateIndex

from .index_blob import index_from_bytes
from .models import ExampleDecision, MemoryRevision

MOST_EXAMPLES = 60  # of a template: the time of a refit grows with them, and so does the wait for what was learned
NEWEST_SHARE = 2 / 3  # of them the newest; the others are spread evenly over the older ones, since layouts drift
WORDS_KEPT = 128  # read documents that a worker keeps, so that the next refit of their template reads one file
MODELS_KEPT = 1024


def newest(project_id: int, build: str | None = None) -> MemoryRevision | None:
    """Return the project's newest revision; with `build` the one in use on top of it.

    For a build that nothing was fitted on yet that is the newest one of the others: it is where the refit begins.
    """
    rows = MemoryRevision.objects.filter(project=project_id).order_by("-revision")
    own = rows.filter(build=build).first() if build is not None else None
    return own or rows.first()


def newest_revisions(project_id: int, builds: Iterable[str]) -> dict[str, int | None]:
    """Return the number of `newest` for each build."""
    rows = MemoryRevision.objects.filter(project=project_id)
    known: dict[str, int] = dict(rows.order_by().values_list("build").annotate(n=Max("revision")))
    newest = max(known.values(), default=None)
    return {build: known.get(build, newest) for build in builds}


def newest_in_use(project_id: int, builds: Iterable[str]) -> MemoryRevision | None:
    """Return the newest of the revisions that the project reads with, on whichever of its builds."""
    numbers = [n for n in newest_revisions(project_id, builds).values() if n is not None]
    return revision(project_id, max(numbers)) if numbers else None


def basis(project_id: int) -> dict[str, dict[str, Any]]:
    """Return, for each template that can be learned, a few figures that change whenever there is more to learn.

    {template: {"version" of the template, "labels": how many, "newest": pk, "decided": pks, where there are any}}; none
    for retired templates and those without a confirmed document.
    """
    versions = dict(Template.objects.filter(project=project_id, retired_at=None).values_list("name", "version"))
    counted = reviews.confirmed(project_id).order_by().values("template").annotate(n=Count("pk"), newest=Max("pk"))
    found: dict[str, dict[str, Any]] = {
        row["template"]: {"version": versions[row["template"]], "labels": row["n"], "newest": row["newest"]}
        for row in counted
        if row["template"] in versions
    }
    for name, decided in _decided(project_id).items():
        if name in found:
            found[name]["decided"] = decided
    return found


def _decided(project_id: int) -> dict[str, list[int]]:
    """Return the keys of the decisions about examples by template."""
    by_template: dict[str, list[int]] = defaultdict(list)
    rows = ExampleDecision.objects.filter(label__in=reviews.confirmed(project_id).order_by().values("pk"))
    for name, pk in rows.order_by("pk").values_list("label__template", "pk"):
        by_template[name].append(pk)
    return dict(by_template)


def choices(labels: Iterable[ConfirmedLabel]) -> dict[int, str]:
    """Return what people decided about these examples, by the key of the label."""
    return dict(ExampleDecision.objects.filter(label__in=list(labels)).values_list("label", "choice"))


def out_of_date(project_id: int, build: str) -> frozenset[str]:
    """Return the templates that the memory of `build` has not learned as they are now, or has not forgotten."""
    row = newest(project_id, build)
    entries = row.fitted if row else {}
    now = basis(project_id)
    return frozenset(
        name
        for name in entries.keys() | now.keys()
        if entries.get(name, {}).get("basis") != now.get(name) or entries.get(name, {}).get("build", build) != build
    )


def changed_between(project_id: int, after: int, until: int) -> frozenset[str]:
    """Return the templates that revisions after `after`, up to and including `until`, changed."""
    rows = MemoryRevision.objects.filter(project=project_id, revision__gt=after, revision__lte=until)
    return frozenset(name for changed in rows.values_list("changed", flat=True) for name in changed)


def examples(project_id: int, template: str) -> list[ConfirmedLabel]:
    """Return the labels that the template is learned from, the oldest first, at most MOST_EXAMPLES.

    Labels of every source count once their document is approved. Auto-approved documents have none.
    """
    rows = list(reviews.confirmed(project_id, template=template))
    if len(rows) > MOST_EXAMPLES:
        new = round(MOST_EXAMPLES * NEWEST_SHARE)
        older, wanted = rows[new:], MOST_EXAMPLES - new
        rows = rows[:new] + [older[i * len(older) // wanted] for i in range(wanted)]
    return rows[::-1]


def sample(row: ConfirmedLabel) -> Sample | None:
    """Return the read document with its label; None when its words are gone."""
    read = _words(row.document_id, row.document.words_blob)
    return None if read is None else Sample(str(row.document_id), read, label_from_json(row.label))


@lru_cache(maxsize=WORDS_KEPT)
def _words(document_id: int, words_blob: str) -> Document | None:
    """`words_blob` is part of the key: a document that was read anew has other words."""
    return documents.read_words(DocumentRow.objects.get(pk=document_id))


@lru_cache(maxsize=MODELS_KEPT)
def template_model(blob: str) -> TemplateModel:
    """Return the fitted model in a blob, which never changes."""
    return TemplateModel.from_bytes(store().path(blob).read_bytes())


def index(row: MemoryRevision | None) -> TemplateIndex:
    """Return the recogniser of a revision."""
    return index_from_bytes(store().path(row.index).read_bytes()) if row is not None and row.index else TemplateIndex()


def revisions_with(project_id: int, document_id: int) -> dict[MemoryRevision, tuple[str, ...]]:
    """Return the revisions that learned from a document, with the names of what did, the oldest first."""
    found = {}
    for row in MemoryRevision.objects.filter(project=project_id).order_by("revision").iterator(chunk_size=100):
        names = tuple(name for name, entry in row.fitted.items() if document_id in _documents(entry))
        if names:
            found[row] = names
    return found


def _documents(entry: dict[str, Any]) -> set[int]:
    """The documents of which an entry keeps something: those that it learned from, and those that it held back."""
    return {*entry.get("documents", ()), *(one["document"] for one in entry.get("held", ()))}


def revision(project_id: int, number: int) -> MemoryRevision | None:
    """Return one revision of the project's memory."""
    return MemoryRevision.objects.filter(project=project_id, revision=number).first()
