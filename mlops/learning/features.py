"""What surrounds a candidate, as hashed features: the evidence of the small scorer.

A document's candidates of one type become two arrays (K, F): bucket and weight. Each of the F columns belongs to a
*group*, a kind of context ("word to the left", "header above", ...), hashed with the group's own seed. Groups are what
the field-agnostic prior weighs (mlops.learning.matching) and what a person is told as the reason.

Words stand for themselves (folded, digits 0) and positions are soft-binned: each falls into its two nearest bins with
weights that add up to 1, so that a small shift changes little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .candidates import TEXT_TYPES, Candidates
from .hashing import Hashes, RangeHasher, bucket, fold, mix, token, tokens
from .layout import NO_CELL, Floats, Ints, Layout

# Group -> what a person reads as the reason.
GROUPS: dict[str, str] = {
    "left1": "the word to the left",
    "left2": "the second word to the left",
    "left3": "the third word to the left",
    "left12": "the two words to the left",
    "label_left": "the label to the left",
    "label": "a label beside or above",
    "label_word": "a word of a label beside or above",
    "inside": "characters of the same word",
    "right1": "the word to the right",
    "right2": "the second word to the right",
    "above": "a word above",
    "above_cell": "the text above",
    "above2_cell": "the text two lines above",
    "header": "the heading of the column",
    "section": "the heading of the block",
    "column_text": "a text further up",
    "below_cell": "the text below",
    "around": "the form of the lines above and below",
    "line_head": "the beginning of the line",
    "line_above": "the beginning of the line above",
    "chars_left": "letters of the label to the left",
    "chars_above": "letters of the label above",
    "x0": "the left edge",
    "x1": "the right edge",
    "y0": "the height on the page",
    "place": "the place on the page",
    "page": "the page",
    "shape": "the form of the value",
    "lines": "its number of lines",
    "size": "the size of the print",
    "order": "its order among values of this type",
    "order_page": "its order on the page",
    "line_order": "its order in the line",
    "column_end": "the first or last value below its heading",
    "repeats": "how often the value is printed",
    "rank": "its rank by value",
    "sums": "its part in a sum",
    "domain": "a web address with the same name",
    "words": "words of the value",
    "chars": "letters of the value",
    "edges": "where it stands in its cell",
    "line_shape": "the shape of the line",
}
SEEDS: dict[str, np.uint64] = {
    name: mix(np.array([token("group:" + name) + i], np.uint64))[0] for i, name in enumerate(GROUPS)
}
# Hashing the group's name after the type once sent every feature into shared buckets; nothing else would notice.
assert len(set(SEEDS.values())) == len(GROUPS)
GROUP_INDEX = {name: i for i, name in enumerate(GROUPS)}

TRIGRAMS = 8  # of a word, at most
TRIGRAM_WEIGHT = 0.35
VALUE_CHARS_WEIGHT = 0.2
X_BINS, Y_BINS, PLACE_BINS = 24, 32, 12
SECTION_STEPS = 8  # cells to climb until the heading of a block is found
COLUMN_STEPS = 3  # cells above the nearest two whose text is a feature
HEADER_STEPS = 60  # cells to climb in a column until a heading is found
MOST_ORDER = 12  # orders and ranks beyond it are one feature
MOST_SUMMANDS = 80  # largest amounts of a document that are tried in sums
VAT_RATES = (
    np.array([4, 5, 5.5, 6, 7, 7.7, 8, 8.1, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27]) / 100
)
LEAST_DOMAIN_LETTERS = 4
_LETTERS = re.compile(r"[^\W\d_]+")
_DOMAIN = re.compile(r"(?:@|www\.|//)([\w-]{3,})\.")
NUMERIC_TYPES = ("amount", "number", "percentage")
LINE_WORDS = 4  # at the beginning of the line that are features
TEXT_WORDS = 4  # words of the value that are features of their own


@dataclass(frozen=True, slots=True)
class Features:
    """K candidates x F features. bucket: int32 (K, F). weight: float32 (K, F), 0 = no feature. group: int32 (F,)."""

    bucket: NDArray[np.int32]
    weight: Floats
    group: Ints

    def rows(self, keep: np.ndarray) -> Features:
        return Features(self.bucket[keep], self.weight[keep], self.group)


class Context:
    """Hashes of a layout that the candidates of every type share."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        n = layout.words
        self.word = np.append(tokens([fold(t) for t in layout.texts]), np.uint64(token("\n")))  # word n: no word
        self.range = RangeHasher(self.word[:n])
        self.is_alpha_word = np.array([sum(map(str.isalpha, t)) * 2 > len(t) for t in layout.texts], bool)
        self.trigrams = _trigrams(layout.texts)
        spoken = np.where([any(map(str.isalnum, t)) for t in layout.texts], np.arange(n), -1)
        # (n,) the nearest earlier word with letters or digits: punctuation between label and value says little
        self.spoken_before = (
            np.concatenate([[-1], np.maximum.accumulate(spoken)[:-1]]).astype(np.int32) if n else spoken
        )
        start, stop = layout.cell_start[:-1], layout.cell_start[1:]
        self.cell_text = np.append(self.range(start, stop), np.uint64(0))  # cell -1: no cell
        alpha = np.concatenate([[0], np.cumsum(self.is_alpha_word)])
        self.is_alpha_cell = (
            np.append(2 * (alpha[stop] - alpha[start]) >= (stop - start), False) if n else np.zeros(1, bool)
        )
        self.header = self._headers()
        cells = [layout.cell_text(c) for c in range(layout.cells)]
        # The heading of a block stands alone, or beside other headings; `Number: 4711` heads nothing.
        colons = np.array([t.rstrip().endswith(":") for t in cells], bool)
        in_line = np.bincount(layout.cell_line, colons, minlength=layout.lines) if n else np.zeros(0)
        self.section = self._sections(
            colons & (in_line == np.bincount(layout.cell_line, minlength=layout.lines))[layout.cell_line]
        )
        self.form = np.append(tokens([_form(t) for t in cells]), np.uint64(0))
        self.domains = _domains(layout.texts)
        self.line_first = layout.line_start[:-1]
        self.cell_in_line = (
            np.arange(layout.cells) - np.searchsorted(layout.cell_line, layout.cell_line) if n else np.zeros(0, int)
        )
        self.cells_of_line = np.bincount(layout.cell_line, minlength=layout.lines) if n else np.zeros(0, int)

    def _sections(self, headings: np.ndarray) -> Ints:
        """(m + 1,) the nearest cell above that heads a block, NO_CELL when there is none."""
        above = np.append(self.layout.above, NO_CELL).astype(np.int32)
        is_heading = np.append(headings, False)
        section = above.copy()
        for _ in range(SECTION_STEPS):
            climb = (section != NO_CELL) & ~is_heading[section]
            if not climb.any():
                break
            section = np.where(climb, above[section], section)
        return np.where(is_heading[section], section, NO_CELL).astype(np.int32)

    def _headers(self) -> Ints:
        """(m + 1,) the nearest cell above that consists of letters, NO_CELL when there is none."""
        above = np.append(self.layout.above, NO_CELL).astype(np.int32)
        header = above.copy()
        for _ in range(HEADER_STEPS):
            climb = (header != NO_CELL) & ~self.is_alpha_cell[header]
            if not climb.any():
                break
            header = np.where(climb, above[header], header)
        return header


def _trigrams(texts: tuple[str, ...]) -> Hashes:
    """(n + 1, TRIGRAMS) hashes of the letter trigrams of each word, 0 where it has no more."""
    out = np.zeros((len(texts) + 1, TRIGRAMS), np.uint64)
    seen: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        values = seen.get(text)
        if values is None:
            marked = f"^{fold(text)}$"
            grams = [marked[j : j + 3] for j in range(len(marked) - 2)]
            if len(grams) > TRIGRAMS:  # the sense of a German compound is at its end
                grams = [*grams[: TRIGRAMS // 2], *grams[-TRIGRAMS // 2 :]]
            values = seen[text] = [token(g) for g in grams]
        out[i, : len(values)] = values
    return out


class _Columns:
    """Feature columns while they are collected."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.values: list[Hashes] = []
        self.weights: list[Floats] = []
        self.groups: list[int] = []

    def add(self, group: str, values: np.ndarray, weights: np.ndarray | float = 1.0) -> None:
        """values: (K,) or (K, c) integers; weights: a number or of the same shape."""
        columns = values.shape[1] if values.ndim == 2 else 1  # not -1: a document may have no candidate of a type
        values = values.reshape(self.size, columns).astype(np.uint64)
        self.values.append(mix(values ^ SEEDS[group]))
        self.weights.append(
            np.broadcast_to(
                np.asarray(weights, np.float32).reshape(-1, 1)
                if np.ndim(weights) == 1
                else np.asarray(weights, np.float32),
                values.shape,
            )
        )
        self.groups.extend([GROUP_INDEX[group]] * values.shape[1])

    def add_soft(self, group: str, position: np.ndarray, bins: int, salt: int = 0) -> None:
        """position: (K,) in [0, 1]; two neighbouring bins share the weight 1."""
        at = np.clip(position, 0, 1) * bins
        low = np.floor(at)
        share = (at - low).astype(np.float32)
        base = low.astype(np.uint64) + np.uint64(salt * 1000)
        self.add(group, np.stack([base, base + np.uint64(1)], axis=1), np.stack([1 - share, share], axis=1))

    def done(self) -> Features:
        return Features(
            bucket(np.concatenate(self.values, axis=1)),
            np.concatenate(self.weights, axis=1, dtype=np.float32),
            np.array(self.groups, np.int32),
        )


def featurize(context: Context, candidates: Candidates) -> Features:
    """Return the features of every candidate."""
    columns = _Columns(len(candidates))
    _beside(columns, context, candidates)
    _above(columns, context, candidates)
    _position(columns, context, candidates)
    _value(columns, context, candidates)
    if candidates.kind not in TEXT_TYPES:  # runs of words overlap, so counting them counts nothing on the page
        _order(columns, context, candidates)
    _repeats(columns, candidates)
    return columns.done()


def _beside(columns: _Columns, context: Context, candidates: Candidates) -> None:
    """Words left and right of the candidate in its line."""
    layout, first, last = context.layout, candidates.first, candidates.last
    none = layout.words
    line = layout.line[first]
    begin, finish = layout.line_start[line], layout.line_start[line + 1]
    left = []
    at = first
    for _ in range(3):
        at = context.spoken_before[at]
        left.append(np.where(at >= begin, at, none))
        at = np.maximum(at, 0)
    right = [np.where(last + i < finish, last + i, none) for i in (1, 2)]
    for i, group in enumerate(("left1", "left2", "left3")):
        columns.add(group, context.word[left[i]], (1.0, 0.7, 0.5)[i])
    columns.add("left12", mix(context.word[left[0]]) + context.word[left[1]], 0.7)
    columns.add("right1", context.word[right[0]], 0.7)
    columns.add("right2", context.word[right[1]], 0.4)
    # The label is what precedes in the cell, else the nearest cell of letters to the left.
    cell = layout.cell[first]
    label_cell = cell.copy()
    own = context.spoken_before[first] >= layout.cell_start[cell]
    previous = np.where(own, cell, cell - 1)
    for _ in range(3):
        other_line = (previous < 0) | (layout.cell_line[np.maximum(previous, 0)] != line)
        previous = np.where(other_line, NO_CELL, previous)
        climb = (previous != NO_CELL) & ~own & ~context.is_alpha_cell[previous]
        previous = np.where(climb, previous - 1, previous)
    label_cell = previous
    label_start = np.where(label_cell == NO_CELL, 0, layout.cell_start[label_cell])
    label_stop = np.where(label_cell == NO_CELL, 0, np.where(own, first, layout.cell_start[label_cell + 1]))
    label = context.range(np.maximum(label_start, label_stop - 4), label_stop)
    columns.add("label_left", label)
    columns.add("label", label, 0.7 * (label > 0))
    ends = [np.where(label_stop - i >= np.maximum(label_start, 1), label_stop - i, none) for i in (1, 2)]
    grams = np.concatenate([context.trigrams[np.where(label_stop > label_start, e, none)] for e in ends], axis=1)
    columns.add("chars_left", grams, TRIGRAM_WEIGHT * (grams > 0))
    columns.add("label_word", context.word[np.stack(ends, axis=1)], 0.5 * np.stack([e != none for e in ends], axis=1))
    columns.add("line_head", context.word[np.where(begin < first, begin, none)])
    columns.add("line_head", context.range(begin, np.minimum(begin + 2, first)), 0.7)
    for i in range(1, LINE_WORDS):
        at = np.where(begin + i < first, begin + i, none)
        columns.add("line_head", context.word[at] + np.uint64(1), 0.4 * (at != none))
    inside = [(t[:s], e_text) for t, s, e_text in _inside(candidates)]
    columns.add("inside", tokens(["<" + fold(a[-8:]) for a, _ in inside]))
    columns.add("inside", tokens([">" + fold(b[:4]) for _, b in inside]), 0.5)


def _inside(candidates: Candidates) -> list[tuple[str, int, str]]:
    """(first word, characters before the span, characters after the span in the last word) of each candidate."""
    texts = candidates.layout.texts
    out = []
    for first, last, start, end in zip(
        candidates.first.tolist(), candidates.last.tolist(), candidates.start.tolist(), candidates.end.tolist()
    ):
        length = sum(len(texts[w]) for w in range(first, last + 1)) + last - first
        after = texts[last][len(texts[last]) - (length - end) :] if length > end else ""
        out.append((texts[first], start, after))
    return out


def _above(columns: _Columns, context: Context, candidates: Candidates) -> None:
    """Words, cells and headings above and below."""
    layout, first = context.layout, candidates.first
    none = layout.words
    above = layout.word_above[first]
    wide = candidates.last > first
    above = np.where((above == NO_CELL) & wide, layout.word_above[candidates.last], above)
    start = np.where(above == NO_CELL, none, np.append(layout.cell_start, none)[above])
    stop = np.where(above == NO_CELL, none, np.append(layout.cell_start, none)[above + 1])
    columns.add("above", context.word[np.minimum(start, none)], 0.6)
    columns.add("above", context.word[np.where(stop - 2 >= start, stop - 1, none)], 0.6)
    columns.add("above_cell", context.cell_text[above])
    above2 = np.append(layout.above, NO_CELL)[above]
    columns.add("above2_cell", context.cell_text[above2], 0.6)
    header = np.where((above != NO_CELL) & context.is_alpha_cell[above], above, context.header[above])
    columns.add("header", context.cell_text[header])
    columns.add("label", context.cell_text[header], 0.7 * (header != NO_CELL))
    head = np.where(header == NO_CELL, none, np.append(layout.cell_start, none)[header])
    head_stop = np.where(header == NO_CELL, none, np.append(layout.cell_start, none)[header + 1])
    second = np.where(head + 1 < head_stop, head + 1, none)
    columns.add("label_word", context.word[head], 0.5 * (head != none))
    columns.add("label_word", context.word[second], 0.5 * (second != none))
    grams = np.concatenate([context.trigrams[head], context.trigrams[second]], axis=1)
    columns.add("chars_above", grams, TRIGRAM_WEIGHT * (grams > 0))
    columns.add("below_cell", context.cell_text[np.append(layout.below, NO_CELL)[layout.cell[candidates.tail]]], 0.5)
    section = context.section[layout.cell[first]]
    columns.add("section", context.cell_text[section], 1.0 * (section != NO_CELL))
    head = np.where(section == NO_CELL, none, np.append(layout.cell_start, none)[section])
    columns.add("section", context.word[head], 0.7 * (section != NO_CELL))
    grams = context.trigrams[head]
    columns.add("section", grams + np.uint64(1), TRIGRAM_WEIGHT * (grams > 0))
    further = np.append(layout.above, NO_CELL)
    step = above2
    for _ in range(COLUMN_STEPS):
        step = further[step]
        columns.add("column_text", context.cell_text[step], 0.5 * (step != NO_CELL))
    below = np.append(layout.below, NO_CELL)
    next_cell = below[layout.cell[candidates.tail]]
    columns.add("around", context.form[next_cell])
    columns.add("around", context.form[below[next_cell]] + np.uint64(1), 0.7)
    columns.add("around", context.form[above] + np.uint64(2), 0.7)
    line = layout.line[first]
    previous = np.maximum(line - 1, 0)
    same_page = (line > 0) & (layout.line_page[previous] == layout.line_page[line])
    columns.add("line_above", context.word[np.where(same_page, layout.line_start[previous], none)], 0.7)
    columns.add("column_end", _column_end(candidates, header, context))


def _column_end(candidates: Candidates, header: Ints, context: Context) -> Hashes:
    """(K,) heading combined with: the first, a middle, the last or the only candidate below it."""
    if not len(candidates):
        return np.zeros(0, np.uint64)
    cell = context.layout.cell[candidates.first]
    order = np.argsort(header, kind="stable")
    begin = np.searchsorted(header[order], header, side="left")
    finish = np.searchsorted(header[order], header, side="right") - 1
    # Several candidates may share a cell: its first word and its first two words stand equally high.
    position = (cell == cell[order[begin]]) * np.uint64(1) + (cell == cell[order[finish]]) * np.uint64(2)
    out: Hashes = mix(context.cell_text[header]) + position
    return out


def _position(columns: _Columns, context: Context, candidates: Candidates) -> None:
    layout = context.layout
    box, page = candidates.box, layout.page[candidates.first]
    x0, x1, y0 = box[:, 0], box[:, 2], box[:, 1]
    columns.add_soft("x0", x0, X_BINS)
    columns.add_soft("x1", x1, X_BINS)
    columns.add_soft("y0", y0, Y_BINS)
    cells = [
        np.floor(np.clip(x0, 0, 1) * PLACE_BINS + d) * 100 + np.floor(np.clip(y0, 0, 1) * PLACE_BINS + e)
        for d in (0, 0.5)
        for e in (0, 0.5)
    ]
    columns.add("place", np.stack(cells, axis=1) * 4 + np.arange(4), 0.5)
    pages = len(layout.document.pages)
    columns.add("page", np.minimum(page, 3))
    columns.add("page", 10 + np.minimum(pages - 1 - page, 3))
    cell = layout.cell[candidates.first]
    begins = (candidates.first == layout.cell_start[cell]) & (candidates.start == 0)
    ends = candidates.last + 1 == layout.cell_start[cell + 1]
    columns.add("edges", begins * 2 + ends)
    in_line = np.minimum(context.cell_in_line[cell], 6)
    of_line = np.minimum(context.cells_of_line[layout.cell_line[cell]], 8)
    columns.add("line_shape", in_line * 20 + of_line, 0.7)
    columns.add("line_shape", 1000 + (of_line - 1 - in_line), 0.7)
    typical = float(np.median(layout.height)) if layout.words else 1.0
    size = np.log2(np.maximum(layout.height[candidates.first], 1e-4) / max(typical, 1e-4))
    columns.add_soft("size", (np.clip(size, -1, 2) + 1) / 3, 9)


def _value(columns: _Columns, context: Context, candidates: Candidates) -> None:
    """The candidate's own words and form."""
    shapes = [_shape(t) for t in candidates.texts]
    columns.add("shape", tokens(shapes))
    columns.add("shape", np.minimum([len(t) for t in candidates.texts], 40) if shapes else np.zeros(0), 0.5)
    count = candidates.last - candidates.first + 1
    lines = context.layout.line[candidates.tail] - context.layout.line[candidates.first]
    columns.add("shape", 1000 + np.minimum(count, 8) * 10 + np.minimum(lines, 6), 0.5)
    columns.add("lines", np.minimum(lines, 6))
    if candidates.kind in TEXT_TYPES:
        for i in range(TEXT_WORDS):
            at = np.where(i < count, np.minimum(candidates.first + i, candidates.last), context.layout.words)
            columns.add("words", context.word[at], 0.5 * (i < count))
        columns.add("words", context.word[candidates.tail] + np.uint64(1), 0.7)
        columns.add("domain", _in_domain(context, candidates))
        grams = context.trigrams[candidates.tail]
        columns.add("chars", grams, VALUE_CHARS_WEIGHT * (grams > 0))
    else:
        folded = [fold(t) for t in candidates.texts]
        columns.add("words", tokens(folded), 0.5)
        columns.add("chars", tokens(["^" + t[:2] for t in candidates.texts]), 0.5)
        columns.add("chars", tokens(["^" + t[:4] for t in folded]), 0.5)


def _shape(text: str) -> str:
    """Runs of digits, capitals and small letters: `INV-2020/11` -> `A-0/0`."""
    out: list[str] = []
    for c in text[:30]:
        kind = "0" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c
        if not out or out[-1] != kind:
            out.append(kind)
    return "".join(out)


def _order(columns: _Columns, context: Context, candidates: Candidates) -> None:
    """Order of the candidate, and of its value, among the candidates of its type."""
    size = len(candidates)
    layout = context.layout
    k = np.arange(size)
    most = MOST_ORDER
    columns.add("order", np.minimum(k, most))
    columns.add("order", 100 + np.minimum(size - 1 - k, most))
    units = {"order_page": layout.page[candidates.first], "line_order": layout.line[candidates.first]}
    for group, unit in units.items():
        begin = np.searchsorted(unit, unit, side="left")
        finish = np.searchsorted(unit, unit, side="right")
        columns.add(group, np.minimum(k - begin, most))
        columns.add(group, 100 + np.minimum(finish - 1 - k, most))
        if group == "line_order":
            columns.add(group, 200 + np.minimum(k - begin, most) * 20 + np.minimum(finish - begin, most), 0.7)
    unique, inverse = np.unique(_values(candidates), return_inverse=True)
    rank, ranks = _ranks(unique, candidates.kind)
    ascending = rank[inverse] if size else k
    columns.add("rank", np.minimum(ascending, most), 1.0 if ranks else 0.0)
    columns.add("rank", 100 + np.minimum(ranks - 1 - ascending, most), 1.0 if ranks else 0.0)
    if candidates.kind == "amount":
        _sums(columns, candidates)


def _in_domain(context: Context, candidates: Candidates) -> np.ndarray:
    """(K,) 0: no web address on the document; 1: none with its words; 2: one with its first word, 3: all."""
    out = np.full(len(candidates), int(bool(context.domains)))
    if context.domains:
        for k, text in enumerate(candidates.texts):
            words = [w for w in _LETTERS.findall(text.casefold()) if len(w) >= LEAST_DOMAIN_LETTERS]
            if words and any(words[0] in d for d in context.domains):
                out[k] = 3 if any(all(w in d for w in words[:2]) for d in context.domains) and len(words) > 1 else 2
    return out


def _domains(texts: tuple[str, ...]) -> list[str]:
    """Names of the web and mail addresses on a document, without www and the top-level domain."""
    found: dict[str, None] = {}
    for text in texts:
        if "@" in text or "www." in text.casefold() or text.casefold().startswith("http"):
            for match in _DOMAIN.finditer(text.casefold()):
                found[match[1].replace("-", "")] = None
    return list(found)


def _form(text: str) -> str:
    """What kinds of words a line has: `D-10115 Berlin` -> `m a`; a: letters, 0: digits, m: mixed, -: neither."""
    forms = []
    for word in text.split()[:4]:
        letters, digits = any(map(str.isalpha, word)), any(map(str.isdigit, word))
        forms.append("m" if letters and digits else "a" if letters else f"{min(len(word), 6)}" if digits else "-")
    return " ".join(forms)


def _sums(columns: _Columns, candidates: Candidates) -> None:
    """Roles of an amount in a + b = c with other amounts of the document, apart from sums where b may be a tax on a."""
    size = len(candidates)
    cents = (
        np.round(np.array([float(v) for v in _values(candidates)]) * 100).astype(np.int64) if size else np.zeros(0, int)
    )
    values = np.unique(np.abs(cents))
    values = values[values > 0][-MOST_SUMMANDS:]
    a, b = np.triu_indices(len(values))
    small, large = values[a], values[b]
    is_sum = np.isin(small + large, values)
    small, large = small[is_sum], large[is_sum]
    rate = small / np.maximum(large, 1)
    is_tax = (np.abs(rate[:, None] - VAT_RATES) * large[:, None] < 1.5).any(axis=1)
    roles = np.zeros((size, 6), bool)
    for i, (kind, part) in enumerate((k, p) for k in (is_tax, ~is_tax) for p in (small + large, large, small)):
        roles[:, i] = np.isin(np.abs(cents), part[kind])
    columns.add("sums", np.arange(6) + 10 * np.ones((size, 1), int), 1.0 * roles)
    columns.add("sums", 100 + roles[:, :3] @ np.array([1, 2, 4]))


def _values(candidates: Candidates) -> np.ndarray:
    """(K,) the likeliest reading of each candidate."""
    return np.array([r[0].value for r in candidates.readings], dtype=str)


def _repeats(columns: _Columns, candidates: Candidates) -> None:
    """How often the value is printed, and how often before."""
    size = len(candidates)
    _, inverse, count = np.unique(_values(candidates), return_inverse=True, return_counts=True)
    earlier = np.zeros(size, int)
    if size:
        by_value = np.argsort(inverse, kind="stable")
        starts = np.concatenate([[0], np.cumsum(count)])
        earlier[by_value] = np.arange(size) - starts[inverse[by_value]]
    columns.add("repeats", np.minimum(count[inverse], 6))
    columns.add("repeats", 100 + np.minimum(earlier, 3))
    columns.add("repeats", 200 + (earlier + 1 == count[inverse]), 0.5)


def _ranks(unique: np.ndarray, kind: str) -> tuple[np.ndarray, int]:
    """(rank of each value, number of ranks); types whose values have no order give 0 ranks."""
    if kind in NUMERIC_TYPES:
        order = np.unique(np.array([float(v) for v in unique]), return_inverse=True)[1]
    elif kind == "date":
        order = np.arange(len(unique))  # ISO dates sort as text
    else:
        return np.zeros(len(unique), int), 0
    return order, int(order.max()) + 1 if len(order) else 0
