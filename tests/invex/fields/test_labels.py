import math

import pytest

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import Label, LabelValue, label_from_json, label_to_json
from invex.fields.shapes import BadShape


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


def total(**value):
    return {"fields": {"total": [{"value": "5", **value}]}}


def boxed(*box, **more):
    return total(boxes=[{"box": list(box), **more}])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "an object is expected, not null"),
        ({"source": "nobody"}, 'source: one of person, token, bulk, xml is expected, not "nobody"'),
        ({"template": ["T"]}, "template: a text is expected, not a list"),
        ({"fields": ["total"]}, "fields: an object is expected, not a list"),
        ({"fields": {"total": 5}}, "fields.total: a list is expected, not 5"),
        ({"fields": {"total": None}}, "fields.total: a list is expected, not null"),
        ({"fields": {"total": [{"value": "5"}, "6"]}}, 'fields.total[1]: an object is expected, not "6"'),
        ({"fields": {"total": [{}]}}, "fields.total[0].value is missing"),
        (total(value=None), "fields.total[0].value: a text is expected, not null"),
        (total(value=True), "fields.total[0].value: a text is expected, not true"),
        (total(value=math.nan), "fields.total[0].value: a text is expected, not NaN"),
        (total(text={}), "fields.total[0].text: a text is expected, not an object"),
        (total(boxes={"page": 0}), "fields.total[0].boxes: a list is expected, not an object"),
        (total(boxes=[{"page": 0}]), "fields.total[0].boxes[0].box is missing"),
        (boxed(0, 0, 1), "fields.total[0].boxes[0].box: the four numbers [x0, y0, x1, y1] are expected, not 3"),
        (boxed(0, 0, None, 1), "fields.total[0].boxes[0].box[2]: a number is expected, not null"),
        (boxed(0, math.nan, 1, 1), "fields.total[0].boxes[0].box[1]: a number is expected, not NaN"),
        (boxed(0, 0, 1, 10**400), f"fields.total[0].boxes[0].box[3]: a number is expected, not 1{'0' * 39}…"),
        (
            boxed(0, 0, 1, 1, page=-1),
            "fields.total[0].boxes[0].page: the number of a page, from 0, is expected, not -1",
        ),
        (
            boxed(0, 0, 1, 1, page=0.5),
            "fields.total[0].boxes[0].page: the number of a page, from 0, is expected, not 0.5",
        ),
        (boxed(0, 0, 1, 1, page="one"), 'fields.total[0].boxes[0].page: a number is expected, not "one"'),
        ({"tables": {"rows": {"a": {}}}}, "tables.rows: a list is expected, not an object"),
        ({"tables": {"rows": ["x"]}}, 'tables.rows[0]: an object is expected, not "x"'),
        ({"tables": {"rows": [{"a": {"value": "1"}}, {"a": "2"}]}}, 'tables.rows[1].a: an object is expected, not "2"'),
    ],
)
def test_what_is_no_label_is_refused_with_the_place(data, said):
    with pytest.raises(BadShape) as caught:
        label_from_json(data)
    assert str(caught.value) == said
