import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.spec import FIELD_TYPES, BadSpec, FieldSpec, LocaleSpec, TableSpec, TemplateSpec
from invex.fields.template_json import template_from_json, template_to_json

TEMPLATE = {
    "name": "Acme order",
    "fields": [{"key": "po", "type": "id", "label": "PO", "required": True}, {"key": "total", "type": "amount"}],
    "tables": [{"key": "rows", "columns": [{"key": "price", "type": "amount"}]}],
    "rules": [{"kind": "sum", "fields": ["total"], "params": {"table": "rows", "column": "price"}}],
    "locale": {"date_order": "dmy", "decimal": ","},
    "links": {"self": "ignored"},
}
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
FIELDS = st.lists(
    st.builds(FieldSpec, KEYS, st.sampled_from(FIELD_TYPES), st.text(max_size=20), st.booleans()),
    max_size=5,
    unique_by=lambda f: f.key,
).map(tuple)


def test_a_template_is_read():
    spec = template_from_json(TEMPLATE)
    assert spec.name == "Acme order"
    assert spec.fields[0] == FieldSpec("po", "id", "PO", required=True)
    assert spec.rules[0].params == {"table": "rows", "column": "price"}
    assert spec.locale == LocaleSpec("dmy", ",")
    assert template_from_json({"name": "Bare"}) == TemplateSpec("Bare")


@given(FIELDS, st.sampled_from([None, "dmy", "mdy", "ymd"]), st.sampled_from([None, ".", ","]))
def test_what_is_written_is_read_back(fields, date_order, decimal):
    tables = (TableSpec("a_table_of_its_own", fields),) if fields else ()
    spec = TemplateSpec("T", fields, tables, locale=LocaleSpec(date_order, decimal))
    assert template_from_json(json.loads(json.dumps(template_to_json(spec)))) == spec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a/b"}, "name"),
        ({"fields": {}}, "fields: a list"),
        ({"fields": ["po"]}, r"fields\[0\]: an object"),
        ({"fields": [{"key": "po"}]}, r"fields\[0\]: type"),
        ({"fields": [{"key": "PO", "type": "id"}]}, "field key 'PO'"),
        ({"fields": [{"key": "po", "type": "money"}]}, "unknown type 'money'"),
        ({"fields": [{"key": "po", "type": "id", "requird": True}]}, "unknown key 'requird'"),
        ({"fields": [{"key": "po", "type": "id", "required": "yes"}]}, "true or false"),
        ({"fields": [{"key": "po", "type": "id"}, {"key": "po", "type": "id"}], "rules": []}, "used twice"),
        ({"tables": [{"key": "rows", "columns": []}], "rules": []}, "at least one column"),
        ({"tables": [{"columns": []}]}, r"tables\[0\]: key"),
        ({"rules": [{"kind": "pattern", "fields": "po"}]}, "fields: a list"),
        (
            {"rules": [{"kind": "pattern", "fields": ["po"], "params": {"regex": "("}}]},
            r"Rule 1 \(po\): .*not a regular",
        ),
        ({"rules": [{"kind": "sum", "fields": ["total", "nope"]}]}, r"Rule 1 \(total, nope\): .* no field 'nope'"),
        (
            {"tables": [{"key": "rows", "columns": [{"key": "rate", "type": "number"}] * 2}], "rules": []},
            "^Table rows: two columns have the same key, rate; rename one.$",
        ),
        ({"locale": {"decimal": "'"}}, "decimal"),
        ({"locale": []}, "locale: an object"),
    ],
)
def test_mistakes_are_named(change, message):
    with pytest.raises(BadSpec, match=message):
        template_from_json({**TEMPLATE, **change})


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_a_template_is_an_object(data):
    with pytest.raises(BadSpec, match="an object is expected"):
        template_from_json(data)
