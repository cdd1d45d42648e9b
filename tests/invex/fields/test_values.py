import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.spec import FIELD_TYPES, LocaleSpec
from invex.fields.values import canonical, choose, readings, spans

LINE = "Invoice RE-2020/17 of 03/04/2020, 19 % VAT DE136695976: 1.234,56 EUR to DE89 3704 0044 0532 0130 00 a@b.de"
LONG = 10_000  # characters
CPU_SECONDS = 3.0  # generous: a quadratic pattern takes far longer


def test_each_type_finds_its_value_in_one_line():
    found = {type: {r.value for span in spans(type, LINE) for r in span.readings} for type in FIELD_TYPES}
    for type, value in {
        "id": "RE-2020/17", "date": "2020-04-03", "percentage": "19", "vat_id": "DE136695976", "amount": "1234.56",
        "currency": "EUR", "iban": "DE89370400440532013000", "email": "a@b.de", "text": LINE,
    }.items():  # fmt: skip
        assert value in found[type], type


@pytest.mark.parametrize("type", FIELD_TYPES)
@given(line=st.text(max_size=80))
def test_spans_lie_in_the_line_and_have_readings(type, line):
    for span in spans(type, line):
        assert 0 <= span.start < span.end <= len(line)
        assert span.readings
        assert choose(span.readings, LocaleSpec()) == span.readings[0]


@pytest.mark.parametrize("type", FIELD_TYPES)
@given(text=st.text(max_size=80))
def test_a_canonical_value_is_the_first_reading_or_none(type, text):
    found = readings(type, text)
    assert canonical(type, text) == (found[0].value if found else None)


@pytest.mark.parametrize("type", FIELD_TYPES)
@pytest.mark.parametrize(
    "piece", ["1 ", "1,", "1.111 ", "(", "1", "a", "a.", "1/", "DE12 ", "12 mar ", "a@", "$", "- ", "CR"]
)
def test_a_hostile_line_costs_little(type, piece):
    line = (piece * LONG)[:LONG]
    start = time.process_time()
    for _ in spans(type, line):
        pass
    assert time.process_time() - start < CPU_SECONDS


def test_the_hot_path_needs_the_standard_library_alone():
    code = (
        "import sys; import invex.fields.values, invex.fields.locale, invex.fields.labels, invex.fields.template_json;"
        "bad = {'babel', 'dateutil', 'stdnum', 'scipy', 'lxml', 'django'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
