import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invex.fields.safe_pattern import LONGEST_PATTERN, LONGEST_VALUE, compile_pattern, matches
from invex.fields.spec import BadSpec


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{4}-\d+",
        r"[A-Z]{2}\d{6,8}",
        r"(FA|BC)\d{2}/\d{4}/\d{6}",
        r"(\d{3}-)+\d",
        r"INV-?\d+(\.\d+)?",
        r"[^ ]+",
        r"(?i:re)\d*",
    ],
)
def test_ordinary_patterns_are_accepted(pattern):
    compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["", "(", "a" * (LONGEST_PATTERN + 1), r"(a+)+", r"(a|a)*", r"(a*)*b", r"(a?){30}a{30}", "a?" * 40, ".*.*.*.*.*.*",
     r"(\d+,?)+", r"(a)\1", r"(?=a)a", "(" * 150 + ")" * 50, "*"],
)  # fmt: skip
def test_bad_and_dangerous_patterns_are_refused(pattern):
    with pytest.raises(BadSpec, match="pattern"):
        compile_pattern(pattern)


def test_the_whole_value_must_match():
    assert matches(r"\d+", "123")
    assert not matches(r"\d+", "123a")
    assert not matches(r"\d+", "1" * (LONGEST_VALUE + 1))


@given(st.lists(st.sampled_from(["a*", "a+", "a?", "a", "(a|b)", "[ab]*", "(aa)+", "a{2,9}", ".*?"]), max_size=20))
def test_what_is_accepted_fails_fast(parts):
    try:
        compile_pattern("".join(parts))
    except BadSpec:
        return
    start = time.process_time()
    matches("".join(parts), "a" * (LONGEST_VALUE - 1) + "!")
    assert time.process_time() - start < 5
