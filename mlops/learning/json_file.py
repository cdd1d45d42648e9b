"""Files of text and JSON that people and other programs write: what is in one, or what is wrong with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from invex.fields.shapes import BadShape, shown

HALF = r"\ud"  # how JSON writes one of two parts of a character


def text_in(path: Path) -> str:
    """Return what a file in UTF-8 says. Raises BadShape, whose message leaves the file's name to the caller."""
    if path.is_dir():
        raise BadShape("this is a folder, a file is expected")
    try:
        data = path.read_bytes()
    except OSError as e:
        raise BadShape(f"the file cannot be opened ({e.strerror})") from e
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise BadShape(f"line {line}: byte 0x{data[e.start]:02x} is no UTF-8; save the file in UTF-8") from e


def json_in(path: Path) -> Any:
    """Return what a file of JSON says. Raises BadShape as `text_in` does."""
    text = text_in(path)
    if not text.strip():
        raise BadShape("the file is empty")
    return parsed(text)


def parsed(text: str) -> Any:
    """Return what JSON says. Raises BadShape: no JSON, a key twice in an object, half a character, too deep."""
    try:
        found = json.loads(text, object_pairs_hook=_object)
        if HALF in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as e:
        raise BadShape(f"line {e.lineno}, column {e.colno}: this is no JSON ({e.msg.lower()})") from e
    except UnicodeEncodeError as e:
        raise BadShape(f"{HALF}…: of a character in two parts (\\ud83d\\ude00) one is missing") from e
    except BadShape:
        raise
    except ValueError as e:
        raise BadShape("a number has more digits than can be read") from e
    except RecursionError as e:
        raise BadShape("lists or objects are nested too deeply") from e
    return found


def check_unique(names: Iterable[str], what: str) -> None:
    """Raise BadShape when a name is there twice. what: as in "the id of two documents"."""
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise BadShape(f"{shown(twice)} is {what}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        check_unique((key for key, _ in pairs), "a key twice in one object")
    return found
