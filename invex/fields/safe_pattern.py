"""Regular expressions that users write, limited so that none of them can keep a worker busy."""

from __future__ import annotations

import re
from functools import lru_cache
from math import comb
from re import _constants as op  # type: ignore[attr-defined]  # the parser of `re`: there is no public one
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from .spec import BadSpec

LONGEST_PATTERN = 200  # characters
LONGEST_VALUE = 80  # characters of a value that is matched; longer ones do not match
# A bound on how many ways the engine may try to divide a value among the repetitions; this many take under a second.
MOST_WAYS = 2_000_000

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)
_GROUPS = (op.SUBPATTERN, op.ATOMIC_GROUP)
_SIMPLE = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN, op.AT, op.CATEGORY, op.RANGE)


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return `pattern`, compiled. Raises BadSpec: too long, not a regular expression, or one that may take for ever."""
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise BadSpec(f"pattern: 1 to {LONGEST_PATTERN} characters, this one has {len(pattern)}")
    try:
        tree = parser.parse(pattern)
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as e:
        raise BadSpec(f"pattern {pattern!r} is not a regular expression ({e}); write for example RE-[0-9]+") from e
    open_repeats, ways = _ways(tree)
    if comb(LONGEST_VALUE + open_repeats, open_repeats) * ways > MOST_WAYS:
        raise BadSpec(f"pattern {pattern!r} has too many repetitions; use exact counts such as \\d{{4}}, fewer * + ?")
    return compiled


def matches(pattern: str, value: str) -> bool:
    """Whether the whole of `value` matches."""
    return len(value) <= LONGEST_VALUE and compile_pattern(pattern).fullmatch(value) is not None


def _ways(tree: Any) -> tuple[int, int]:
    """Return the number of open-ended repetitions in `tree`, and in how many ways the bounded choices may go."""
    open_repeats, ways = 0, 1
    for kind, argument in tree:
        if kind in _REPEATS:
            least, most, body = argument
            inner_open, inner_ways = _ways(body)
            if most > 1 and (inner_open or inner_ways > 1):
                raise BadSpec("pattern: no repetition, ? or | within a repetition, since that may take for ever")
            if most == op.MAXREPEAT or most - least > LONGEST_VALUE:
                open_repeats += 1
            else:
                open_repeats, ways = open_repeats + inner_open, ways * inner_ways * (most - least + 1)
        elif kind in _GROUPS:
            inner_open, inner_ways = _ways(argument[-1] if kind is op.SUBPATTERN else argument)
            open_repeats, ways = open_repeats + inner_open, ways * inner_ways
        elif kind is op.BRANCH:
            branches = [_ways(branch) for branch in argument[1]]
            open_repeats += max(count for count, _ in branches)
            ways *= sum(count for _, count in branches)
        elif kind not in _SIMPLE:
            raise BadSpec("pattern: look-around and back-references are not supported")
    return open_repeats, min(ways, MOST_WAYS + 1)
