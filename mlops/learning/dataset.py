"""The dataset folder, `invex-dataset/1` (FORMATS.md, section 1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from invex.fields.labels import Label, label_from_json
from invex.fields.spec import BadSpec, FieldSpec, TableSpec
from invex.reading.errors import Unreadable
from invex.reading.types import Document
from invex.reading.words import from_json

DATASET_FORMAT = "invex-dataset/1"

# (path of the file) -> what was read; given by a caller that has a PDF library.
Reader = Callable[[Path], Document]


class BadDataset(ValueError):
    """The folder is no usable dataset; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a dataset: where its file and words lie, and its label when it has one."""

    id: str
    file: Path | None
    words: Path | None
    label: Label | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset folder. Documents are read lazily, see `read`.

    version: hash of the dataset version that the folder was exported from, "" for a folder of other origin.
    """

    root: Path
    name: str
    fields: tuple[FieldSpec, ...]
    tables: tuple[TableSpec, ...]
    entries: tuple[Entry, ...]
    version: str = ""

    def labelled(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.label is not None)


@dataclass(frozen=True, slots=True)
class Sample:
    """A read document with what was confirmed about it: what everything in this library learns from."""

    id: str
    document: Document
    label: Label


def load_dataset(root: Path) -> Dataset:
    """Return the dataset in folder `root`; labels are parsed, documents are not read yet.

    Raises BadDataset: no such folder, not JSON, another format version, a label that does not parse.
    """
    try:
        about = json.loads((root / "dataset.json").read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise BadDataset(f"{root}: no dataset.json here; give a folder of format {DATASET_FORMAT}") from e
    except (OSError, ValueError) as e:
        raise BadDataset(f"{root}/dataset.json: {e}") from e
    if not isinstance(about, dict) or about.get("format") != DATASET_FORMAT:
        found = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise BadDataset(f"{root}/dataset.json: format {found!r} is not known; this version reads {DATASET_FORMAT}")
    try:
        fields = tuple(FieldSpec(f["key"], f["type"], f.get("label", "")) for f in about.get("fields", []))
        tables = tuple(
            TableSpec(t["key"], tuple(FieldSpec(c["key"], c["type"], c.get("label", "")) for c in t["columns"]))
            for t in about.get("tables", [])
        )
        entries = tuple(_entry(root, d) for d in about.get("documents", []))
    except (KeyError, TypeError, BadSpec) as e:
        raise BadDataset(f"{root}/dataset.json: {type(e).__name__}: {e}") from e
    return Dataset(
        root, str(about.get("name", root.name)), fields, tables, entries, version=str(about.get("version", ""))
    )


def _entry(root: Path, data: dict[str, str]) -> Entry:
    identity = str(data["id"])
    if "/" in identity or identity in ("", ".", ".."):
        raise BadDataset(f"{root}/dataset.json: document id {identity!r} cannot be a file name")
    label_path = root / "labels" / f"{identity}.json"
    label = None
    if label_path.exists():
        try:
            label = label_from_json(json.loads(label_path.read_text(encoding="utf-8")))
        except ValueError as e:
            raise BadDataset(f"{label_path}: {e}") from e
    file = None
    if data.get("file"):
        file = (root / data["file"]).resolve()
        if not file.is_relative_to(root.resolve()):
            raise BadDataset(f"{root}/dataset.json: document {identity!r}: the file lies outside of the folder")
    words = root / "words" / f"{identity}.json"
    return Entry(identity, file, words if words.exists() else None, label)


def read(entry: Entry, reader: Reader | None) -> Document:
    """Return the entry's document: from words/ when they are there, else by `reader` from its file.

    Raises BadDataset when there are no words and no reader, or no file. What `reader` raises passes through.
    """
    if entry.words is not None:
        try:
            data = json.loads(entry.words.read_text(encoding="utf-8"))
            return from_json(data, file=entry.file.name if entry.file else f"{entry.id}.json", reader="given")
        except ValueError as e:
            raise BadDataset(f"{entry.words}: {e}") from e
    if entry.file is None or not entry.file.exists():
        raise BadDataset(f"document {entry.id!r}: neither words/{entry.id}.json nor its file is there")
    if reader is None:
        raise BadDataset(
            f"document {entry.id!r} has no words/{entry.id}.json, and nothing here can read {entry.file.suffix} files; "
            "export the dataset with words, or run `manage.py` on a machine with the full installation"
        )
    return reader(entry.file)


def samples(dataset: Dataset, reader: Reader | None) -> Iterator[Sample]:
    """Yield every labelled document, read, in the dataset's order. Raises BadDataset, which names the document."""
    for entry in dataset.labelled():
        assert entry.label is not None
        try:
            document = read(entry, reader)
        except Unreadable as e:
            advice = "Replace the file, or leave the document out."
            raise BadDataset(f"document {entry.id!r}, {entry.file}: {e.message} {advice}") from e
        yield Sample(entry.id, document, entry.label)
