"""What a JSON value of one of our formats should be: each function returns it, or says where it is what instead."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .geometry import Box

SPOKEN = A_LIST, AN_OBJECT = ("a list", "an object")
LONGEST_SHOWN = 40  # characters of a value in a message


class BadShape(ValueError):
    """A JSON value is not what its format says; the message says where, what is expected, and what is there."""


def shown(value: Any) -> str:
    """Return a JSON value for a message: as it is written, of a list or an object only that it is one."""
    if isinstance(value, Mapping):
        return AN_OBJECT
    if isinstance(value, list | tuple):
        return A_LIST
    written = json.dumps(value, ensure_ascii=False, default=str)
    return written if len(written) <= LONGEST_SHOWN else f"{written[:LONGEST_SHOWN]}…"


def wrong(where: str, expected: str, value: Any) -> BadShape:
    """Return the error for a value at `where` ("" = the whole). expected: as in "a list is expected"."""
    return BadShape(f"{where}: {expected}, not {shown(value)}" if where else f"{expected}, not {shown(value)}")


def object_of(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong(where, "an object is expected", value)
    return value


def list_of(value: Any, where: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise wrong(where, "a list is expected", value)
    return value


def part_of(value: Mapping[str, Any], key: str, where: str) -> Any:
    """Return what an object has at `key`."""
    if key not in value:
        raise BadShape(f"{inside(where, key)} is missing")
    return value[key]


def inside(where: str, key: str) -> str:
    """Return the place of a key in the object at `where`."""
    return f"{where}.{key}" if where else key


def text_of(value: Any, where: str) -> str:
    """Return a text; a number counts as what it is written as."""
    is_text = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    if isinstance(value, bool) or not is_text:
        raise wrong(where, "a text is expected", value)
    return str(value)


def number_of(value: Any, where: str) -> float:
    """Return a finite number; a text may be one."""
    try:
        number = math.nan if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise wrong(where, "a number is expected", value)
    return number


def page_of(value: Any, where: str) -> int:
    number = number_of(value, where)
    if number < 0 or not number.is_integer():
        raise wrong(where, "the number of a page, from 0, is expected", value)
    return int(number)


def box_of(value: Any, where: str) -> Box:
    """Return a box; whether it lies on its page is another question."""
    found = list_of(value, where)
    if len(found) != 4:
        raise BadShape(f"{where}: the four numbers [x0, y0, x1, y1] are expected, not {len(found)}")
    return Box(*(number_of(one, f"{where}[{i}]") for i, one in enumerate(found)))
