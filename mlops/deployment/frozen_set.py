"""What a build reads from the test side of a frozen dataset with the present code, kept without any text."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from invex.documents import readings
from invex.documents.models import Document as DocumentRow
from invex.documents.reader import reader
from invex.fields.labels import Label, label_from_json
from invex.fields.prediction import Prediction
from invex.fields.spec import FieldSpec, TableSpec
from invex.kernel.blobs import store
from invex.reading.errors import Unreadable
from invex.reading.types import Document
from mlops.datasets.manifest import Manifest
from mlops.datasets.models import DatasetDocument, DatasetVersion
from mlops.datasets.states import Side
from mlops.learning.evaluation import evaluate
from mlops.learning.metrics import Counts
from mlops.learning.predictor import Predictor
from mlops.registry import packages
from mlops.registry.models import Build
from mlops.training.measure import DocumentScore, Measurement

MOST_DOCUMENTS = 200  # the newest: as many as are read in minutes
LOCKED = ("encrypted",)  # its password is forgotten once it was read: the frozen words stand for it
NOTHING = evaluate((), (), {}, {})


def documents(dataset: DatasetVersion) -> QuerySet[DatasetDocument]:
    """Return what is read: of the test side what was not erased, the newest."""
    rows = dataset.documents.filter(side=Side.TEST, erased_at__isnull=True)
    return rows.order_by("-document", "-pk")[:MOST_DOCUMENTS]


def read_with(build: Build, dataset: DatasetVersion) -> dict[str, Any]:
    """Read the files anew with the build alone, and compare with what was confirmed.

    Return {"seconds_a_page", "documents": {name: {"template", "right", "wrong", "missed", "fields": {key: hash}}}}; a
    field's hash is keyed with the installation's secret. Raises MissingBlob, BadPackage.
    """
    manifest = Manifest.load(dataset.blob)
    fields = tuple(FieldSpec(f["key"], f["type"], f.get("label", "")) for f in manifest.fields)
    tables = tuple(
        TableSpec(t["key"], tuple(FieldSpec(c["key"], c["type"], c.get("label", "")) for c in t["columns"]))
        for t in manifest.tables
    )
    predictor = Predictor(packages.load(build))
    found: dict[str, Any] = {}
    seconds, pages = 0.0, 0
    for name, label, read in _read(dataset):
        answer: Prediction | str
        if isinstance(read, str):
            answer = read
        else:
            start = time.perf_counter()
            answer = predictor.predict(read)
            seconds += time.perf_counter() - start
            pages += len(read.pages)
        one = evaluate(fields, tables, {name: label}, {name: answer})
        counts = sum(one.tables.values(), one.micro)
        found[name] = {
            "template": label.template or "",
            "right": counts.true_positives,
            "wrong": counts.false_positives,
            "missed": counts.false_negatives,
            "fields": {} if isinstance(answer, str) else {key: _keyed(answer, key) for key in sorted(answer.fields)},
        }
    return {"seconds_a_page": seconds / max(1, pages), "documents": found}


def measurement(read: dict[str, Any], names: Sequence[str]) -> Measurement:
    """Return what was kept of these documents as the gate takes it."""
    scores = tuple(
        DocumentScore(name, said["template"], Counts(said["right"], said["wrong"], said["missed"]))
        for name in names
        for said in (read["documents"][name],)
    )
    return Measurement("", NOTHING, scores, {}, read["seconds_a_page"])


def differing(now: dict[str, Any], then: dict[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the documents that were read otherwise: the fields, and how many errors each makes. No values."""
    found = []
    for name in names:
        a, b = now["documents"][name], then["documents"][name]
        fields = sorted(key for key in {*a["fields"], *b["fields"]} if a["fields"].get(key) != b["fields"].get(key))
        errors = [one["wrong"] + one["missed"] for one in (a, b)]
        if fields or errors[0] != errors[1]:
            found.append({"document": name, "template": a["template"], "fields": fields, "now": errors[0],
                          "then": errors[1]})  # fmt: skip
    return sorted(found, key=lambda one: (one["then"] - one["now"], one["document"]))


def _read(dataset: DatasetVersion) -> Iterator[tuple[str, Label, Document | str]]:
    """Yield each document's name, label and words as they are read today, or the code of why it cannot be read."""
    rows = list(documents(dataset))
    turned = DocumentRow.objects.in_bulk([row.document for row in rows if row.document is not None])
    for row in rows:
        label = label_from_json(json.loads(store().path(row.label_blob).read_bytes()))
        yield row.name, label, _words(row, turned.get(row.document or 0))


def _words(row: DatasetDocument, document: DocumentRow | None) -> Document | str:
    if row.file_blob:
        name = document.name if document is not None else row.name
        try:
            pages = document.turned_pages if document is not None else {}
            return reader().read(store().path(row.file_blob), name=name, rotations=pages)
        except Unreadable as e:
            if e.code not in LOCKED:
                return e.code
    return readings.words_in(row.words_blob)


def _keyed(answer: Prediction, key: str) -> str:
    values = json.dumps([value.value for value in answer.fields[key]])
    return salted_hmac("mlops.deployment.frozen_set", values, algorithm="sha256").hexdigest()[:16]
