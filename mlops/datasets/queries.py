"""Reads of dataset versions: what is in them, which of them saw a document, what they can no longer reproduce."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from invex.accounts.models import Project
from invex.kernel.errors import NotFound
from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from mlops.memory import held

from .models import DatasetDocument, DatasetVersion, SideAssignment
from .selection import Choice, Selection
from .splits import side_of
from .states import DatasetState, Side

SHORTEST_HASH = 6


@dataclass(frozen=True, slots=True)
class ConfirmedPaper:
    """A confirmed document as selections see it."""

    row: ConfirmedLabel

    @property
    def paper(self) -> str:
        return self.row.document.sha256

    @property
    def template(self) -> str:
        return self.row.template

    @property
    def confirmed_at(self) -> datetime.datetime:
        return self.row.created_at


def versions(project: Project) -> QuerySet[DatasetVersion]:
    """Return the project's versions, the newest first."""
    return DatasetVersion.objects.filter(project=project).order_by("-id")


def version(project: Project, hash_: str) -> DatasetVersion:
    """Return the frozen version of this hash, or of its first characters when that is one. Raises NotFound."""
    rows = versions(project).filter(state=DatasetState.FROZEN)
    found = list(rows.filter(hash__startswith=hash_)[:2]) if len(hash_) >= SHORTEST_HASH else []
    if len(found) != 1:
        raise NotFound(f"There is no dataset {hash_!r} in this project.")
    return found[0]


def by_id(project: Project, pk: int) -> DatasetVersion:
    """Return one version, in whichever state. Raises NotFound."""
    found = versions(project).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no dataset {pk} in this project.")
    return found


def before(row: DatasetVersion) -> DatasetVersion | None:
    """Return the frozen version before this one."""
    return versions(row.project).filter(state=DatasetState.FROZEN, pk__lt=row.pk).first()


def newest(project: Project) -> DatasetVersion | None:
    """Return the newest frozen version that was made of this project's documents."""
    rows = versions(project).filter(state=DatasetState.FROZEN)
    return rows.exclude(selection__has_key="imported").first()


def chosen(project: Project, selection: Selection, *, held_back: Iterable[int] | None = None) -> Choice[ConfirmedPaper]:
    """Return the confirmed documents that `selection` selects now, the newest first; a file twice counts once.

    held_back: labels that are left out as contradicting examples, None = those that the memory holds back now.
    """
    papers: dict[str, ConfirmedPaper] = {}
    for row in reviews.confirmed(project):
        if row.document.words_blob:
            papers.setdefault(row.document.sha256, ConfirmedPaper(row))
    labels = held.left_out(project.pk) if held_back is None else frozenset(held_back)
    contradicted = [paper for paper, one in papers.items() if one.row.pk in labels]
    suspects = suspected(project) if selection.without_suspects else ()
    return selection.choose(list(papers.values()), suspects=suspects, held=contradicted)


def suspected(project: Project) -> frozenset[str]:
    """Return the papers whose label the newest validation suspects, and that nobody has confirmed anew since."""
    row = newest(project)
    if row is None or row.validation is None:
        return frozenset()
    found = {
        name
        for finding in row.validation["findings"]
        if finding["code"] == "suspected_label"
        for name in finding["documents"]
    }
    then = {d.document: d.label_revision for d in row.documents.filter(name__in=found, document__isnull=False)}
    now = ConfirmedLabel.objects.filter(document__in=then, is_current=True).select_related("document")
    return frozenset(label.document.sha256 for label in now if label.revision == then[label.document_id])


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be frozen. distribution: template -> {side: documents}. held_back: template -> documents left out."""

    distribution: Mapping[str, Mapping[str, int]]
    held_back: Mapping[str, int]


def preview(project: Project, selection: Selection) -> Preview:
    """Return what would be frozen now, papers never frozen before on the side on which they would fall.

    A near-duplicate that freezing finds takes the side of its twin, so single documents may move.
    """
    found = chosen(project, selection)
    said = sides_said(project, [paper.paper for paper in found.chosen])
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for paper in found.chosen:
        counts[paper.template][said.get(paper.paper) or side_of(project.slug, paper.paper)] += 1
    distribution = {template: dict(count) for template, count in sorted(counts.items())}
    return Preview(distribution, Counter(paper.template for paper in found.held_back))


def held_back(row: DatasetVersion) -> Mapping[str, int]:
    """Return template -> documents that the version left out since others of their template contradicted them."""
    return Counter(one["template"] for one in row.held_back)


def sides_said(project: Project, papers: Iterable[str]) -> dict[str, Side]:
    """Return the sides that were said of papers before."""
    rows = SideAssignment.objects.filter(project=project, paper__in=list(papers))
    return {paper: Side(side) for paper, side in rows.values_list("paper", "side")}


def saw(project: Project, document: int) -> QuerySet[DatasetVersion]:
    """Return the versions that a document is in, the newest first."""
    return versions(project).filter(documents__document=document)


@dataclass(frozen=True, slots=True)
class Wholeness:
    """What a version can still reproduce. documents: in it. erased: of them, whose words and label are gone."""

    documents: int
    erased: int

    @property
    def is_whole(self) -> bool:
        return self.erased == 0

    def sentence(self) -> str:
        if self.is_whole:
            return f"All {self.documents} documents are there: training can be repeated to the same bytes."
        return (
            f"{self.erased} of {self.documents} documents were erased. Training can be repeated with the other "
            f"{self.documents - self.erased}, but not to the same bytes."
        )


def wholeness(row: DatasetVersion) -> Wholeness:
    """Say honestly what the version can still do."""
    return wholeness_of([row])[row.pk]


def wholeness_of(rows: Sequence[DatasetVersion]) -> dict[int, Wholeness]:
    """Return the wholeness of versions by primary key."""
    documents = DatasetDocument.objects.filter(version__in=rows).values("version")
    counted = documents.annotate(n=Count("pk"), erased=Count("erased_at")).values_list("version", "n", "erased")
    found = {pk: Wholeness(n, erased) for pk, n, erased in counted}
    return {row.pk: found.get(row.pk, Wholeness(0, 0)) for row in rows}


@dataclass(frozen=True, slots=True)
class Difference:
    """What `after` has and `before` has not, by document id. relabelled, moved: in both, with another label or side."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    relabelled: tuple[str, ...]
    reread: tuple[str, ...]
    moved: tuple[str, ...]


def difference(before: DatasetVersion, after: DatasetVersion) -> Difference:
    """Compare two versions of one project."""
    columns = ("name", "label_blob", "words_blob", "side", "label_revision")
    a, b = ({row[0]: row[1:] for row in v.documents.values_list(*columns)} for v in (before, after))
    both = sorted(a.keys() & b.keys())
    return Difference(
        added=tuple(sorted(b.keys() - a.keys())),
        removed=tuple(sorted(a.keys() - b.keys())),
        relabelled=tuple(n for n in both if (a[n][0], a[n][3]) != (b[n][0], b[n][3])),
        reread=tuple(n for n in both if a[n][1] != b[n][1]),
        moved=tuple(n for n in both if a[n][2] != b[n][2]),
    )
