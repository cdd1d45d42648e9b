from hypothesis import given
from hypothesis import strategies as st

from invex.fields.folding import fold, uniform


def test_accents_case_and_kinds_of_space_do_not_count():
    assert fold("MÄRZ février Łódź") == "marz fevrier lodz"
    assert uniform("1\u202f234−5’") == "1 234-5'"


@given(st.text())
def test_uniform_keeps_offsets(text):
    assert len(uniform(text)) == len(text)
