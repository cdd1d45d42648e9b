"""Documents to learn from: the network's inputs, every candidate of every field's type, and which of them are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from invex.fields.spec import FieldSpec

from ..dataset import Sample
from ..locate import locate
from ..view import View
from .inputs import Inputs, read_inputs
from .spans import Spans, join, spans_of

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """One document. spans: candidates of all types, one after the other.

    eligible, positive: (K, fields) is this candidate in the field's softmax; may it be the value that was meant?
    asked: (fields,) did somebody say what the field's value is?
    """

    inputs: Inputs
    spans: Spans
    eligible: Flags
    positive: Flags
    asked: Flags


def make_example(sample: Sample, fields: Sequence[FieldSpec], *, most: int, rng: np.random.Generator) -> Example:
    """most: candidates of a type that are kept besides the values."""
    view = View(sample.document)
    inputs = read_inputs(view.layout)
    parts: list[tuple[Spans, Flags, Flags]] = []
    asked = np.array([f.key in sample.label.fields for f in fields])
    for kind in sorted({f.type for f in fields}):
        candidates = view.candidates(kind)
        size = len(candidates)
        eligible, positive = np.zeros((size, len(fields)), bool), np.zeros((size, len(fields)), bool)
        keep = np.zeros(size, bool)
        for j, f in enumerate(fields):
            if f.type != kind or not asked[j]:
                continue
            if not size:
                asked[j] = not sample.label.fields[f.key]
                continue
            located = [locate(candidates, v) for v in sample.label.fields[f.key]]
            meant = np.logical_or.reduce([x.meant for x in located] or [np.zeros(size, bool)])
            matching = np.logical_or.reduce([x.matching for x in located] or [np.zeros(size, bool)])
            asked[j] = bool(not located or meant.any())
            eligible[:, j], positive[:, j] = ~matching | meant, meant
            keep |= matching
        others = np.flatnonzero(~keep)
        keep[rng.choice(others, min(most, len(others)), replace=False)] = True
        spans, at = spans_of(candidates, inputs.at)
        chosen = np.flatnonzero(keep[at])
        number = np.full(len(spans), -1)
        number[chosen] = np.arange(len(chosen))
        mine = number[spans.of] >= 0
        kept = Spans(spans.first[chosen], spans.tail[chosen], number[spans.of[mine]].astype(np.int32), spans.word[mine])
        parts.append((kept, eligible[at[chosen]], positive[at[chosen]]))
    return Example(
        inputs,
        join([p[0] for p in parts]),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([p[2] for p in parts]),
        asked,
    )
