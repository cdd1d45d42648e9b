"""Which documents of a dataset a package has learned from: what it reads of these says little of others."""

from __future__ import annotations

import json
from collections.abc import Iterable

from invex.fields.labels import label_to_json
from invex.reading.errors import Unreadable
from invex.reading.words import to_json
from mlops.learning.dataset import BadFile, Entry, Reader, read
from mlops.learning.package import Package


def learned_from(package: Package, entries: Iterable[Entry], reader: Reader | None) -> list[str]:
    """Return the ids of the entries that are examples of the package.

    That is the same id with the same label, or, where the label was corrected since, with the same words.
    """
    known = {one["id"]: one for one in json.loads(package.memory)}
    return [entry.id for entry in entries if entry.id in known and _is_same(entry, known[entry.id], reader)]


def _is_same(entry: Entry, example: dict[str, object], reader: Reader | None) -> bool:
    if entry.label is not None and label_to_json(entry.label) == example["label"]:
        return True
    try:
        return to_json(read(entry, reader)) == example["words"]
    except (Unreadable, BadFile):
        return False
