import pytest

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import Label, LabelValue, label_from_json, label_to_json, validate_label
from invex.fields.spec import FieldSpec, TableSpec

FIELDS = (FieldSpec("total", "amount"), FieldSpec("day", "date"))
TABLES = (TableSpec("rows", (FieldSpec("price", "amount"),)),)


def test_a_right_label_has_no_problems():
    label = Label(
        "T",
        fields={"total": (LabelValue("5.00", "$5.00", (PageBox(0, Box(0, 0, 1, 1)),)),), "day": ()},
        tables={"rows": ({"price": LabelValue("1")},)},
    )
    assert validate_label(label, FIELDS, TABLES) == []


def test_every_problem_is_named_with_its_place():
    label = Label(
        "T",
        fields={
            "nope": (LabelValue("x"),),
            "total": (LabelValue("5.00"), LabelValue("$5")),
            "day": (LabelValue("2020-01-01", None, (PageBox(-1, Box(0.5, 0, 0.4, 1.5)),)),),
        },
        tables={"rows": ({"price": LabelValue("1,0"), "size": LabelValue("1")},), "other": ()},
    )
    problems = validate_label(label, FIELDS, TABLES)
    assert len(problems) == 7
    for part in ("field 'nope'", "table 'other'", "field 'total', value 2: '$5'", "page -1", "not within 0..1",
                 "row 1, column 'price': '1,0'", "column 'size' is not known"):  # fmt: skip
        assert any(part in sentence for sentence in problems), part


def test_a_label_survives_json():
    label = Label(
        "T",
        source="token",
        fields={"total": (LabelValue("5.00", "$5.00", (PageBox(1, Box(0, 0, 1, 0.5)),)),), "day": ()},
        tables={"rows": ({"price": LabelValue("1")},)},
    )
    assert label_from_json(label_to_json(label)) == label


def test_text_and_boxes_may_be_left_out_and_an_empty_cell_is_none():
    label = label_from_json({"template": None, "fields": {"total": [{"value": 5}]}, "tables": {"rows": [{"a": None}]}})
    assert label == Label(None, fields={"total": (LabelValue("5"),)}, tables={"rows": ({},)})


@pytest.mark.parametrize(
    "data", [{"source": "nobody"}, {"fields": {"total": [{}]}}, {"fields": {"total": 5}}, {"tables": {"rows": ["x"]}}]
)
def test_what_is_no_label_is_refused(data):
    with pytest.raises(ValueError, match=r"source|labels"):
        label_from_json(data)
