"""What a field is called speaks for the value that the paper calls so: the day zero of a field invented a minute ago.

Matching attributes by their names is the oldest kind of schema matching (Rahm and Bernstein, "A survey of approaches to
automatic schema matching", VLDB Journal 2001). Here names are compared with the labels beside and above each candidate,
by words and by letter trigrams, since `contract_num` is printed as `Contract #`. What it is worth, matching learns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from invex.fields.spec import FieldSpec

from .candidates import TEXT_TYPES, Candidates
from .context import word_hashes
from .feature_groups import GROUP_INDEX, Columns, Features
from .hashing import fold, tokens
from .layout import Floats
from .matching import similarities

LEAST_NEW = 0.4  # by how much a label is more like the field's name than any that confirmed documents print
RIGHT = 0.75  # share of the values at such labels that are right (docs/learning.md)
GOES_ON = (",", "-", "&")  # what a line ends with that is no end
_WORD = re.compile(r"[^\s_/]+")
_WORDS, _LETTERS = "label_word", ("chars_left", "chars_above")
_GROUPS = tuple(GROUP_INDEX[group] for group in (_WORDS, *_LETTERS))


def called_so(spec: FieldSpec, features: Features) -> Floats:
    """(K,) in 0 … 1: how much a label beside or above each candidate is like the field's key and name."""
    out: Floats = each_called_so(spec, features).max(axis=1, initial=0)
    return out


def each_called_so(spec: FieldSpec, features: Features) -> Floats:
    """(K, 3) the same by words, by the letters of labels beside and by those of labels above."""
    if not len(features.bucket):
        return np.zeros((0, len(_GROUPS)), np.float32)
    labels = features.only(_GROUPS)
    out: Floats = similarities(_name(spec.key, spec.label), labels)[0][:, list(_GROUPS)]
    return out


@lru_cache(maxsize=1024)
def _name(key: str, label: str) -> Features:
    """One row: the words of the name and their letters, as if they were printed as a label."""
    words = list(dict.fromkeys(fold(w) for w in _WORD.findall(f"{key} {label}")))
    columns = Columns(1)
    columns.add(_WORDS, tokens(words)[None])
    letters = np.array([list(dict.fromkeys(g for w in words for g in word_hashes(w).trigrams if g))], np.uint64)
    for group in _LETTERS:
        columns.add(group, letters)
    return columns.done()


def by_new_label(
    scores: Floats, called: Floats, printed: Sequence[float], candidates: Candidates
) -> tuple[Floats, float] | None:
    """Return scores and that of NULL for a field that no confirmed document had; None where nothing is called so.

    scores: (K,) of the candidates; called: (K, 3), see each_called_so. printed: as much as a label of the confirmed
    documents is called like the field; "Medicare" is like `medical` by its letters, not as a word. A label that none
    of them has, and that is called so much more, says that this one has the field.
    """
    new = (called - np.array(printed, np.float32)).max(axis=1)
    if not len(new) or new.max() < LEAST_NEW:
        return None
    among = np.where(_as_far_as_they_go(candidates, new >= new.max()), scores, -np.inf)
    top = float(among.max())
    mass = top + float(np.log(np.exp(among - top).sum()))
    return among.astype(np.float32), mass - float(np.log(RIGHT / (1 - RIGHT)))


def _as_far_as_they_go(candidates: Candidates, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(K,) which of `rows` end where what they begin ends, as nobody has shown that less is meant; all, where none do.

    A text fills its cell, and goes on in the next line behind GOES_ON, or where that begins with a small letter. In
    running text nothing tells where one ends.
    """
    layout = candidates.layout
    kept = rows & ~candidates.is_cut if candidates.kind in (*TEXT_TYPES, "id") else rows.copy()
    lines = {}  # of each of the texts that may go on
    for k in np.flatnonzero(kept).tolist() if candidates.kind == "text" else ():
        words = np.array(candidates.words(k))
        if not layout.is_prose[layout.cell[words[0]]]:
            breaks = np.flatnonzero(np.diff(layout.line[words]))
            over = [(layout.texts[words[i]], layout.texts[words[i + 1]]) for i in breaks.tolist()]
            kept[k] = all(end.endswith(GOES_ON) or begin[:1].islower() for end, begin in over)
            lines[k] = len(over)
    longest = {int(candidates.first[k]): 0 for k in lines}
    for k, more in lines.items():
        longest[int(candidates.first[k])] = max(longest[int(candidates.first[k])], more if kept[k] else 0)
    for k, more in lines.items():
        kept[k] &= more == longest[int(candidates.first[k])]
    return kept if kept.any() else rows
