"""What is said about a dataset folder that somebody has damaged: one sentence, which names the file once."""

from __future__ import annotations

import errno
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from invex.reading.types import Document
from mlops.learning.__main__ import main
from mlops.learning.dataset import BadDataset, BadFile, labelled_documents, load_dataset, read
from mlops.learning.validation import validate

TEXTS = [
    "Invoice",
    "number",
    "A-277",
    "for",
    "the",
    "delivery",
    "of",
    "many",
    "goods,",
    "in",
    "total",
    "21.50",
    "to",
    "be",
    "paid",
]
WORDS = {
    "pages": [{"width": 595, "height": 842, "words": [
        {"text": text, "box": [0.05 * i, 0.1, 0.05 * i + 0.04, 0.12]} for i, text in enumerate(TEXTS)]}]
}  # fmt: skip
LABEL = {
    "template": "T",
    "fields": {"number": [{"value": "A-277", "boxes": [{"page": 0, "box": [0.1, 0.1, 0.14, 0.12]}]}]},
    "tables": {"line_items": [{"quantity": {"value": "4"}}]},
}
ABOUT = {
    "format": "invex-dataset/1",
    "name": "x",
    "fields": [{"key": "number", "type": "id", "label": "Number"}, {"key": "total", "type": "amount"}],
    "tables": [{"key": "line_items", "columns": [{"key": "quantity", "type": "number"}]}],
    "documents": [{"id": "d1", "file": "documents/d1.pdf"}, {"id": "d2", "file": "documents/d2.pdf"}],
}
MISSING = object()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("words", "labels", "documents"):
        (tmp_path / "d" / folder).mkdir(parents=True)
    (tmp_path / "d" / "dataset.json").write_text(json.dumps(ABOUT))
    for one in ("d1", "d2"):
        (tmp_path / "d" / "words" / f"{one}.json").write_text(json.dumps(WORDS))
        (tmp_path / "d" / "labels" / f"{one}.json").write_text(json.dumps(LABEL))
    return tmp_path / "d"


def put(*path: str | int, value: Any) -> Callable[[Path], None]:
    """Return what puts a value into a file of JSON, at the place; MISSING takes out what is there."""

    def damage(file: Path) -> None:
        data = json.loads(file.read_text())
        at = data
        for step in path[:-1]:
            at = at[step]
        if value is MISSING:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        file.write_text(json.dumps(data))

    return damage


def whole(data: bytes) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(data) and None


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def box(*numbers: Any) -> Callable[[Path], None]:
    return put("pages", 0, "words", 3, "box", value=list(numbers))


def label_box(*numbers: Any) -> Callable[[Path], None]:
    return put("fields", "number", 0, "boxes", 0, "box", value=list(numbers))


EVERY_FILE = [
    (folder, "this is a folder, a file is expected"),
    (whole(b"\n"), "the file is empty"),
    (whole(b'{"a": [}'), "line 1, column 8: this is no JSON (expecting value)"),
    (whole(b'{\n"a": "Stra\xdfe"}'), "line 2: byte 0xdf is no UTF-8; save the file in UTF-8"),
    (whole("{}".encode("utf-16")), "line 1: byte 0xff is no UTF-8; save the file in UTF-8"),
    (whole(b"[" * 100_000), "lists or objects are nested too deeply"),
    (whole(b'{"a": ' + b"1" * 5000 + b"}"), "a number has more digits than can be read"),
    (whole(b'{"a": 1, "a": 2}'), '"a" is a key twice in one object'),
    (whole(b'{"a": "\\ud83d"}'), r"\ud…: of a character in two parts (\ud83d\ude00) one is missing"),
    (whole(b"[1]"), "an object is expected, not a list"),
    (whole(b"null"), "an object is expected, not null"),
]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        *EVERY_FILE,
        (put("format", value="invex-dataset/2"), 'format "invex-dataset/2" is not known; this version reads invex-dataset/1'),
        (put("format", value=MISSING), "format is missing; this version reads invex-dataset/1"),
        (put("name", value=["x"]), "name: a text is expected, not a list"),
        (put("fields", value=None), "fields: a list is expected, not null"),
        (put("fields", value={"number": "id"}), "fields: a list is expected, not an object"),
        (put("fields", 0, value="number"), 'fields[0]: an object is expected, not "number"'),
        (put("fields", 0, "key", value=MISSING), "fields[0].key is missing"),
        (put("fields", 1, "type", value=["id"]), "fields[1].type: a text is expected, not a list"),
        (put("fields", 0, "label", value="n" * 101), "fields[0].label: at most 100 characters are expected, not 101"),
        (put("fields", 0, "key", value="total"), '"total" is the key of two fields or tables; each needs its own'),
        (put("tables", 0, "key", value="total"), '"total" is the key of two fields or tables; each needs its own'),
        (put("tables", 0, "columns", value=MISSING), "tables[0].columns is missing"),
        (put("tables", 0, "columns", value=[]), "tables[0].columns: at least one column is expected"),
        (put("tables", 0, "columns", 0, value=None), "tables[0].columns[0]: an object is expected, not null"),
        (put("documents", value={}), "documents: a list is expected, not an object"),
        (put("documents", 1, value="d2"), 'documents[1]: an object is expected, not "d2"'),
        (put("documents", 1, "id", value=None), "documents[1].id: a text is expected, not null"),
        (put("documents", 1, "id", value="../d2"), 'documents[1].id: "../d2" cannot be a file\'s name'),
        (put("documents", 1, "id", value="d\0"), 'documents[1].id: "d\\u0000" cannot be a file\'s name'),
        (put("documents", 1, "id", value="d" * 300), f'documents[1].id: "{"d" * 39}… cannot be a file\'s name'),
        (put("documents", 1, "id", value="d1"), '"d1" is the id of two documents; each needs its own'),
        (put("documents", 1, "file", value="../x.pdf"), 'documents[1].file: "../x.pdf" lies outside of the folder'),
        (put("documents", 1, "file", value="\0.pdf"), 'documents[1].file: "\\u0000.pdf" cannot be a file\'s name'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_dataset_json_is_said_with_its_place(root, damage, said):
    damage(root / "dataset.json")
    with pytest.raises(BadDataset) as caught:
        load_dataset(root, keeps_faults=True)
    assert str(caught.value) == f"{root}/dataset.json: {said}"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        *EVERY_FILE,
        (put("fields", "number", value="A-277"), 'fields.number: a list is expected, not "A-277"'),
        (label_box(100, 120, 200, 130), "fields.number[0].boxes[0].box: [100, 120, 200, 130] is not on the page; "
         "[x0, y0, x1, y1] are the left upper and right lower corner, as shares of the page from 0 to 1"),
        (label_box(0.5, 0.5, 0.1, 0.02), "fields.number[0].boxes[0].box: [0.5, 0.5, 0.1, 0.02] is not on the page; "
         "[x0, y0, x1, y1] are the left upper and right lower corner, as shares of the page from 0 to 1"),
        (put("fields", "number", 0, "boxes", 0, "page", value=1),
         "fields.number[0].boxes[0].page: 1, but the document has 1 page; they count from 0"),
        (put("template", value="A/B"), 'template: a name of 1 to 100 characters, without /, is expected, not "A/B"'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_label_is_said_with_its_place(root, damage, said):
    damage(root / "labels" / "d2.json")
    assert told(root) == f"labels/d2.json: {said}"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        *EVERY_FILE,
        (put("pages", value=MISSING), "pages is missing"),
        (put("pages", value="none"), 'pages: a list is expected, not "none"'),
        (put("pages", 0, value=None), "pages[0]: an object is expected, not null"),
        (put("pages", 0, "words", value=None), "pages[0].words: a list is expected, not null"),
        (put("pages", 0, "width", value="wide"), 'pages[0].width: a number is expected, not "wide"'),
        (put("pages", 0, "height", value=0), "pages[0].height: points, more than 0, are expected, not 0"),
        (put("pages", 0, "width", value=1e308), "pages[0].width: points, more than 0, are expected, not 1e+308"),
        (put("pages", 0, "words", 3, value="goods"), 'pages[0].words[3]: an object is expected, not "goods"'),
        (put("pages", 0, "words", 3, "text", value=None), "pages[0].words[3].text: a text is expected, not null"),
        (put("pages", 0, "words", 3, "box", value=MISSING), "pages[0].words[3].box is missing"),
        (box(0.1, 0.1, 0.2), "pages[0].words[3].box: the four numbers [x0, y0, x1, y1] are expected, not 3"),
        (box(math.nan, 0.1, 0.2, 0.2), "pages[0].words[3].box[0]: a number is expected, not NaN"),
        (box(60, 84, 120, 90), "pages[0].words[3].box: [60, 84, 120, 90] is not on the page; [x0, y0, x1, y1] are the "
         "left upper and right lower corner, as shares of the page from 0 to 1"),
        (put("pages", 0, "words", 3, "confidence", value=98),
         "pages[0].words[3].confidence: a number from 0 to 1 is expected, not 98"),
        (put("pages", 0, "rules", value=[[0, 0]]),
         "pages[0].rules[0]: the four numbers [x0, y0, x1, y1] are expected, not 2"),
        (Path.unlink, "there is no such file, and no words/d2.json"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_words_is_said_with_its_place(root, damage, said):
    damage(root / "words" / "d2.json")
    place = "documents" if damage is Path.unlink else "words"
    suffix = "pdf" if damage is Path.unlink else "json"
    assert told(root) == f"{place}/d2.{suffix}: {said}"
    [finding] = [one for one in validate(load_dataset(root), None).findings if one.code == "unreadable"]
    assert finding.message == f"Document d2: {place}/d2.{suffix}: {said}"


def told(root: Path) -> str:
    """Return what learning says of the one damaged file."""
    with pytest.raises(BadDataset) as caught:
        list(labelled_documents(load_dataset(root, keeps_faults=True), None))
    first, fault = str(caught.value).splitlines()
    assert first == f"{root}: 1 file cannot be used; mend or replace it, or leave its document out of dataset.json"
    return fault.removeprefix("  ")


def test_a_byte_order_mark_does_no_harm_and_neither_does_a_missing_name(root):
    about = {**ABOUT, "name": None}
    (root / "dataset.json").write_text(json.dumps(about), encoding="utf-8-sig")
    (root / "labels" / "d2.json").write_text(json.dumps(LABEL), encoding="utf-8-sig")
    (root / "words" / "d2.json").write_text(json.dumps(WORDS), encoding="utf-8-sig")
    dataset = load_dataset(root)
    assert (dataset.name, len(list(labelled_documents(dataset, None)))) == ("d", 2)


def test_what_words_may_lack_may_be_null(root):
    page = {**WORDS["pages"][0], "source": None, "rules": None, "rotation": None, "thumbnail": None}
    page["words"] = [{**word, "confidence": None} for word in page["words"]]
    (root / "words" / "d2.json").write_text(json.dumps({"pages": [page]}))
    (_, first), (_, second) = labelled_documents(load_dataset(root), None)
    assert second.pages == first.pages


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nothing", "there is no such folder"),
        ("d/labels", "no dataset.json here; give a folder of format invex-dataset/1"),
        ("d/dataset.json", "this is a file; give a folder of format invex-dataset/1 (unpack an archive first)"),
    ],
)
def test_what_is_no_dataset_at_all_is_said(root, place, said):
    with pytest.raises(BadDataset) as caught:
        load_dataset(root.parent / place)
    assert str(caught.value) == f"{root.parent / place}: {said}"


def in_a_circle(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def test_a_link_in_a_circle_is_no_file_that_was_left_out(root):
    loop = "the file cannot be opened (Too many levels of symbolic links)"
    for place in ("labels/d1.json", "words/d2.json"):
        in_a_circle(root / place)
    with pytest.raises(BadDataset) as caught:
        list(labelled_documents(load_dataset(root, keeps_faults=True), None))
    assert str(caught.value).splitlines()[1:] == [f"  labels/d1.json: {loop}", f"  words/d2.json: {loop}"]
    (root / "words" / "d1.json").unlink()
    (root / "labels" / "d1.json").unlink()
    in_a_circle(root / "documents" / "d1.pdf")
    (entry,) = [one for one in load_dataset(root, keeps_faults=True).entries if one.id == "d1"]
    with pytest.raises(BadFile) as told:
        read(entry, None)
    assert str(told.value) == "documents/d1.pdf: this is a link that leads to no file, and no words/d1.json"
    in_a_circle(root / "dataset.json")
    with pytest.raises(BadDataset, match=r"dataset\.json: the file cannot be opened \(Too many levels"):
        load_dataset(root)


def test_a_file_that_may_not_be_opened_is_one_damaged_file(root):
    def may_not(path: Path) -> Document:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def is_full(path: Path) -> Document:
        raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere")

    (root / "words" / "d1.json").unlink()
    (root / "documents" / "d1.pdf").write_bytes(b"%PDF")
    entry = load_dataset(root).entries[0]
    with pytest.raises(BadFile) as told:
        read(entry, may_not)
    assert str(told.value) == "documents/d1.pdf: the file cannot be opened (Permission denied)"
    with pytest.raises(OSError, match="No space left"):
        read(entry, is_full)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--seed", "-1"], "'-1' is no whole number from 0 on"),
        (["--package-version", "1.0"], "'1.0' is not Major.Minor.Patch, as in 0.18.0"),
        (["--out", "{root}"], "{root}: this is a folder; name the file to write"),
        (["--base", "/nowhere.zip"], "/nowhere.zip: No such file or directory"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_learned(root, capsys, monkeypatch, options, said):
    monkeypatch.setattr("mlops.learning.cli.learn", None)
    given = ["learn", str(root), "--out", str(root.parent / "m.zip"), *(o.format(root=root) for o in options)]
    try:
        code = main(given)
    except SystemExit as e:
        code = e.code
    assert code == 2
    assert said.format(root=root) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b'{"d1": 1}', "a list is expected, not an object"),
        (b'["d1", 5', "line 1, column 9: this is no JSON (expecting ',' delimiter)"),
        (b'[["d1"]]', "[0]: a text is expected, not a list"),
        (b"\xff\xfed1", "line 1: byte 0xff is no UTF-8; save the file in UTF-8"),
        (b"d1 d3", "not in the dataset: d3"),
    ],
)
def test_commands_name_each_file_once(root, capsys, written, said):
    package = str(root.parent / "m.zip")
    assert main(["learn", str(root), "--out", package, "--base", "none", "--smoke"]) == 0
    ids = root.parent / "ids.txt"
    ids.write_bytes(written)
    capsys.readouterr()
    assert main(["predict", package, str(root), "--ids", str(ids)]) == 2
    assert capsys.readouterr().err == f"error: {ids}: {said}\n"
    (root / "words" / "d2.json").unlink()
    put("pages", 0, "words", value=None)(root / "words" / "d1.json")
    assert main(["predict", package, str(root)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["file"], one["error"]["message"]) for one in lines] == [
        ("d1.pdf", "words/d1.json: pages[0].words: a list is expected, not null"),
        ("d2.pdf", "there is no such file, and no words/d2.json"),
    ]
    assert main(["evaluate", package, str(root)]) == 2
    assert capsys.readouterr().err.endswith(
        "; d1.pdf: words/d1.json: pages[0].words: a list is expected, not null (unsupported)\n"
    )
