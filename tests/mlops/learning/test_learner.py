"""From confirmed documents to a package and back to values: the whole way, on generated documents."""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from fixtures.generator import Vendor
from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue, label_to_json
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec, TemplateSpec
from invex.fields.standard import STANDARD_FIELDS
from invex.reading.errors import Unreadable
from invex.reading.types import Document, Page, Word
from invex.reading.words import to_json
from mlops.learning import archive, side_by_side
from mlops.learning.__main__ import main
from mlops.learning.archive import BadPackage
from mlops.learning.dataset import MOST_NAMED, BadDataset, Sample, load_dataset
from mlops.learning.decoding import Choice, Ranking
from mlops.learning.learner import NothingToLearn, fit_template, learn
from mlops.learning.matcher_training import learn_matcher
from mlops.learning.matching import NO_MATCHER
from mlops.learning.model import TemplateModel
from mlops.learning.network.serving import Network
from mlops.learning.package import EMPTY, Package
from mlops.learning.predictor import Predictor, shipped_package
from mlops.learning.reading_fields import score_fields
from mlops.learning.view import View
from tests.mlops.learning.test_layout import document, word

FIELDS = ("invoice_number", "invoice_date", "total_amount", "supplier_name")
VENDORS = {seed: Vendor(seed, kind="invoice") for seed in (4, 7)}


@lru_cache(maxsize=64)
def sample(seed: int, index: int, *, has_boxes: bool = False) -> Sample:
    one = VENDORS[seed].document(index)
    fields = {
        key: tuple(v if has_boxes else replace(v, boxes=()) for v in one.label.fields[key])
        for key in FIELDS
        if key in one.label.fields
    }
    return Sample(f"{seed}-{index}", one.document, Label(VENDORS[seed].name, "person", fields))


def spec(seed: int) -> TemplateSpec:
    return TemplateSpec(VENDORS[seed].name, tuple(f for f in STANDARD_FIELDS if f.key in FIELDS))


def write_dataset(root: Path, samples: list[Sample]) -> Path:
    for folder in ("words", "labels"):
        (root / folder).mkdir(parents=True)
    for s in samples:
        (root / "words" / f"{s.id}.json").write_text(json.dumps(to_json(s.document)))
        (root / "labels" / f"{s.id}.json").write_text(json.dumps(label_to_json(s.label)))
    about = {
        "format": "invex-dataset/1", "name": "demo",
        "fields": [{"key": f.key, "type": f.type} for f in STANDARD_FIELDS if f.key in FIELDS],
        "documents": [{"id": s.id} for s in samples],
    }  # fmt: skip
    (root / "dataset.json").write_text(json.dumps(about))
    return root


def right(predicted: dict, confirmed: Label) -> float:
    asked = [k for k in FIELDS if confirmed.fields.get(k)]
    return sum(bool(predicted[k]) and predicted[k][0].value == confirmed.fields[k][0].value for k in asked) / len(asked)


@pytest.mark.parametrize("seed", sorted(VENDORS))
def test_few_confirmed_documents_teach_the_next(seed: int):
    known = [sample(seed, i) for i in range(4)]
    model = fit_template(EMPTY, spec(seed), known)
    predictor = Predictor(EMPTY).with_template(model)
    shares = [
        right(predictor.predict(s.document, template=s.label.template).fields, s.label)
        for s in (sample(seed, i) for i in range(10, 16))
    ]
    assert sum(shares) / len(shares) > 0.8


def test_a_value_has_boxes_alternatives_and_reasons():
    model = fit_template(EMPTY, spec(4), [sample(4, i) for i in range(3)])
    value = (
        Predictor(EMPTY)
        .with_template(model)
        .predict(sample(4, 9).document, template=VENDORS[4].name)
        .fields["total_amount"][0]
    )
    assert value.boxes
    assert value.why
    assert 0 < value.confidence <= 1
    assert all(a.confidence <= value.confidence for a in value.alternatives)


def test_a_template_model_survives_its_bytes():
    model = fit_template(EMPTY, spec(4), [sample(4, 0), sample(4, 1)])
    data = model.to_bytes()
    again = TemplateModel.from_bytes(data)
    assert again.to_bytes() == data
    document = sample(4, 5).document
    first, second = (Predictor(EMPTY).with_template(m).predict(document, template=m.spec.name) for m in (model, again))
    assert first == second


def test_bytes_of_something_else_are_no_template_model():
    model = fit_template(EMPTY, spec(4), [sample(4, 0)])
    with pytest.raises(Exception, match=r"."):
        TemplateModel.from_bytes(model.to_bytes()[:40])


def described(model: TemplateModel, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The bytes of a model whose description is changed."""
    arrays = load(model.to_bytes())
    about = json.loads(arrays["description"].tobytes())
    change(about)
    arrays["description"] = np.frombuffer(json.dumps(about).encode(), np.uint8).copy()
    return save(arrays)


def test_a_template_model_of_a_later_version_is_refused_in_a_sentence():
    model = fit_template(EMPTY, spec(4), [sample(4, 0)])
    with pytest.raises(ValueError, match=r"format 99; this version reads 1 to \d+: install"):
        TemplateModel.from_bytes(described(model, lambda about: about.update(format=99)))


def test_a_package_of_a_later_version_is_refused_by_its_name(tmp_path: Path, monkeypatch, capsys):
    dataset = write_dataset(tmp_path / "d", [sample(4, 0)])
    with monkeypatch.context() as later:
        later.setattr("mlops.learning.model.TEMPLATE_MODEL_FORMAT", 99)
        later.setattr("mlops.learning.model.READABLE_FORMATS", (99,))
        learn(load_dataset(dataset)).save(tmp_path / "later.zip")
    with pytest.raises(BadPackage, match=r"^later\.zip: template model of format 99; this version reads"):
        Package.load(tmp_path / "later.zip")
    assert main(["learn", str(dataset), "--out", str(tmp_path / "m.zip"), "--base", str(tmp_path / "later.zip")]) == 2
    assert "error: later.zip: template model of format 99" in capsys.readouterr().err


def test_a_template_model_of_before_reads_what_it_knows():
    model = fit_template(EMPTY, spec(4), [sample(4, 0)])

    def as_first_stored(about: dict[str, Any]) -> None:
        about["format"] = 1
        for part in ("springs", "exclusive", "transferred"):
            del about[part]
        for field in about["fields"]:
            field["of_a_branch"] = 1  # keys that are not known are ignored
            for key in ("known", "own", "trust", "convention", "beside", "printed"):
                del field[key]

    again = TemplateModel.from_bytes(described(model, as_first_stored))
    assert [f.field for f in again.fields] == [f.field for f in model.fields]
    assert again.springs == ()
    assert {f.trust for f in again.fields} == {1.0}


def test_learning_twice_gives_the_same_bytes(tmp_path: Path):
    samples = [sample(seed, i) for seed in VENDORS for i in range(3)]
    dataset = load_dataset(write_dataset(tmp_path / "d", samples))
    assert learn(dataset).to_bytes() == learn(dataset).to_bytes()


def test_a_package_predicts_after_it_was_saved(tmp_path: Path):
    samples = [sample(seed, i) for seed in VENDORS for i in range(3)]
    package = learn(load_dataset(write_dataset(tmp_path / "d", samples)))
    package.save(tmp_path / "m.zip")
    loaded = Package.load(tmp_path / "m.zip")
    assert loaded.build == "Demo-0.1.0-build.0"
    assert sorted(loaded.templates) == sorted(v.name for v in VENDORS.values())
    assert [s.id for s in loaded.samples] == [s.id for s in package.samples]
    document = sample(7, 8).document
    prediction = Predictor(loaded).predict(document)
    assert prediction == Predictor(package).predict(document)
    assert prediction.template.name == VENDORS[7].name


def test_a_field_confirmed_as_absent_is_not_invented():
    absent = [
        replace(s, label=replace(s.label, fields={**s.label.fields, "purchase_order": ()}))
        for s in (sample(4, i) for i in range(4))
    ]
    with_order = replace(
        spec(4), fields=(*spec(4).fields, next(f for f in STANDARD_FIELDS if f.key == "purchase_order"))
    )
    model = fit_template(EMPTY, with_order, absent)
    prediction = Predictor(EMPTY).with_template(model).predict(sample(4, 9).document, template=with_order.name)
    assert prediction.fields["purchase_order"] == ()


def test_a_repeated_field_gives_all_its_values():
    def both_dates(s: Sample) -> Sample:
        due = VENDORS[4].document(int(s.id.split("-")[1])).label.fields["due_date"]
        dates = (*s.label.fields["invoice_date"], *(replace(v, boxes=()) for v in due))
        return replace(s, label=replace(s.label, fields={"invoice_date": dates}))

    model = fit_template(EMPTY, spec(4), [both_dates(sample(4, i)) for i in range(4)])
    tested = both_dates(sample(4, 9))
    found = Predictor(EMPTY).with_template(model).predict(tested.document, template=model.spec.name)
    assert {v.value for v in found.fields["invoice_date"]} == {v.value for v in tested.label.fields["invoice_date"]}


def weighed(n: int, printed: str, confirmed: str, *, total: str = "12,50") -> Sample:
    """A delivery note with a weight and a total, whose weight is confirmed as `confirmed`."""
    lines = [f"Delivery note {n}", f"Weight {printed}", f"Total {total}"]
    words = []
    for i, text in enumerate(lines):
        x = 0.1
        for part in text.split():
            words.append(Word(part, Box(x, 0.1 + 0.05 * i, x + 0.01 * len(part), 0.12 + 0.05 * i)))
            x += 0.01 * (len(part) + 1)
    label = Label("note", "person", {"weight": (LabelValue(confirmed),)})
    return Sample(str(n), Document((Page(600.0, 800.0, tuple(words)),)), label)


NOTE = TemplateSpec("note", (FieldSpec("weight", "number"),))


def weight_read(known: list[Sample], following: Sample, note: TemplateSpec = NOTE) -> float:
    model = TemplateModel.from_bytes(fit_template(EMPTY, note, known).to_bytes())
    predictor = Predictor(replace(EMPTY, models={"note": model}))
    (value,) = predictor.predict(following.document, template="note").fields["weight"]
    return float(value.value)


@pytest.mark.parametrize("locale", [LocaleSpec(), LocaleSpec(decimal=",")])
@pytest.mark.parametrize("total", ["12,50", "7"])
def test_a_number_of_two_meanings_is_read_as_it_was_confirmed_last(total: str, locale: LocaleSpec):
    note = replace(NOTE, locale=locale)
    thousand, corrected = weighed(1, "1.000", "1000", total=total), weighed(2, "1.000", "1", total=total)
    following = weighed(9, "3.000", "3", total=total)
    assert weight_read([thousand], following, note) == 3000
    assert weight_read([thousand, corrected], following, note) == 3
    assert weight_read([thousand, thousand, corrected], following, note) == 3
    assert weight_read([corrected, thousand], following, note) == 3000


def test_a_document_that_surely_writes_otherwise_is_read_its_own_way():
    confirmed = [weighed(n, "1.000", "1") for n in range(3)]
    assert weight_read(confirmed, weighed(9, "3,000", "3000", total="12.50")) == 3000


def test_values_of_a_repeated_field_may_stand_in_one_word():
    def asked(*addresses: str) -> Sample:
        words = (Word("Contacts", Box(0.1, 0.1, 0.2, 0.12)), Word(";".join(addresses), Box(0.22, 0.1, 0.6, 0.12)))
        label = Label("note", "person", {"contact": tuple(map(LabelValue, addresses))})
        return Sample("a", Document((Page(600.0, 800.0, words),)), label)

    note = TemplateSpec("note", (FieldSpec("contact", "email"),))
    model = fit_template(EMPTY, note, [asked("a@b.com", "c@d.org")])
    following = asked("x@y.com", "z@w.com").document
    found = Predictor(replace(EMPTY, models={"note": model})).predict(following, template="note").fields["contact"]
    assert {value.value for value in found} == {"x@y.com", "z@w.com"}


def test_a_day_that_is_the_same_in_either_order_teaches_none():
    def dated(printed: str, confirmed: str) -> Sample:
        document = weighed(1, printed, "1").document
        return Sample("a", document, Label("note", "person", {"day": (LabelValue(confirmed),)}))

    note = TemplateSpec("note", (FieldSpec("day", "date"),))
    for printed, confirmed, convention in (("10-10-18", "2018-10-10", None), ("05-02-18", "2018-02-05", "dmy")):
        model = fit_template(EMPTY, note, [dated(printed, confirmed)])
        assert (model.fields[0].convention, model.locale.date_order) == (convention, convention)


def test_values_of_a_repeated_field_have_no_word_in_common():
    def signed(number: int, *names: str) -> Sample:
        words = [word("Signed", 0.1, 0.1), word("by", 0.165, 0.1)]
        for i, name in enumerate(names):
            words += [word(name, 0.1 + 0.3 * i, 0.2), word("Tenant", 0.1 + 0.3 * i, 0.215)]
        fields = {"tenant": tuple(map(LabelValue, names))}
        return Sample(str(number), document(words), Label("lease", "person", fields))

    model = fit_template(EMPTY, TemplateSpec("lease", (FieldSpec("tenant", "text"),)), [signed(1, "Seidel", "Nowak")])
    read = score_fields(View(signed(2, "Petersen", "Lindner").document), model)
    at = {text: k for k, text in enumerate(read.fields[0].candidates.texts)}
    likely = (("Petersen", 0.4), ("Petersen Tenant", 0.3), ("Lindner", 0.2), ("Signed by", 0.01))
    ranking = Ranking(tuple(Choice(text, p, at[text]) for text, p in likely), absent=0.09)
    values = replace(read, rankings={"tenant": ranking}).values()["tenant"]
    assert [v.value for v in values] == ["Petersen", "Lindner"]
    assert values[1].confidence == pytest.approx(0.2 / 0.3)


def test_versions_of_one_name_do_not_outvote_each_other():
    def order(number: int, name: str) -> Sample:
        words = [word("Advertiser", 0.1, 0.2), word(name, 0.3, 0.2), word("Sales", 0.307 + 0.01 * len(name), 0.2)]
        words += [word("Product", 0.1, 0.4)]
        return Sample(str(number), document(words), Label("order", "person", {"advertiser": (LabelValue(name),)}))

    model = fit_template(EMPTY, TemplateSpec("order", (FieldSpec("advertiser", "text"),)), [order(1, "Nowak")])
    read = score_fields(View(order(2, "Petersen").document), model)
    at = {text: k for k, text in enumerate(read.fields[0].candidates.texts)}
    likely = (("Product", 0.42), ("Petersen", 0.4), ("Petersen Sales", 0.12))
    ranking = Ranking(tuple(Choice(text, p, at[text]) for text, p in likely), absent=0.06)
    (value,) = replace(read, rankings={"advertiser": ranking}).values()["advertiser"]
    assert value.value == "Petersen"
    assert value.confidence == pytest.approx(0.52 * 0.4**2 / (0.4**2 + 0.12**2))
    assert [a.value for a in value.alternatives] == ["Product", "Petersen Sales"]


def test_an_empty_document_gives_nothing():
    model = fit_template(EMPTY, spec(4), [sample(4, 0)])
    empty = replace(sample(4, 0).document, pages=tuple(replace(p, words=()) for p in sample(4, 0).document.pages))
    prediction = Predictor(EMPTY).with_template(model).predict(empty, template=model.spec.name)
    assert all(values == () for values in prediction.fields.values())


def test_a_dataset_without_labels_teaches_nothing(tmp_path: Path):
    root = write_dataset(tmp_path / "d", [sample(4, 0)])
    next((root / "labels").iterdir()).unlink()
    with pytest.raises(NothingToLearn):
        learn(load_dataset(root))


def with_damage(root: Path, count: int) -> Path:
    """A dataset of `count` documents: damaged are the words of the first, the label of the second, the third's file."""
    root = write_dataset(root, [replace(sample(4, i % 3), id=f"4-{i}") for i in range(count)])
    (root / "words" / "4-0.json").write_text("{")
    (root / "labels" / "4-1.json").write_text('{"source": "nobody"}')
    (root / "words" / "4-2.json").unlink()
    about = json.loads((root / "dataset.json").read_text())
    about["documents"][2]["file"] = "files/scan.pdf"
    (root / "dataset.json").write_text(json.dumps(about))
    (root / "files").mkdir()
    (root / "files" / "scan.pdf").write_bytes(b"%PDF")
    return root


def unreadable(file: Path) -> Document:
    raise Unreadable("corrupt")


def test_every_damaged_file_is_named_at_once(tmp_path: Path):
    root = with_damage(tmp_path / "d", 6)
    (root / "words" / "4-3.json").unlink()
    (root / "words" / "4-4.json").write_text("[1]")
    with pytest.raises(BadDataset) as told:
        learn(load_dataset(root, keeps_faults=True), reader=unreadable)
    first, *files = str(told.value).splitlines()
    assert (
        first == f"{root}: 5 files cannot be used; mend or replace them, or leave their documents out of dataset.json"
    )
    assert [line.partition(": ")[0].strip() for line in files] == [
        "words/4-0.json",
        "labels/4-1.json",
        "files/scan.pdf",
        "words/4-3.json",
        "words/4-4.json",
    ]
    assert "nobody" in files[1]
    assert "The file is damaged" in files[2]
    assert "no such file" in files[3]


def test_of_many_damaged_files_some_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = write_dataset(tmp_path / "d", [replace(sample(4, i % 3), id=f"4-{i}") for i in range(MOST_NAMED + 3)])
    for label in (root / "labels").iterdir():
        label.write_text("{")
    assert main(["learn", str(root), "--out", str(tmp_path / "m.zip"), "--base", "none"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert f"{MOST_NAMED + 3} files cannot be used" in lines[0]
    assert len(lines) == MOST_NAMED + 2
    assert lines[-1].strip() == "and 3 more"


def test_a_damaged_label_matters_only_where_labels_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = write_dataset(tmp_path / "d", [sample(4, 0), sample(4, 1)])
    package = str(tmp_path / "m.zip")
    assert main(["learn", str(root), "--out", package, "--base", "none", "--smoke"]) == 0
    (root / "labels" / "4-1.json").write_text("{")
    assert main(["predict", package, str(root)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["evaluate", package, str(root)]) == 2
    assert "1 file cannot be used" in capsys.readouterr().err


def test_evaluation_names_what_it_could_not_read_and_counts_its_values_as_missing(tmp_path: Path, capsys):
    root = write_dataset(tmp_path / "d", [sample(4, i) for i in range(3)])
    package = str(tmp_path / "m.zip")
    assert main(["learn", str(root), "--out", package, "--base", "none", "--smoke"]) == 0

    def evaluated(*more: str) -> str:
        assert main(["evaluate", package, str(root), *more]) == 0
        return capsys.readouterr().out

    before = json.loads(evaluated("--json"))
    assert before["unread"] == []
    (root / "words" / "4-1.json").write_text("{")
    after = json.loads(evaluated("--json"))
    assert (after["documents"], after["answered"], after["errors"]) == (3, 2, {"unsupported": 1})
    assert [(one["id"], one["file"], one["code"]) for one in after["unread"]] == [("4-1", "4-1.json", "unsupported")]
    assert after["micro"]["support"] == before["micro"]["support"]
    lost = sum(map(len, sample(4, 1).label.fields.values()))
    assert after["micro"]["fn"] >= lost > 0
    table = evaluated().splitlines()
    assert "errors 1" in table[0]
    assert table[1] == "could not be read, so all of their values count as missing: 1"
    assert table[2].startswith("  4-1.json: ")
    for words in (root / "words").iterdir():
        words.write_text("{")
    assert main(["evaluate", package, str(root)]) == 2
    assert "none of the 3 documents could be read; 4-0.json" in capsys.readouterr().err


def test_matching_is_learned_from_pairs_of_documents():
    pairs = [([sample(seed, i, has_boxes=True) for i in (20, 21)], spec(seed).fields) for seed in VENDORS]
    matcher = learn_matcher(pairs)
    assert "date" in matcher.theta
    assert all((weights >= 0).all() for weights in matcher.theta.values())
    assert not NO_MATCHER.theta
    model = fit_template(replace(EMPTY, matcher=matcher), spec(4), [sample(4, 0)])
    assert all(f.supports is not None for f in model.fields)


def test_the_command_line_learns_predicts_and_evaluates(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = write_dataset(tmp_path / "d", [sample(4, i) for i in range(3)])
    package = str(tmp_path / "m.zip")
    assert main(["learn", str(root), "--out", package, "--base", "none", "--smoke"]) == 0
    assert main(["predict", package, str(root)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == ["4-0", "4-1", "4-2"]
    assert main(["evaluate", package, str(root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["micro"]["f1"] > 0.9


def warned(root: Path, package: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The warnings of `learn`."""
    assert main(["learn", str(root), "--out", str(package), "--base", "none"]) == 0
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]


def relabelled(root: Path, document: str, **fields: list[dict[str, Any]]) -> None:
    path = root / "labels" / f"{document}.json"
    label = json.loads(path.read_text())
    label["fields"].update(fields)
    path.write_text(json.dumps(label))


def test_learn_says_which_confirmed_values_it_did_not_find_and_what_to_do(tmp_path: Path, capsys, caplog):
    caplog.set_level(logging.INFO)
    root = write_dataset(tmp_path / "d", [sample(4, i) for i in range(3)])
    assert warned(root, tmp_path / "m.zip", capsys) == []
    assert caplog.messages[-2].endswith(" values located")
    relabelled(root, "4-0", supplier_name=[{"value": "Nobody Ltd"}])
    box = {"page": 0, "box": [0.97, 0.97, 0.98, 0.98]}
    relabelled(root, "4-1", total_amount=[{"value": "987654.32", "boxes": [box]}])
    name = sample(4, 2).label.fields["supplier_name"][0].value
    about = json.loads((root / "dataset.json").read_text())
    about["fields"].append({"key": "contact", "type": "email"})
    (root / "dataset.json").write_text(json.dumps(about))
    relabelled(root, "4-2", contact=[{"value": name}])
    lines = warned(root, tmp_path / "m.zip", capsys)
    assert caplog.messages[-2].endswith(" (total_amount 2 of 3, supplier_name 2 of 3, contact 0 of 1)")
    found = {tuple(line.split(" = ")[0].split(": ")[1:]): line for line in lines}
    assert set(found) == {
        ("Document 4-0", "supplier_name"),
        ("Document 4-1", "total_amount"),
        ("Document 4-2", "contact"),
    }
    assert "'Nobody Ltd' is not printed as labelled. Compare with the page" in found["Document 4-0", "supplier_name"]
    assert "neither read in the boxes of its label nor elsewhere" in found["Document 4-1", "total_amount"]
    assert "printed, but not read as a value of type email. Draw boxes" in found["Document 4-2", "contact"]


def test_learn_says_what_is_in_another_form_or_of_no_field(tmp_path: Path, capsys):
    root = write_dataset(tmp_path / "d", [sample(4, i) for i in range(3)])
    relabelled(root, "4-0", invoice_date=[{"value": "22.11.2026"}], fax=[{"value": "1"}])
    relabelled(root, "4-1", total_amount=[{"value": "1.234,50"}], fax=[{"value": "1"}])
    lines = warned(root, tmp_path / "m.zip", capsys)
    assert [line.split(". ")[0] for line in lines] == [
        "warning: Document 4-0: invoice_date = '22.11.2026' is no date as labels write it",
        "warning: Document 4-1: total_amount = '1.234,50' is no amount as labels write it",
        "warning: fax is not among the fields of dataset.json; documents with it: 2",
    ]


def test_labels_without_a_value_of_any_field_are_warned_of(tmp_path: Path, capsys):
    root = write_dataset(tmp_path / "d", [sample(4, 0)])
    (root / "labels" / "4-0.json").write_text('{"template": "T", "fields": {"fax": [{"value": "1"}], "iban": []}}')
    assert [line.split(":")[1].strip() for line in warned(root, tmp_path / "m.zip", capsys)] == [
        "fax is not among the fields of dataset.json; documents with it",
        "No label gives a value for a field of dataset.json",
    ]


def test_of_many_warnings_the_first_are_said(tmp_path: Path, capsys):
    root = write_dataset(tmp_path / "d", [replace(sample(4, i % 3), id=f"4-{i}") for i in range(MOST_NAMED + 3)])
    for i in range(MOST_NAMED + 3):
        relabelled(root, f"4-{i}", supplier_name=[{"value": "Nobody Ltd"}])
    lines = warned(root, tmp_path / "m.zip", capsys)
    assert len(lines) == MOST_NAMED + 1
    assert lines[-1] == "warning: and 3 more"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")
def test_many_documents_are_predicted_side_by_side_in_their_order(tmp_path: Path, capsys, monkeypatch):
    root = write_dataset(tmp_path / "d", [sample(4, i) for i in range(3)])
    package = str(tmp_path / "m.zip")
    assert main(["learn", str(root), "--out", package, "--base", "none", "--smoke"]) == 0

    def printed() -> list[dict]:
        assert main(["predict", package, str(root)]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]

    (root / "words" / "4-1.json").write_text("{")
    alone = printed()
    assert [("error" in line, line["id"]) for line in alone] == [(False, "4-0"), (True, "4-1"), (False, "4-2")]
    monkeypatch.setattr(side_by_side, "WORTH_IT", 2)
    assert printed() == alone


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["learn", "nowhere", "--out", "m.zip", "--base", "none"], 2), (["predict", "nowhere.zip", "nowhere"], 2)],
)
def test_bad_input_says_what_is_wrong(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == code
    assert "nowhere" in capsys.readouterr().err


def test_a_package_that_is_none_is_refused(tmp_path: Path):
    (tmp_path / "m.zip").write_bytes(b"not a zip")
    with pytest.raises(BadPackage, match=r"m\.zip"):
        Package.load(tmp_path / "m.zip")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("templates.json", b'{"templates": 5}', "templates.json cannot be read; give a package made by `learn`"),
        ("templates.json", b"[" * 100_000, "templates.json cannot be read; give a package made by `learn`"),
        ("card.md", b"\xff", "card.md cannot be read; give a package made by `learn`"),
        ("card.md", None, "card.md is missing; give a package made by `learn`"),
        ("weights/shared.safetensors", b"x" * 100, "weights/shared.safetensors cannot be read; give a package"),
        ("weights/index.safetensors", b"", "weights/index.safetensors cannot be read; give a package"),
        ("package.json", {}, "package.json lacks name, version, build; give a package made by `learn`"),
    ],
)  # fmt: skip
def test_what_is_damaged_in_a_package_is_said_by_the_name_of_its_file(tmp_path, capsys, file, content, said):
    root = write_dataset(
        tmp_path / "d", [sample(4, 0), replace(sample(4, 1), label=replace(sample(4, 1).label, template=None))]
    )
    assert main(["learn", str(root), "--out", str(tmp_path / "m.zip"), "--base", "none", "--smoke"]) == 0
    manifest, files = archive.unpack((tmp_path / "m.zip").read_bytes(), "m.zip")
    if file == archive.MANIFEST:
        manifest = {}
    elif content is None:
        del files[file]
    else:
        files[file] = content
    (tmp_path / "m.zip").write_bytes(archive.pack(manifest, files))
    assert main(["predict", str(tmp_path / "m.zip"), str(root)]) == 2
    assert f"error: m.zip: {said}" in capsys.readouterr().err


def test_a_network_that_cannot_be_loaded_is_said_with_the_first_document(tmp_path: Path, capsys):
    root = write_dataset(tmp_path / "d", [sample(4, 0)])
    package = replace(shipped_package(), network=Network(b"no graph", ("total_amount",), 8))
    package.save(tmp_path / "m.zip")
    for command in ("predict", "evaluate"):
        assert main([command, str(tmp_path / "m.zip"), str(root)]) == 2
        assert "error: the network of the package cannot be loaded; give another package" in capsys.readouterr().err


def test_rows_of_a_document_on_which_nothing_was_read_teach_no_table():
    visits = TableSpec("visits", (FieldSpec("reason", "text"),))
    template = TemplateSpec("claim", (FieldSpec("claim_number", "id"),), (visits,))
    label = Label(
        "claim", "person", {"claim_number": (LabelValue("C-1"),)}, {"visits": ({"reason": LabelValue("Lab work")},)}
    )
    model = fit_template(EMPTY, template, [Sample("1", document([]), label)])
    assert model.tables == {}
    read = Predictor(EMPTY).with_template(model).predict(sample(4, 0).document, template="claim")
    assert read.tables == {}
