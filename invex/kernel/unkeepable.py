"""Characters that no database keeps: NUL, and the halves of others (surrogates) that JSON can spell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from .errors import BadInput

_CHARACTER = re.compile("[\x00\ud800-\udfff]")
_SPELLED = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)  # so JSON may spell one of them; a pair is a character


def check(request: HttpRequest) -> None:
    """Raise BadInput when the path, the query, the form or the JSON of a request has one; files are not looked at.

    The form or body is read for it, so call this once it may be, and not before the sender is known.
    """
    if any(map(_has, _texts(request))):
        raise BadInput(
            "What was sent has a character that cannot be kept: NUL, or half of one. Take it out and send it again.",
            code="bad_character",
        )


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path
    for sent in (request.GET, request.POST):
        for name, values in sent.lists():
            yield name
            yield from map(str, values)
    if request.content_type != "multipart/form-data":  # JSON, whatever its sender calls it
        yield request.body.decode(json.detect_encoding(request.body), "replace")


def _has(text: str) -> bool:
    """Say whether a text has such a character, or is JSON that spells one."""
    if _CHARACTER.search(text):
        return True
    if not _SPELLED.search(text):
        return False
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, in which these letters mean nothing
        return False
    return any(_CHARACTER.search(one) for one in _strings(said))


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
