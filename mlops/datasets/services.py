"""Writes of dataset versions: request, freeze, import, and what erasure leaves of them."""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.documents import readings
from invex.fields.labels import Label, label_from_json, label_to_json
from invex.fields.spec import FieldSpec, TableSpec
from invex.fields.template_json import template_to_json
from invex.kernel import audit
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.errors import BadInput
from invex.kernel.outbox import emit
from invex.kernel.states import move
from invex.reading.types import Document
from mlops.learning import duplicates
from mlops.learning.dataset import BadDataset, Dataset, Reader, labelled_documents

from . import queries
from .manifest import Item, Manifest, asked_for
from .models import DatasetDocument, DatasetVersion, SideAssignment
from .selection import Selection
from .splits import Paper, joined, series, sides
from .states import DatasetState, Side

log = logging.getLogger(__name__)

BATCH = 500  # rows written at once
LONGEST_NAME = 200


def request(access: Access, selection: Selection, *, name: str = "") -> DatasetVersion:
    """Ask for a version of what `selection` selects; a job freezes it. Raises BadInput when nothing is selected."""
    access.require(Right.MODELS)
    found = queries.chosen(access.project, selection)
    if not found.chosen:
        raise BadInput("No confirmed document is selected. Confirm some documents, or select more.", code="empty")
    held_back = [
        {"label": one.row.pk, "document": one.row.document_id, "template": one.template} for one in found.held_back
    ]
    name = " ".join(name.split())[:LONGEST_NAME] or f"{access.project.slug} {timezone.now():%Y-%m-%d %H:%M}"
    with transaction.atomic():
        row = DatasetVersion.objects.create(
            project=access.project, name=name, selection=selection.to_json(), held_back=held_back,
            made_by=str(access.actor),
        )  # fmt: skip
        said = {**row.selection, "held_back": len(held_back)} if held_back else row.selection
        audit.record(access.actor, "requested", "dataset", row.pk, project=access.project.slug, **said)
        emit("dataset.requested", row.pk, project=access.project.slug, dataset=row.pk)
    return row


def freeze(row: DatasetVersion) -> bool:
    """Freeze a requested version. Return False when it was so before, or when it failed: its reason says why."""
    if row.state != DatasetState.FREEZING:
        return False
    held_back = [one["label"] for one in row.held_back]
    chosen = queries.chosen(row.project, Selection.from_json(row.selection), held_back=held_back).chosen
    specs = catalog.specs(row.project_id)
    templates = tuple(template_to_json(specs[name]) for name in sorted({c.template for c in chosen} & specs.keys()))
    papers, entries = [], []
    for one in chosen:
        read_words = readings.load(one.row.document)
        if read_words is None:
            continue
        papers.append(Paper(one.paper, read_words, label_from_json(one.row.label)))
        entries.append((one.row, one.row.document))
    fields, tables = asked_for(templates)
    id_fields = [field["key"] for field in fields if field["type"] == "id"]
    words = {document.sha256: document.words_blob for _, document in entries}
    side = assign_sides(row.project, papers, words, id_fields)
    items = [
        Item(
            id=str(document.pk),
            file=document.sha256,
            suffix=Path(document.name).suffix.lower(),
            words=document.words_blob,
            label=put_label(paper.label),
            label_revision=label.revision,
            reader=document.reader,
            side=side[document.sha256],
        )
        for (label, document), paper in zip(entries, papers, strict=True)
    ]
    labels = {str(document.pk): label.template for label, document in entries}
    numbers = {str(document.pk): document.pk for _, document in entries}
    return _store(row, Manifest(fields, tables, templates, tuple(items)), labels, numbers)


def import_folder(access: Access, dataset: Dataset, reader: Reader | None, *, name: str = "") -> DatasetVersion:
    """Make a version of a dataset folder's labelled documents; the project's own documents stay as they are.

    reader: for documents without words. Raises BadInput for what cannot be read, or when the version exists.
    """
    access.require(Right.MODELS)
    project = access.project
    papers, items, templates = [], [], {}
    words: dict[str, str] = {}
    try:
        known = list(labelled_documents(dataset, reader))
    except BadDataset as e:
        raise BadInput(str(e)) from e
    for entry, document in known:
        assert entry.label is not None
        file = store().put(entry.file.read_bytes()) if entry.file is not None and entry.file.is_file() else ""
        words_blob = readings.put_words(document)
        paper = Paper(file or words_blob, document, entry.label)
        papers.append(paper)
        words[paper.key] = words_blob
        templates[entry.id] = entry.label.template or ""
        items.append((entry, file, words_blob, paper))
    if not items:
        raise BadInput(f"{dataset.root}: no document has a label; add labels/ID.json files.", code="empty")
    id_fields = [field.key for field in dataset.fields if field.type == "id"]
    side = assign_sides(project, papers, words, id_fields)
    manifest = Manifest(
        fields=tuple(_spec(field) for field in dataset.fields),
        tables=tuple(_table(table) for table in dataset.tables),
        templates=(),
        items=tuple(
            Item(
                id=entry.id,
                file=file,
                suffix=entry.file.suffix.lower() if file and entry.file else "",
                words=words_blob,
                label=put_label(paper.label),
                label_revision=None,
                reader=paper.document.reader,
                side=side[paper.key],
            )
            for entry, file, words_blob, paper in items
        ),
    )
    with transaction.atomic():
        row = DatasetVersion.objects.create(
            project=project,
            name=name or dataset.name[:LONGEST_NAME],
            selection={"imported": dataset.name},
            made_by=str(access.actor),
        )
        audit.record(access.actor, "imported", "dataset", row.pk, project=project.slug, documents=len(items))
    if not _store(row, manifest, templates, {}):
        raise BadInput(row.reason, code="same")
    return row


def assign_sides(
    project: Project, papers: Sequence[Paper], words: dict[str, str], id_fields: Iterable[str]
) -> dict[str, Side]:
    """Return the side of each paper; what is said here for the first time holds for ever.

    words: paper -> blob of its words, so that later papers can be compared with it.
    """
    known = {row.paper: row for row in SideAssignment.objects.filter(project=project)}
    new = {paper.key: paper for paper in papers if paper.key not in known}
    numbers = {key: duplicates.fingerprint(paper.document) for key, paper in new.items()}
    together = [*_near_duplicates(new, numbers, known), *series(papers, id_fields)]
    together += [(row.paper, row.group) for row in known.values() if row.group in known and row.group != row.paper]
    groups = joined({*known, *new}, together)
    found = sides(project.slug, groups, {row.paper: Side(row.side) for row in known.values()})
    SideAssignment.objects.bulk_create(
        [
            SideAssignment(
                project=project, paper=key, side=found[key], group=groups[key], numbers=numbers[key], words=words[key]
            )
            for key in new
        ],
        batch_size=BATCH,
        ignore_conflicts=True,  # another freeze was first: what it said holds
    )
    return queries.sides_said(project, [paper.key for paper in papers])


def _near_duplicates(
    new: dict[str, Paper], numbers: dict[str, str], known: dict[str, SideAssignment]
) -> list[tuple[str, ...]]:
    """Return the papers that are one, among the new ones and between them and those known before."""
    candidates: dict[str, list[str]] = defaultdict(list)
    for key in new:
        if numbers[key]:
            candidates[numbers[key]].append(key)
    for key, row in known.items():
        if row.numbers in candidates:
            candidates[row.numbers].append(key)
    found: list[tuple[str, ...]] = []
    for keys in candidates.values():
        if len(keys) > 1:
            documents = {key: new[key].document if key in new else _words(known[key].words) for key in keys}
            found += duplicates.duplicates({key: read for key, read in documents.items() if read is not None})
    return found


def _words(blob: str) -> Document | None:
    try:
        return readings.words_in(blob)
    except FileNotFoundError:  # erased
        return None


def put_label(label: Label) -> str:
    """Store a label and return its blob: the same label, the same blob."""
    data = json.dumps(label_to_json(label), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return store().put(data.encode())


def _spec(field: FieldSpec) -> dict[str, Any]:
    return {"key": field.key, "type": field.type, "label": field.label}


def _table(table: TableSpec) -> dict[str, Any]:
    return {"key": table.key, "columns": [_spec(column) for column in table.columns]}


def _store(row: DatasetVersion, manifest: Manifest, templates: dict[str, str], numbers: dict[str, int]) -> bool:
    """Write the manifest and its documents. templates, numbers: by document id, what it is of, its primary key."""
    project = row.project
    blob = store().put(manifest.to_bytes())
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in manifest.items:
        counts[templates[item.id]][item.side] += 1
    distribution = {template: dict(count) for template, count in sorted(counts.items())}
    try:
        with transaction.atomic():
            won = move(
                row, DatasetState.FROZEN, actor=SYSTEM, project=project.slug, detail={"hash": blob}, hash=blob,
                blob=blob, distribution=distribution,
            )  # fmt: skip
            if not won:
                return False
            DatasetDocument.objects.bulk_create(
                [
                    DatasetDocument(
                        version=row, name=item.id, document=numbers.get(item.id), label_revision=item.label_revision,
                        template=templates[item.id], side=item.side, file_blob=item.file, words_blob=item.words,
                        label_blob=item.label,
                    )
                    for item in manifest.items
                ],
                batch_size=BATCH,
            )  # fmt: skip
            emit("dataset.frozen", row.pk, project=project.slug, dataset=blob, documents=len(manifest.items))
    except IntegrityError:
        same = DatasetVersion.objects.get(project=project, hash=blob)
        if same.state == DatasetState.EVICTED:
            _revive(same, blob, manifest)
        row.refresh_from_db()
        reason = f"Nothing has changed: this is dataset {blob[:8]}, frozen as “{same.name}”."
        move(
            row,
            DatasetState.FAILED,
            actor=SYSTEM,
            project=project.slug,
            detail={"same": same.pk},
            reason=reason,
            same_as=same,
        )
        return False
    return True


def evict(access: Access, row: DatasetVersion) -> bool:
    """Take the bytes of a frozen version; its hash, distribution and lineage stay. Return False when it has left.

    Whether something needs it is up to the caller. Raises NotAllowed.
    """
    access.require(Right.MODELS)
    had = {row.blob}
    for blobs in row.documents.values_list("file_blob", "words_blob", "label_blob"):
        had.update(blob for blob in blobs if blob)
    with transaction.atomic():
        if not move(row, DatasetState.EVICTED, actor=access.actor, project=access.project.slug, blob=""):
            return False
        row.documents.update(file_blob="", words_blob="", label_blob="")
        doom(had)
    return True


def _revive(row: DatasetVersion, blob: str, manifest: Manifest) -> None:
    """Give an evicted version its bytes back: the same documents were frozen again."""
    with transaction.atomic():
        if move(row, DatasetState.FROZEN, actor=SYSTEM, project=row.project.slug, blob=blob):
            for item in manifest.items:
                row.documents.filter(name=item.id, erased_at__isnull=True).update(
                    file_blob=item.file, words_blob=item.words, label_blob=item.label
                )


def forget(project: Project, document: int) -> int:
    """Take an erased document's bytes out of every version that has them. Return in how many versions it was.

    The rows and hashes stay: a version then says that it is no longer whole.
    """
    rows = list(DatasetDocument.objects.filter(version__project=project, document=document, erased_at__isnull=True))
    blobs = {blob for row in rows for blob in (row.file_blob, row.words_blob, row.label_blob) if blob}
    with transaction.atomic():
        DatasetDocument.objects.filter(pk__in=[row.pk for row in rows]).update(
            file_blob="", words_blob="", label_blob="", erased_at=timezone.now()
        )
        SideAssignment.objects.filter(project=project, words__in=blobs).update(words="")
        doom(blobs)
    return len(rows)
