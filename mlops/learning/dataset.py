"""The dataset folder, `invex-dataset/1` (FORMATS.md, section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from invex.fields.labels import Label, LabelValue, label_from_json
from invex.fields.shapes import BadShape, list_of, object_of, part_of, shown, text_of, wrong
from invex.fields.spec import BadSpec, FieldSpec, TableSpec
from invex.fields.template_json import LONGEST_NAME, is_template_name
from invex.reading.errors import Unreadable
from invex.reading.types import Document
from invex.reading.words import check, check_box, from_json

from .json_file import check_unique, json_in

DATASET_FORMAT = "invex-dataset/1"
MOST_NAMED = 20  # damaged files, in one error
LONGEST_PART = 255  # bytes of a file's name, as most file systems have it

T = TypeVar("T")

# (path of the file) -> what was read; given by a caller that has a PDF library.
Reader = Callable[[Path], Document]


class BadDataset(ValueError):
    """The folder is no usable dataset; the message names the file and what to do."""


class BadFile(BadDataset):
    """A file of one document cannot be used. place: of the file, below the dataset's folder."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a dataset: where its file and words lie, and its label when it has one.

    file_place: of its file as dataset.json names it, "" without one. fault: why its label cannot be used; then it has
    none.
    """

    id: str
    file: Path | None
    words: Path | None
    label: Label | None
    file_place: str = ""
    fault: BadFile | None = None

    @property
    def label_place(self) -> str:
        return f"labels/{self.id}.json"

    @property
    def words_place(self) -> str:
        return f"words/{self.id}.json"


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
    path = root / "dataset.json"
    if not _is_there(path):
        raise BadDataset(f"{root}: {_why_no_dataset(root)}")
    try:
        about = object_of(json_in(path), "")
        if about.get("format") != DATASET_FORMAT:
            found = f"{shown(about['format'])} is not known" if "format" in about else "is missing"
            raise BadShape(f"format {found}; this version reads {DATASET_FORMAT}")
        name = text_of(about.get("name") or "", "name") or root.name
        fields = _specs(about.get("fields", []), "fields")
        tables = tuple(_table(one, f"tables[{i}]") for i, one in enumerate(list_of(about.get("tables", []), "tables")))
        keys = [*(field.key for field in fields), *(table.key for table in tables)]
        check_unique(keys, "the key of two fields or tables; each needs its own")
        documents = list_of(about.get("documents", []), "documents")
        entries = tuple(_entry(root, one, f"documents[{i}]") for i, one in enumerate(documents))
        check_unique((entry.id for entry in entries), "the id of two documents; each needs its own")
        version = text_of(about.get("version") or "", "version")
    except (BadShape, BadSpec) as e:
        raise BadDataset(f"{path}: {e}") from e
    faults = [entry.fault for entry in entries if entry.fault is not None]
    if faults and not keeps_faults:
        raise damaged(root, faults)
    return Dataset(root, name, fields, tables, entries, version)


def _why_no_dataset(root: Path) -> str:
    if root.is_dir():
        return f"no dataset.json here; give a folder of format {DATASET_FORMAT}"
    if root.exists():
        return f"this is a file; give a folder of format {DATASET_FORMAT} (unpack an archive first)"
    return "there is no such folder"


def _specs(data: Any, where: str) -> tuple[FieldSpec, ...]:
    return tuple(_spec(one, f"{where}[{i}]") for i, one in enumerate(list_of(data, where)))


def _spec(data: Any, where: str) -> FieldSpec:
    said = object_of(data, where)
    key, type = (text_of(part_of(said, name, where), f"{where}.{name}") for name in ("key", "type"))
    label = text_of(said.get("label") or "", f"{where}.label")
    if len(label) > LONGEST_NAME:
        raise BadShape(f"{where}.label: at most {LONGEST_NAME} characters are expected, not {len(label)}")
    return FieldSpec(key, type, label)


def _table(data: Any, where: str) -> TableSpec:
    said = object_of(data, where)
    columns = _specs(part_of(said, "columns", where), f"{where}.columns")
    if not columns:
        raise BadShape(f"{where}.columns: at least one column is expected")
    return TableSpec(text_of(part_of(said, "key", where), f"{where}.key"), columns)


def _entry(root: Path, data: Any, where: str) -> Entry:
    said = object_of(data, where)
    identity = text_of(part_of(said, "id", where), f"{where}.id")
    if "/" in identity or identity in ("", ".", "..") or not _can_be_named(f"{identity}.json"):
        raise BadShape(f"{where}.id: {shown(identity)} cannot be a file's name")
    label_path = root / "labels" / f"{identity}.json"
    label, fault = None, None
    if _is_there(label_path):
        try:
            label = _parsed(label_path, f"labels/{identity}.json", _label)
        except BadFile as e:
            fault = e
    file = None
    place = text_of(said.get("file") or "", f"{where}.file")
    if place:
        if not all(map(_can_be_named, Path(place).parts)):
            raise BadShape(f"{where}.file: {shown(place)} cannot be a file's name")
        file = root / place
        with suppress(OSError, RuntimeError):  # a link in a circle leads nowhere: reading says so
            file = file.resolve()
            if not file.is_relative_to(root.resolve()):
                raise BadShape(f"{where}.file: {shown(place)} lies outside of the folder")
    words = root / "words" / f"{identity}.json"
    return Entry(identity, file, words if _is_there(words) else None, label, place, fault)


def _is_there(path: Path) -> bool:
    """Whether there is a file, or a link; one that leads nowhere is no file that was left out."""
    return path.exists() or path.is_symlink()


def _can_be_named(name: str) -> bool:
    """Whether a file can have this name."""
    try:
        return "\0" not in name and len(name.encode()) <= LONGEST_PART
    except UnicodeEncodeError:  # half of a character
        return False


def _label(data: Any) -> Label:
    label = label_from_json(data)
    for where, value in _values(label):
        for i, page_box in enumerate(value.boxes):
            check_box(page_box.box, f"{where}.boxes[{i}].box")
    return label


def _values(label: Label) -> Iterator[tuple[str, LabelValue]]:
    """Yield the values of a label with their places in its file."""
    for key, values in label.fields.items():
        yield from ((f"fields.{key}[{i}]", value) for i, value in enumerate(values))
    for key, rows in label.tables.items():
        for i, row in enumerate(rows):
            yield from ((f"tables.{key}[{i}].{column}", cell) for column, cell in row.items())


def read(entry: Entry, reader: Reader | None) -> Document:
    """Return the entry's document: from words/ when they are there, else by `reader` from its file.

    Raises BadFile when the words are damaged, there are none and no reader, or no file. What `reader` raises passes
    through.
    """
    if entry.words is not None:
        name = entry.file.name if entry.file else f"{entry.id}.json"
        return _parsed(entry.words, entry.words_place, lambda data: _words(data, name))
    if entry.file is None:
        raise BadFile(entry.words_place, "there is no such file, and dataset.json names no other")
    if not entry.file.is_file():
        none = "this is a folder" if entry.file.is_dir() else "there is no such file"
        if entry.file.is_symlink():
            none = "this is a link that leads to no file"
        raise BadFile(entry.file_place, f"{none}, and no {entry.words_place}")
    if reader is None:
        raise BadFile(
            entry.file_place,
            f"there is no {entry.words_place}, and nothing here can read {entry.file.suffix} files; export the "
            "dataset with words, or run `manage.py` on a machine with the full installation",
        )
    try:
        return reader(entry.file)
    except OSError as e:
        if e.filename != str(entry.file):
            raise
        raise BadFile(entry.file_place, f"the file cannot be opened ({e.strerror})") from e


def _words(data: Any, file: str) -> Document:
    check(data)
    return from_json(data, file=file, reader="given")


def labelled_documents(dataset: Dataset, reader: Reader | None) -> Iterator[tuple[Entry, Document]]:
    """Yield every labelled document, read, in the dataset's order.

    Raises BadDataset at the end, which names every file that is damaged: the label, the words, or the document itself.
    """
    faults = []
    for entry in dataset.entries:
        if entry.fault is not None:
            faults.append(entry.fault)
        elif entry.label is None:
            continue
        try:
            document = read(entry, reader)
        except (BadFile, Unreadable) as e:
            faults.append(fault_of(entry, e))
            continue
        if entry.label is not None:
            try:
                _check_fits(entry.label, document)
            except BadShape as e:
                faults.append(BadFile(entry.label_place, str(e)))
                continue
            yield entry, document
    if faults:
        raise damaged(dataset.root, faults)


def _check_fits(label: Label, document: Document) -> None:
    """Raise BadShape for a label from which nothing can be learned on this document."""
    if label.template is not None and not is_template_name(label.template):
        raise wrong("template", f"a name of 1 to {LONGEST_NAME} characters, without /, is expected", label.template)
    count = len(document.pages)
    for where, value in _values(label):
        for i, (page, _) in enumerate(value.boxes):
            if page >= max(count, 1):
                pages = "1 page" if count == 1 else f"{count} pages"
                raise BadShape(f"{where}.boxes[{i}].page: {page}, but the document has {pages}; they count from 0")


def samples(dataset: Dataset, reader: Reader | None) -> Iterator[Sample]:
    """Yield every labelled document, read, in the dataset's order. Raises BadDataset as `labelled_documents` does."""
    for entry, document in labelled_documents(dataset, reader):
        assert entry.label is not None
        yield Sample(entry.id, document, entry.label)


def fault_of(entry: Entry, error: BadFile | Unreadable) -> BadFile:
    """Return which file of the entry cannot be used, and why."""
    return error if isinstance(error, BadFile) else BadFile(entry.file_place or entry.id, error.message)


def damaged(root: Path, faults: Sequence[BadFile]) -> BadDataset:
    """Return the error that names the files of the dataset in `root` which cannot be used."""
    what = "1 file cannot be used; mend or replace it, or leave its document out of dataset.json"
    if len(faults) > 1:
        what = f"{len(faults)} files cannot be used; mend or replace them, or leave their documents out of dataset.json"
    return BadDataset("\n".join([f"{root}: {what}", *some_of([str(fault) for fault in faults])]))


def some_of(names: Sequence[str], begin: str = "  ") -> list[str]:
    """Return lines that name the first MOST_NAMED, and say how many more there are. begin: of each line."""
    more = len(names) - MOST_NAMED
    return [f"{begin}{name}" for name in names[:MOST_NAMED]] + ([f"{begin}and {more} more"] if more > 0 else [])


def _parsed(path: Path, place: str, parse: Callable[[Any], T]) -> T:
    """Return what a JSON file says. Raises BadFile."""
    try:
        return parse(json_in(path))
    except BadShape as e:
        raise BadFile(place, str(e)) from e
