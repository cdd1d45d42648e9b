"""The dataset folder, `invex-dataset/1` (FORMATS.md, section 1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from invex.fields.labels import Label, label_from_json
from invex.fields.spec import BadSpec, FieldSpec, TableSpec
from invex.reading.errors import Unreadable
from invex.reading.types import Document
from invex.reading.words import from_json

DATASET_FORMAT = "invex-dataset/1"
MOST_NAMED = 20  # damaged files, in one error

T = TypeVar("T")

# (path of the file) -> what was read; given by a caller that has a PDF library.
Reader = Callable[[Path], Document]


class BadDataset(ValueError):
    """The folder is no usable dataset; the message names the file and what to do."""


class BadFile(BadDataset):
    """A file of one document cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path, self.why = path, why

    def said(self, root: Path) -> str:
        """Return the sentence with the file's place below `root`."""
        for folder in (root, root.resolve()):
            if self.path.is_relative_to(folder):
                return f"{self.path.relative_to(folder)}: {self.why}"
        return str(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a dataset: where its file and words lie, and its label when it has one.

    fault: why its label cannot be used; then it has none.
    """

    id: str
    file: Path | None
    words: Path | None
    label: Label | None
    fault: BadFile | None = None


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


def load_dataset(root: Path, *, keeps_faults: bool = False) -> Dataset:
    """Return the dataset in folder `root`; labels are parsed, documents are not read yet.

    keeps_faults: entries tell that their label is damaged, for whoever reads no labels, or names damaged documents with
    them. Raises BadDataset: no such folder, not JSON, another format version, else also labels that do not parse.
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
    faults = [entry.fault for entry in entries if entry.fault is not None]
    if faults and not keeps_faults:
        raise damaged(root, faults)
    return Dataset(
        root, str(about.get("name", root.name)), fields, tables, entries, version=str(about.get("version", ""))
    )


def _entry(root: Path, data: dict[str, str]) -> Entry:
    identity = str(data["id"])
    if "/" in identity or identity in ("", ".", ".."):
        raise BadDataset(f"{root}/dataset.json: document id {identity!r} cannot be a file name")
    label_path = root / "labels" / f"{identity}.json"
    label, fault = None, None
    if label_path.exists():
        try:
            label = _parsed(label_path, label_from_json)
        except BadFile as e:
            fault = e
    file = None
    if data.get("file"):
        file = (root / data["file"]).resolve()
        if not file.is_relative_to(root.resolve()):
            raise BadDataset(f"{root}/dataset.json: document {identity!r}: the file lies outside of the folder")
    words = root / "words" / f"{identity}.json"
    return Entry(identity, file, words if words.exists() else None, label, fault)


def read(entry: Entry, reader: Reader | None) -> Document:
    """Return the entry's document: from words/ when they are there, else by `reader` from its file.

    Raises BadFile when the words are damaged, there are none and no reader, or no file. What `reader` raises passes
    through.
    """
    if entry.words is not None:
        name = entry.file.name if entry.file else f"{entry.id}.json"
        return _parsed(entry.words, lambda data: from_json(data, file=name, reader="given"))
    if entry.file is None:
        raise BadFile(Path("words", f"{entry.id}.json"), "there is no such file, and dataset.json names no other")
    if not entry.file.exists():
        raise BadFile(entry.file, f"there is no such file, and no words/{entry.id}.json")
    if reader is None:
        raise BadFile(
            entry.file,
            f"there is no words/{entry.id}.json, and nothing here can read {entry.file.suffix} files; export the "
            "dataset with words, or run `manage.py` on a machine with the full installation",
        )
    return reader(entry.file)


def labelled_documents(dataset: Dataset, reader: Reader | None) -> Iterator[tuple[Entry, Document]]:
    """Yield every labelled document, read, in the dataset's order.

    Raises BadDataset at the end, which names every file that is damaged: the label, the words, or the document itself.
    """
    faults = []
    for entry in dataset.entries:
        if entry.fault is not None:
            faults.append(entry.fault)
        if entry.label is None and entry.fault is None:
            continue
        try:
            document = read(entry, reader)
        except (BadFile, Unreadable) as e:
            faults.append(fault_of(entry, e))
            continue
        if entry.fault is None:
            yield entry, document
    if faults:
        raise damaged(dataset.root, faults)


def samples(dataset: Dataset, reader: Reader | None) -> Iterator[Sample]:
    """Yield every labelled document, read, in the dataset's order. Raises BadDataset as `labelled_documents` does."""
    for entry, document in labelled_documents(dataset, reader):
        assert entry.label is not None
        yield Sample(entry.id, document, entry.label)


def fault_of(entry: Entry, error: BadFile | Unreadable) -> BadFile:
    """Return which file of the entry cannot be used, and why."""
    return error if isinstance(error, BadFile) else BadFile(entry.file or Path(entry.id), error.message)


def damaged(root: Path, faults: Sequence[BadFile]) -> BadDataset:
    """Return the error that names the files of the dataset in `root` which cannot be used."""
    files = "1 file" if len(faults) == 1 else f"{len(faults)} files"
    lines = [f"{root}: {files} cannot be used; mend or replace them, or leave their documents out of dataset.json"]
    lines += [f"  {fault.said(root)}" for fault in faults[:MOST_NAMED]]
    if len(faults) > MOST_NAMED:
        lines.append(f"  and {len(faults) - MOST_NAMED} more")
    return BadDataset("\n".join(lines))


def _parsed(path: Path, parse: Callable[[Any], T]) -> T:
    """Return what a JSON file says. Raises BadFile."""
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as e:
        raise BadFile(path, e.strerror or str(e)) from e
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as e:
        raise BadFile(path, str(e) if isinstance(e, ValueError) else "it has another form than FORMATS.md says") from e
