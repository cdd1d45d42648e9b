import pytest

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import Label, LabelValue, label_from_json, label_to_json


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
