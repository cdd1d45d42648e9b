"""What a template prints: in which column its words stand, and beside which words the numbers of a column do.

A vendor writes "Fuel surcharge" before one amount and "Road toll" before another, and the same remark below many items.
Each text counts where it stood in the confirmed documents; for a confirmed token what its own line says is left out, so
that learning sees no more of a text than reading will (leave-one-out, as for the targets of a category encoding).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from invex.fields.folding import fold

from ..layout import Floats, Ints
from .locate import OUTSIDE
from .tokens import Bools, Tokens

KINDS = 2  # of texts: its own, and the one beside it
LEAST_SEEN = 2  # lines that say a text, before it is remembered
UNSEEN = 1.0  # lines that a text is thought to be seen in beyond those that it was
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Keys:
    """Of every token: its own text and the one beside it, each may be empty. last: the token that ends the latter."""

    own: list[str]
    beside: list[str]
    last: list[int]

    def without_values(self, tags: Ints) -> _Keys:
        """What stands beside a token without what is itself a value: names before an amount are no label of it."""
        is_value = (tags != OUTSIDE).tolist()
        return replace(self, beside=[key if key and not is_value[t] else "" for key, t in zip(self.beside, self.last)])


@dataclass(frozen=True, slots=True)
class Wording:
    """own, beside: text -> in how many lines it stood in each class, (1 + columns,); see _Keys."""

    classes: int
    own: Mapping[str, Sequence[float]] = field(default_factory=dict)
    beside: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return KINDS * self.classes

    def features(self, tokens: Tokens) -> Floats:
        """(n, width): the share of each class among the lines in which a token's text was confirmed."""
        return _shares([self._counts(of, keys) for of, keys in zip((self.own, self.beside), _texts(_keys(tokens)))])

    def _counts(self, known: Mapping[str, Sequence[float]], keys: Sequence[str]) -> Floats:
        nothing = [0.0] * self.classes
        return np.array([known.get(key, nothing) for key in keys], np.float32).reshape(len(keys), self.classes)


def learn_wording(documents: Sequence[tuple[Tokens, Ints, Bools]], classes: int) -> tuple[Wording, list[Floats]]:
    """Return what confirmed documents print, and the features of their tokens without what their own lines say.

    documents: tokens, their class (n,), and which of them are unsure (n,).
    """
    keys = [_texts(_keys(tokens).without_values(tags)) for tokens, tags, _ in documents]
    known: list[dict[str, Floats]] = []
    parts: list[list[Floats]] = [[] for _ in documents]
    for kind in range(KINDS):
        total: dict[str, Floats] = defaultdict(lambda: np.zeros(classes, np.float32))
        lines: list[dict[tuple[str, int], Floats]] = []
        for (tokens, tags, unsure), of in zip(documents, keys):
            said: dict[tuple[str, int], Floats] = {}
            for key, line, tag, is_unsure in zip(of[kind], tokens.line.tolist(), tags.tolist(), unsure.tolist()):
                if key and not is_unsure:
                    said.setdefault((key, line), np.zeros(classes, np.float32))[tag] = 1
            for (key, _), counts in said.items():
                total[key] = total[key] + counts
            lines.append(said)
        nothing = np.zeros(classes, np.float32)
        for (tokens, _, _), of, said, part in zip(documents, keys, lines, parts):
            others = [
                total[key] - said.get((key, line), nothing) if key else nothing
                for key, line in zip(of[kind], tokens.line.tolist())
            ]
            part.append(np.array(others, np.float32).reshape(len(others), classes))
        known.append({key: counts for key, counts in total.items() if counts.sum() >= LEAST_SEEN})
    own, beside = ({key: tuple(map(float, counts)) for key, counts in sorted(of.items())} for of in known)
    return Wording(classes, own, beside), [_shares(part) for part in parts]


def _shares(counts: Iterable[Floats]) -> Floats:
    return np.concatenate([c / (c.sum(axis=1, keepdims=True) + UNSEEN) for c in counts], axis=1)


def _texts(keys: _Keys) -> tuple[list[str], list[str]]:
    return keys.own, keys.beside


def _keys(tokens: Tokens) -> _Keys:
    """Beside a number, date or code stands the text before it in its cell; without any, the cell to the left."""
    texts = [" ".join(_LETTERS.findall(fold(t.text))) for t in tokens.items]
    is_word = [not any(map(str.isdigit, t.text)) for t in tokens.items]
    start, stop, cell = (part.tolist() for part in tokens.by_cell)
    line = tokens.line.tolist()
    beside, last = [""] * len(texts), [0] * len(texts)
    for i in range(len(texts)):
        first = start[cell[i]]
        if is_word[i]:
            continue
        before = [t for t in range(first, i) if texts[t]]
        if not before and first and line[first - 1] == line[i]:
            before = [t for t in range(start[cell[i] - 1], stop[cell[i] - 1]) if texts[t]]
        if before:
            beside[i], last[i] = " ".join(texts[t] for t in before), before[-1]
    own = [text if word else "" for text, word in zip(texts, is_word)]
    return _Keys(own, beside, last)
