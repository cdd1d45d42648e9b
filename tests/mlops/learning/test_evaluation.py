"""The figures by hand, and against the scorer that everybody is measured with."""

import importlib.util
import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest

from invex.fields.labels import Label, LabelValue, label_to_json
from invex.fields.prediction import Prediction, TemplateMatch, Value, prediction_to_json
from invex.fields.spec import FieldSpec, TableSpec
from mlops.learning.assignment import maximum_assignment
from mlops.learning.comparison import edit_distance, matches, same
from mlops.learning.evaluation import evaluate
from mlops.learning.metrics import Scored, auroc, calibration_error, coverage

FIELDS = (
    FieldSpec("number", "id"),
    FieldSpec("total", "amount"),
    FieldSpec("date", "date"),
    FieldSpec("name", "text"),
    FieldSpec("street", "address"),
    FieldSpec("currency", "currency"),
)
TABLES = (
    TableSpec("items", (FieldSpec("what", "text"), FieldSpec("quantity", "number"), FieldSpec("price", "amount"))),
)
SCORER = Path(__file__).parents[4] / "shared" / "tools" / "score.py"


def prediction(template=None, confidence=0.5, tables=None, **fields):
    values = {key: tuple(Value(v, v, c) for v, c in given) for key, given in fields.items()}
    return Prediction(TemplateMatch(template, confidence), values, tables or {})


def label(template=None, tables=None, **fields):
    return Label(
        template, fields={key: tuple(LabelValue(v) for v in vs) for key, vs in fields.items()}, tables=tables or {}
    )


@pytest.mark.parametrize(
    ("type", "a", "b", "is_same"),
    [
        ("amount", "94850.00", "94850", True),
        ("amount", "1.00", "1.02", False),
        ("amount", "$94,850.00", "94850.00", False),
        ("date", "2020-29-03", "2020-03-29", False),
        ("id", "12 345-a", "12345A", True),
        ("id", "0123", "123", False),
        ("text", "ACME, Inc.", "Acme Inc", True),
        ("text", "--", "//", False),
        ("address", "1 High Str, Leeds", "1 High Street Leeds", True),
        ("address", "1 High St., Leeds", "1 High Street Leeds", False),
        ("currency", "eur", "EUR", True),
        ("email", "A@b.de", "a@B.de", True),
    ],
)
def test_two_values_are_the_same_by_their_type(type, a, b, is_same):
    assert same(type, a, b) is is_same


def test_the_words_reading_counts_only_where_the_words_are_wrong():
    misread = LabelValue("FA06/1", "FAO6/1")
    assert matches("id", "FAO6/1", misread)
    assert matches("id", "FA06/1", misread)
    assert matches("amount", "47982.50", LabelValue("47982.56", "47 982,5 €"))
    assert not matches("date", "2020-04-03", LabelValue("2020-03-04", "04/03/2020"))


def test_edit_distance():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "ab") == 2


def test_assignment_is_the_best_of_all():
    rng = np.random.default_rng(0)
    for n, m in [(1, 1), (2, 5), (4, 3), (4, 4)]:
        weights = rng.integers(0, 5, (n, m)).astype(float)
        wide = weights if n <= m else weights.T
        best = max(
            sum(wide[i, j] for i, j in enumerate(columns))
            for columns in itertools.permutations(range(wide.shape[1]), wide.shape[0])
        )
        pairs = maximum_assignment(weights)
        assert sum(weights[i, j] for i, j in pairs) == best
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == min(n, m)
    assert maximum_assignment(np.zeros((0, 3))) == []


def test_auroc_counts_ties_half():
    assert auroc([0.9, 0.8], [0.1, 0.8]) == pytest.approx(0.875)
    assert auroc([1.0], []) is None


def test_coverage_cannot_split_a_tie():
    points = [Scored(0.9, True)] * 100 + [Scored(0.8, False)] + [Scored(0.7, True)] * 99
    assert coverage(points, 200).share == 1.0
    assert coverage([*points, Scored(0.6, False), Scored(0.6, False)], 202).share == pytest.approx(200 / 202)
    assert coverage([Scored(0.9, False), Scored(0.9, True)], 2).share == 0.0
    assert coverage([], 0).share is None


def test_calibration_error_is_the_gap_between_claim_and_outcome():
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, False])) == pytest.approx(0.5)
    assert calibration_error(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.0)


def test_figures_of_a_small_run():
    labels = {
        "a": label("T", number=["1"], total=["5.00"], name=[]),
        "b": label("T", number=["2"], total=["6.00"]),
        "c": label(None, number=["3"], name=[]),
        "d": label(None, number=["4"]),
        "e": label("T", number=["5"]),
    }
    predictions = {
        "a": prediction("T", 0.9, number=[("1", 0.9)], total=[("5.00", 0.9)]),
        "b": prediction(None, 0.4, number=[("2", 0.8)], total=[("7.00", 0.2)], name=[("nobody said", 0.9)]),
        "c": prediction("T", 0.5, number=[("3", 0.7)], name=[("spurious", 0.1)]),
        "d": "encrypted",
    }
    report = evaluate(FIELDS, TABLES, labels, predictions)
    assert (report.micro.true_positives, report.micro.false_positives, report.micro.false_negatives) == (4, 2, 3)
    assert (report.documents, report.answered, report.missing, report.errors) == (5, 3, 1, {"encrypted": 1})
    assert report.document_exact == pytest.approx(1 / 5)
    assert report.spurious_rate == pytest.approx(1 / 2)
    assert report.template.accuracy == pytest.approx(1 / 3)
    assert report.template.misrouted_rate == pytest.approx(1 / 2)
    assert report.templates["T"].support == 5
    assert "micro-F1 0.615" in report.table()


def test_rows_are_matched_in_any_order_and_unlabelled_cells_do_not_count():
    gold = (
        {"what": LabelValue("Chair"), "quantity": LabelValue("2")},
        {"what": LabelValue("Desk"), "quantity": LabelValue("1")},
    )
    rows = tuple(
        {key: Value(v, v, 0.9) for key, v in row.items()}
        for row in ({"what": "desk", "quantity": "7", "price": "1.00"}, {"what": "Chair", "quantity": "2.0"})
    )
    counts = evaluate(
        (), TABLES, {"a": label(tables={"items": gold})}, {"a": prediction(tables={"items": rows})}
    ).tables["items"]
    assert (counts.true_positives, counts.false_positives, counts.false_negatives) == (3, 1, 1)


def _random_value(rng, type):
    return {
        "id": lambda: rng.choice(["A-1", "a1", "B2", "--", "C 3"]),
        "amount": lambda: rng.choice(["1.00", "1.01", "1", "2.50", "1,00", "-2.50"]),
        "number": lambda: rng.choice(["1", "2", "3", "2.0", "x"]),
        "date": lambda: rng.choice(["2020-03-04", "2020-04-03", "2020-13-01", "04/03/2020"]),
        "text": lambda: rng.choice(["Acme", "ACME.", "Beta Inc", "//"]),
        "address": lambda: rng.choice(["1 High St", "1 High Str.", "2 Low Road", "1 Hgh Street"]),
        "currency": lambda: rng.choice(["EUR", "eur", "USD", "€"]),
    }[type]()


def _random_case(rng):
    def label_value(type):
        text = rng.choice([None, "04/03/2020", "1,00", "B2", "Acme"])
        return LabelValue(_random_value(rng, type), text)

    def value(type):
        return Value(_random_value(rng, type), "", rng.choice([0.1, 0.5, 0.55, 0.9, 0.99, 1.0]))

    columns = TABLES[0].columns
    confirmed = Label(
        rng.choice([None, "T", "U"]),
        fields={
            f.key: tuple(label_value(f.type) for _ in range(rng.randint(0, 2))) for f in FIELDS if rng.random() < 0.8
        },
        tables={
            "items": tuple(
                {c.key: label_value(c.type) for c in columns if rng.random() < 0.8} for _ in range(rng.randint(0, 4))
            )
        }
        if rng.random() < 0.8
        else {},
    )
    predicted = Prediction(
        TemplateMatch(rng.choice([None, "T", "U"]), rng.choice([0.0, 0.3, 0.7, 0.9])),
        {f.key: tuple(value(f.type) for _ in range(rng.randint(0, 3))) for f in FIELDS if rng.random() < 0.8},
        {
            "items": tuple(
                {c.key: value(c.type) for c in columns if rng.random() < 0.8} for _ in range(rng.randint(0, 5))
            )
        },
    )
    return confirmed, predicted


def _rounded(figures):
    if isinstance(figures, dict):
        return {key: _rounded(value) for key, value in figures.items()}
    return pytest.approx(figures, abs=1e-9) if isinstance(figures, float) else figures


@pytest.mark.shared
@pytest.mark.skipif(not SCORER.exists(), reason="needs ../shared/tools")
def test_figures_are_those_of_the_shared_scorer(tmp_path):
    spec = importlib.util.spec_from_file_location("score", SCORER)
    assert spec
    assert spec.loader
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    about = {
        "fields": [{"key": f.key, "type": f.type} for f in FIELDS],
        "tables": [{"key": t.key, "columns": [{"key": c.key, "type": c.type} for c in t.columns]} for t in TABLES],
    }
    for seed in range(30):
        rng = random.Random(seed)
        labels, predictions, objects = {}, {}, {}
        for number in range(25):
            labels[str(number)], predicted = _random_case(rng)
            if rng.random() < 0.05:
                predictions[str(number)] = "corrupt"
                objects[str(number)] = {"error": {"code": "corrupt"}}
            elif rng.random() < 0.95:
                predictions[str(number)] = predicted
                objects[str(number)] = prediction_to_json(predicted, id=str(number), file="", pages=1, seconds=0.0)
        gold = json.loads(json.dumps({key: label_to_json(value) for key, value in labels.items()}))
        expected = score.score(about, gold, objects)
        report = evaluate(FIELDS, TABLES, labels, predictions).to_json()
        del report["templates"], report["unread"]
        expected.pop("values_without_confidence")
        assert report == _rounded(expected), seed
