"""A dataset version as a folder of format `invex-dataset/1`: what training reads, and what an export is."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from invex.kernel.blobs import MissingBlob, store
from invex.kernel.errors import BadInput
from mlops.learning.dataset import DATASET_FORMAT

from .manifest import Item, Manifest
from .models import DatasetVersion
from .states import Side


def export(row: DatasetVersion, target: Path, *, with_files: bool, sides: Collection[Side] = tuple(Side)) -> int:
    """Write the version below `target`, which must not exist or be empty. Return how many documents it has.

    with_files: the documents' own files, too; words and labels are always there. What was erased is left out.
    dataset.json also says the version's hash, the splits and how many contradicting examples were left out, keys that
    a reader of the format may ignore.
    Raises BadInput.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"{target} exists already and is not empty; give a new folder.")
    manifest = Manifest.load(row.blob)
    erased = set(row.documents.filter(erased_at__isnull=False).values_list("name", flat=True))
    items = [item for item in manifest.items if item.side in sides and item.id not in erased]
    for folder in ("words", "labels", *(["documents"] if with_files else [])):
        (target / folder).mkdir(parents=True, exist_ok=True)
    documents, splits = [], defaultdict(list)
    for item in items:
        try:
            documents.append(_write(item, target, with_files=with_files))
        except MissingBlob as e:
            raise BadInput(f"Document {item.id} of dataset {row.hash[:8]}: {e.message}", code="gone") from e
        splits[item.side].append(item.id)
    about = {
        "format": DATASET_FORMAT,
        "name": row.project.slug,
        "description": f"{row.name}, version {row.hash}",
        "version": row.hash,
        "fields": manifest.fields,
        "tables": manifest.tables,
        "documents": documents,
        "splits": dict(sorted(splits.items())),
        "held_back": len(row.held_back),
        "words_source": "Invex",
    }
    (target / "dataset.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(items)


def _write(item: Item, target: Path, *, with_files: bool) -> dict[str, str]:
    words = gzip.decompress(store().path(item.words).read_bytes())
    (target / "words" / f"{item.id}.json").write_bytes(words)
    (target / "labels" / f"{item.id}.json").write_bytes(store().path(item.label).read_bytes())
    if not item.file:
        return {"id": item.id}
    file = f"documents/{item.id}{item.suffix}"
    if with_files:
        shutil.copyfile(store().path(item.file), target / file)
    return {"id": item.id, "file": file}


@contextmanager
def exported(row: DatasetVersion, *, sides: Collection[Side] = tuple(Side)) -> Iterator[Path]:
    """Have the version as a folder without files while the block runs."""
    settings.TMP_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dataset-", dir=settings.TMP_DIR) as folder:
        export(row, Path(folder), with_files=False, sides=sides)
        yield Path(folder)
