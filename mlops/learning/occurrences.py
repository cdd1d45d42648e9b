"""Which of several occurrences of a confirmed value are there by chance, by what else was confirmed of the document.

A value that is short is printed often: the 20 of a tax rate is also a part of a date, of an address, of a postal code.
Only what is left beside such occurrences is compared by how it looks (matching.occurrence_prior).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec

from .breaks import Breaks
from .candidates import Candidates
from .layout import Floats
from .learned_breaks import occurrences
from .locate import LEAST_CHARS, as_printed, flat, locate
from .view import View

OF_A_ROW = -3.0  # nats, for an occurrence in the line of a confirmed row that has the value in a cell, beside ...
LEAST_BESIDE = 2  # ... other cells of it
OF_A_VALUE = -3.0  # nats, for one within a longer value of another field
OF_A_WORD = -3.0  # nats, for one that goes on in letters or digits: the 5 of "5JL"
Held = Mapping[str, tuple[str, frozenset[int]]]  # field key -> its value, see flat, and the words it may stand at


def words_of_values(view: View, label: Label, fields: Iterable[FieldSpec], breaks: Breaks) -> Held:
    """Where the confirmed fields of a document may stand; of repeated ones the first value."""
    held: dict[str, tuple[str, frozenset[int]]] = {}
    for spec in fields:
        for value in label.fields.get(spec.key, ())[:1]:
            candidates = view.candidates(spec.type, breaks)
            meant = np.flatnonzero(locate(candidates, as_printed(candidates, value)).meant).tolist()
            if meant:
                text = max((flat(candidates.texts[k]) for k in meant), key=len)
                held[spec.key] = text, frozenset(word for k in meant for word in candidates.words(k))
            else:
                runs = occurrences(view.layout, value.value)
                held[spec.key] = flat(value.value), frozenset(w for first, last in runs for w in range(first, last + 1))
    return held


def by_chance(spec: FieldSpec, candidates: Candidates, rows: np.ndarray, label: Label, held: Held) -> Floats:
    """(S,) what it tells of each occurrence, `rows`, of a field's first value that something else is printed there.

    None is above 0.
    """
    value = label.fields[spec.key][0]
    told = _of_a_row(candidates, rows, value, label)
    layout = candidates.layout
    others = [of for key, of in held.items() if label.fields[key][0].value != value.value]  # nor its own
    for i, k in enumerate(rows.tolist()):
        words, mine = frozenset(candidates.words(k)), flat(candidates.texts[k])
        if any(words <= at and mine != text and mine in text for text, at in others):
            told[i] += OF_A_VALUE
        first, last = int(candidates.first[k]), int(candidates.last[k])
        text = layout.text(first, last + 1)
        before, behind = text[: candidates.start[k]][-1:], text[candidates.end[k] :][:1]
        if k not in candidates.rest and (before.isalnum() or behind.isalnum()):
            told[i] += OF_A_WORD
    return told


def _of_a_row(candidates: Candidates, rows: np.ndarray, confirmed: LabelValue, label: Label) -> Floats:
    """(S,) what it tells of each occurrence that it may be a cell of a confirmed row: a total beside its only item."""
    value, layout = flat(confirmed.value), candidates.layout
    told = np.zeros(len(rows), np.float32)
    for row in (row for table in label.tables.values() for row in table):
        cells = {flat(cell.value) for cell in row.values()}
        others = [cell for cell in cells - {value} if len(cell) >= LEAST_CHARS]
        if value in cells and len(others) >= LEAST_BESIDE:
            for i, line in enumerate(layout.line[candidates.first[rows]].tolist()):
                printed = flat(layout.line_texts[line])
                if sum(cell in printed for cell in others) >= LEAST_BESIDE:
                    told[i] = OF_A_ROW
    return told
