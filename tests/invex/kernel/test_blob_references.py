"""Every blob that a row needs is known, so that no other one is deleted or left out of a backup."""

from __future__ import annotations

import re

import pytest
from django.apps import apps

from invex.kernel import blob_references
from invex.kernel.blobs import MissingBlob, store
from mlops.memory.models import MemoryRevision


def test_every_column_that_is_called_a_blob_is_declared():
    undeclared = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if re.search(r"(^|_)blob$", field.name)
        and field.name not in {entry.partition(".")[0] for entry in getattr(model, "BLOBS", ())}
    ]
    assert not undeclared


def test_every_declared_column_exists():
    for model, entry in blob_references.columns():
        model._meta.get_field(entry.partition(".")[0])


def test_references_of_rows_and_of_json(project, receive):
    document = receive(b"one")
    MemoryRevision.objects.create(
        project=project, revision=1, build="b", fitted={"t": {"blob": "f" * 64, "examples": 1}}
    )
    found = {reference.sha256: reference for reference in blob_references.references()}
    assert found[document.sha256].pk == document.pk
    assert found["f" * 64].column == "fitted"
    assert "" not in found
    assert blob_references.in_use({document.sha256, "f" * 64, "0" * 64}) == {document.sha256, "f" * 64}


def test_a_store_lists_and_deletes(data_dir, db):
    name = store().put(b"bytes")
    assert [found for found, _ in store().names()] == [name]
    store().delete(name)
    store().delete(name)
    assert list(store().names()) == []
    with pytest.raises(MissingBlob, match="no longer in the store"):
        store().open(name)
