"""Where confirmed rows are printed: labels mostly come without boxes, learning needs tokens.

1. Every row gets a line: the typed matches of its values near each line are summed, and rows are laid over lines by
   dynamic programming in the confirmed order (Needleman and Wunsch 1970); rows in another order go to their best lines.
2. Every cell gets tokens. A value that stands several times near its line ("1" is a position, a quantity and a rate) is
   decided by the column: the right or left edge that most rows of all documents of the template share.
3. Text is aligned word by word with the lines of its row, so that wrapped descriptions are found whole.

Dates and currencies are printed otherwise than they are confirmed: found is what reads as the value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate

import numpy as np

from invex.fields.folding import fold
from invex.fields.labels import LabelValue
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec
from invex.fields.values import NUMERIC_TYPES, canonical, is_same, readings, spans

from ..assignment import maximum_assignment
from ..conventions import convention_told
from ..layout import Floats, Ints
from .tokens import Bools, Tokens

NO_ROW = -1
WRITTEN_OTHERWISE = frozenset({"date", "currency"})  # than their canonical values: "04 Jun 25", "€"
OUTSIDE = 0  # tag of a token in no column; column k has tag k + 1
LINES_BEFORE, LINES_AFTER = 1, 2  # a row's numbers stand this near its line ...
MAX_TEXT_LINES = 6  # ... or, where others follow, in the lines below it; and its text wraps over no more
TEXT_FOUND = 0.5  # share of a text's letters that must be found
SIMILAR = 0.7  # of two words, by difflib's ratio: OCR reads "Depot" for "Dépôt"
SAME_NUMBER = 0.0051
COLUMN_HEIGHTS = 0.6  # right or left edges this close are one column
ORDER_SLACK = 0.9  # rows in order must find this share of what free rows find
CARRIED_SHARE = 0.75  # of the rows that do not print a column themselves

Row = dict[str, LabelValue]


@dataclass(frozen=True, slots=True)
class Located:
    """tags (n,): OUTSIDE or 1 + column of each token; rows (n,): its row or NO_ROW; cells found of wanted.

    unsure (n,): OUTSIDE, but in the lines of a row of which a cell was not found: it may be that one.
    """

    tags: Ints
    rows: Ints
    unsure: Bools
    found: int
    wanted: int


@dataclass(frozen=True, slots=True)
class _Page:
    """What one document offers: for every row its line, and per (row, column) the tokens that may be meant.

    read: per (row, column) the runs of tokens that read as a value which is written otherwise.
    """

    tokens: Tokens
    labels: Sequence[Row]
    lines: list[int]
    candidates: dict[tuple[int, int], list[int]]
    read: dict[tuple[int, int], list[tuple[int, ...]]]


def locate(
    spec: TableSpec, documents: Sequence[tuple[Tokens, Sequence[Row]]], hints: Sequence[Floats | None]
) -> list[Located]:
    """Return for each document of one template which tokens its confirmed rows are printed in.

    hints: (n, 1 + columns) probabilities of tags a document, where a model has an opinion; they break ties.
    """
    pages = [_offer(spec, tokens, labels) for tokens, labels in documents]
    edges = [_column_edge(k, pages, hints) for k in range(len(spec.columns))]
    return [_decide(spec, page, edges, hint) for page, hint in zip(pages, hints)]


def learn_carried(
    spec: TableSpec, documents: Sequence[tuple[Tokens, Sequence[Row]]], located: Sequence[Located]
) -> frozenset[str]:
    """The columns whose value is printed once for several rows, on the first, and confirmed on each of them.

    Rows that print the same value once more, that have another one which was not found, or none below one that has,
    speak against it.
    """
    carried = set()
    for k, column in enumerate(spec.columns):
        once = others = 0
        for (_, labels), one in zip(documents, located):
            printed = set(one.rows[one.tags == k + 1].tolist())
            for i in range(1, len(labels)):
                above, own = labels[i - 1].get(column.key), labels[i].get(column.key)
                if above is not None and (i not in printed or own is None or own.value == above.value):
                    is_once = own is not None and own.value == above.value and i not in printed
                    once += is_once
                    others += not is_once
        if once and once >= CARRIED_SHARE * (once + others):
            carried.add(column.key)
    return frozenset(carried)


def without_carried(
    spec: TableSpec, tokens: Tokens, labels: Sequence[Row], located: Located, carried: frozenset[str]
) -> Located:
    """The same where cells of `carried` columns that say what the row above says are not looked for in their lines."""
    printed = set(zip(located.rows.tolist(), located.tags.tolist()))
    missing = [
        (i, column.key)
        for i, row in enumerate(labels)
        for k, column in enumerate(spec.columns)
        if column.key in row and (i, k + 1) not in printed
    ]
    above = [
        (i, key)
        for i, key in missing
        if key in carried and i and key in labels[i - 1] and labels[i][key].value == labels[i - 1][key].value
    ]
    incomplete = {i for i, _ in set(missing) - set(above)}
    doubtful = tokens.line[np.isin(located.rows, list(incomplete))]
    unsure = np.isin(tokens.line, doubtful) & (located.tags == OUTSIDE)
    return replace(located, unsure=unsure, wanted=located.wanted - len(above))


def _offer(spec: TableSpec, tokens: Tokens, labels: Sequence[Row]) -> _Page:
    numbers, others = (np.nan_to_num(column, nan=np.inf) for column in (tokens.number, tokens.other))
    flat = [_words(t.text) for t in tokens.items]  # several where a token is "12 160,00", or "98 512 987"
    n_lines = tokens.layout.lines
    score = np.zeros((len(labels), n_lines))
    matches: dict[tuple[int, int], list[int]] = {}
    written = {c.type: readable(tokens, c.type) for c in spec.columns if c.type in WRITTEN_OTHERWISE}
    read: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    for i, row in enumerate(labels):
        for k, column in enumerate(spec.columns):
            value = row.get(column.key)
            if value is None or value.boxes:
                continue
            if column.type in NUMERIC_TYPES:
                hit = _same_number(numbers, column, value, tokens.decimal)
                hit |= _same_number(others, column, value, tokens.decimal)
                matches[i, k] = np.flatnonzero(hit).tolist()
                weight = np.where(hit, 1.0, 0.0)
            elif runs := written.get(column.type, {}).get(value.value):
                read[i, k] = runs
                matches[i, k] = [run[0] for run in runs]
                weight = np.zeros(len(tokens))
                weight[matches[i, k]] = 1.0
            else:
                words = _words(value.value)
                total = sum(map(len, words)) or 1
                weight = np.array([sum(_share(f, words) for f in parts) / total for parts in flat])
                weight *= 1 + len(words) / 4  # long texts are the surest
                matches[i, k] = np.flatnonzero(weight > 0).tolist()
            by_line = np.zeros(n_lines)
            if column.type in NUMERIC_TYPES:
                np.maximum.at(by_line, tokens.line, weight)
            else:
                np.add.at(by_line, tokens.line, weight)
            score[i] += by_line + 0.01 * (by_line > 0)
    # A row's own line counts fully, its neighbours half: staggered cells belong to it, other rows do not.
    near = score.copy()
    for shift in range(-LINES_BEFORE, LINES_AFTER + 1):
        if shift:
            moved = np.zeros_like(score)
            if shift > 0:
                moved[:, :-shift] = score[:, shift:]
            else:
                moved[:, -shift:] = score[:, :shift]
            near += 0.5 * moved
    lines = _lay_rows(near)
    candidates = {}
    last = max(lines, default=-1)
    for (i, k), found in matches.items():
        low, high = _window(lines, i, n_lines, LINES_AFTER)
        candidates[i, k] = [t for t in found if low <= tokens.line[t] <= high]
        if not candidates[i, k] and lines[i] < last:  # below the last row stand sums, which may say the same
            low, high = _window(lines, i, n_lines, MAX_TEXT_LINES)
            candidates[i, k] = [t for t in found if low <= tokens.line[t] <= high]
    return _Page(tokens, labels, lines, candidates, read)


def readable(tokens: Tokens, kind: str) -> dict[str, list[tuple[int, ...]]]:
    """Value -> the runs of tokens of one line that can be read as it."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for start, stop in zip(tokens.by_line.start.tolist(), tokens.by_line.stop.tolist()):
        texts = [t.text for t in tokens.items[start:stop]]
        begins = list(accumulate((len(text) + 1 for text in texts), initial=0))
        for span in spans(kind, " ".join(texts)):
            first = bisect_right(begins, span.start) - 1
            last = bisect_right(begins, span.end - 1) - 1
            left = texts[last][span.end - begins[last] :]
            if any(map(str.isalnum, left)) or tokens.cell[start + first] != tokens.cell[start + last]:
                continue  # it would end within a word, or in another cell
            for value in dict.fromkeys(reading.value for reading in span.readings):
                found.setdefault(value, []).append(tuple(range(start + first, start + last + 1)))
    return found


def _same_number(numbers: np.ndarray, column: FieldSpec, value: LabelValue, decimal: str) -> np.ndarray:
    wanted = [value.value]
    if value.text:  # what is printed may differ from the truth, by OCR or by rounding
        printed = canonical(column.type, value.text, LocaleSpec(decimal=decimal))
        meant = (is_same(column.type, reading.value, value.value) for reading in readings(column.type, value.text))
        wanted += [printed] if printed and not any(meant) else []
    hit = np.zeros(len(numbers), bool)
    for text in wanted:
        try:
            hit |= np.abs(np.abs(numbers) - abs(float(text))) < SAME_NUMBER
        except ValueError:
            continue
    return hit


def _lay_rows(score: np.ndarray) -> list[int]:
    """The line of every row, (r, lines) -> r; -1 where nothing of a row is printed."""
    rows, lines = score.shape
    if not rows or not lines:
        return [-1] * rows
    tables = _prefix_tables(score)
    best = score.max(axis=1).sum()
    if tables[-1][-1] < ORDER_SLACK * best:
        free = _in_any_order(score)
        if tables[-1][-1] < ORDER_SLACK * _total(score, free):
            return free
    result = [-1] * rows
    line = lines
    for i in range(rows - 1, -1, -1):
        take = tables[i][:line] + score[i, :line]
        if line and take.max() > tables[i][line]:
            line = int(take.argmax())
            result[i] = line
    return result


def _prefix_tables(score: np.ndarray) -> list[np.ndarray]:
    """For i = 0..rows the best total of the first i rows on lines before l, (lines + 1,)."""
    tables = [np.zeros(score.shape[1] + 1)]
    for row in score:
        best = tables[-1]
        tables.append(np.maximum(best, np.maximum.accumulate(np.concatenate([[0.0], best[:-1] + row]))))
    return tables


def _in_any_order(score: np.ndarray) -> list[int]:
    result = [-1] * len(score)
    for i, line in maximum_assignment(score):
        if score[i, line] > 0:
            result[i] = line
    return result


def _total(score: np.ndarray, lines: list[int]) -> float:
    return float(sum(score[i, line] for i, line in enumerate(lines) if line >= 0))


def _window(lines: list[int], row: int, n_lines: int, after: int) -> tuple[int, int]:
    """Lines in which row `row` may have cells: around its own, short of its neighbours' own lines."""
    own = lines[row]
    if own < 0:
        return 0, -1
    others = [line for line in lines if line >= 0]
    low = max([own - LINES_BEFORE, *(line + 1 for line in others if line < own)])
    high = min([own + after, *(line - 1 for line in others if line > own)])
    return max(low, 0), min(high, n_lines - 1)


def _column_edge(column: int, pages: Sequence[_Page], hints: Sequence[Floats | None]) -> tuple[bool, float] | None:
    """The edge that most rows agree on, as (is it the right one, x); None when no row has a candidate."""
    best: tuple[float, bool, float] | None = None
    for right in (True, False):
        points: list[tuple[float, int, float]] = []  # x, row, weight
        rows = 0
        for page, hint in zip(pages, hints):
            edge = page.tokens.x1 if right else page.tokens.x0
            for i in range(len(page.labels)):
                found = page.candidates.get((i, column), [])
                rows += 1
                for t in found:
                    opinion = 0.0 if hint is None else float(hint[t, column + 1])
                    own = int(page.tokens.line[t]) == page.lines[i]
                    points.append((float(edge[t]), rows, 1 + 0.3 * (1 / len(found) + opinion + own)))
        if not points:
            continue
        near = COLUMN_HEIGHTS * pages[0].tokens.height
        x, row, weight = (np.array(part) for part in zip(*points))
        order = np.lexsort((weight, row))  # the heaviest of a row last, where it overwrites the others
        x, row, weight = x[order], row[order], weight[order]
        for center in np.unique(np.round(x / near) * near):
            votes = np.zeros(rows + 1)
            close = np.abs(x - center) < near
            votes[row[close]] = weight[close]
            if best is None or votes.sum() > best[0] + 1e-9:
                best = (float(votes.sum()), right, float(np.median(x[close])) if close.any() else float(center))
    return None if best is None else best[1:]


def _decide(spec: TableSpec, page: _Page, edges: Sequence[tuple[bool, float] | None], hint: Floats | None) -> Located:
    tokens, labels = page.tokens, page.labels
    tags = np.full(len(tokens), OUTSIDE, np.int32)
    rows = np.full(len(tokens), NO_ROW, np.int32)
    found = wanted = 0
    incomplete = set()
    for i, row in enumerate(labels):
        # Numbers and dates first: their columns are sure, and text must not swallow them.
        sure = NUMERIC_TYPES | WRITTEN_OTHERWISE
        order = sorted(range(len(spec.columns)), key=lambda k: spec.columns[k].type not in sure)
        for k in order:
            value = row.get(spec.columns[k].key)
            if value is None:
                continue
            wanted += 1
            if value.boxes:
                chosen = _inside(tokens, value, spec.columns[k])
            elif spec.columns[k].type in NUMERIC_TYPES:
                chosen = _nearest(page, i, k, edges[k], tags, hint)
            elif (i, k) in page.read:
                nearest = _nearest(page, i, k, edges[k], tags, hint)
                chosen = [t for run in page.read[i, k] if nearest and run[0] == nearest[0] for t in run]
            else:
                chosen = _text(page, i, value, edges[k], tags)
            chosen = [t for t in chosen if tags[t] == OUTSIDE]
            if chosen:
                found += 1
                tags[chosen] = k + 1
                rows[chosen] = i
            else:
                incomplete.add(i)
    doubtful = tokens.line[np.isin(rows, list(incomplete))]
    unsure = np.isin(tokens.line, doubtful) & (tags == OUTSIDE)
    return Located(tags, rows, unsure, found, wanted)


def _inside(tokens: Tokens, value: LabelValue, column: FieldSpec) -> list[int]:
    """The tokens in the boxes of a value; boxes go around words, so of a glued "20Stk." only what the value says."""
    x = (tokens.relative[:, 0] + tokens.relative[:, 2]) / 2
    y = (tokens.relative[:, 1] + tokens.relative[:, 3]) / 2
    hit = np.zeros(len(tokens), bool)
    for page, box in value.boxes:
        hit |= (tokens.page == page) & (x >= box.x0) & (x <= box.x1) & (y >= box.y0) & (y <= box.y1)
    if column.type in NUMERIC_TYPES:
        hit &= tokens.is_number
        both = (np.nan_to_num(found, nan=np.inf) for found in (tokens.number, tokens.other))
        same = hit & np.logical_or(*(_same_number(found, column, value, tokens.decimal) for found in both))
        hit = same if same.any() else hit
        return np.flatnonzero(hit).tolist()[:1]
    return np.flatnonzero(hit).tolist()


def _nearest(
    page: _Page, row: int, column: int, edge: tuple[bool, float] | None, tags: Ints, hint: Floats | None
) -> list[int]:
    free = [t for t in page.candidates.get((row, column), []) if tags[t] == OUTSIDE]
    if not free or edge is None:
        return []
    tokens, own = page.tokens, page.lines[row]

    def distance(t: int) -> float:
        x = float(tokens.x1[t] if edge[0] else tokens.x0[t])
        off = max(0.0, abs(x - edge[1]) / tokens.height - COLUMN_HEIGHTS)
        opinion = 0.0 if hint is None else float(hint[t, column + 1])
        return off + 0.5 * abs(int(tokens.line[t]) - own) - opinion

    return [min(free, key=distance)]


def _text(page: _Page, row: int, value: LabelValue, edge: tuple[bool, float] | None, tags: Ints) -> list[int]:
    """Align the words of a text with the free tokens of its row's lines; () when too little is found."""
    tokens = page.tokens
    low, high = _window(page.lines, row, tokens.layout.lines, MAX_TEXT_LINES)
    free = [t for t in np.flatnonzero((tokens.line >= low) & (tokens.line <= high)).tolist() if tags[t] == OUTSIDE]
    parts = [(t, part) for t in free for part in _words(tokens.items[t].text)]
    window, flat = [t for t, _ in parts], [part for _, part in parts]
    words = _words(value.value)
    if not window or not words or edge is None:
        return []
    m = len(words)
    # Longest common subsequence, weighted by letters; going on within a cell is worth a little more.
    total = np.zeros((len(window) + 1, m + 1))
    matched = np.zeros((len(window) + 1, m + 1), bool)
    for a, t in enumerate(window):
        for b, word in enumerate(words):
            skip = max(total[a, b + 1], total[a + 1, b])
            total[a + 1, b + 1] = skip
            if _alike(flat[a], word):
                go_on = 0.5 if a and matched[a, b] and tokens.cell[window[a - 1]] == tokens.cell[t] else 0.0
                near = 0.2 if tokens.line[t] == page.lines[row] else 0.0
                aligned = 0.1 if abs(float(tokens.x0[t]) - edge[1]) < tokens.height else 0.0
                gain = total[a, b] + len(word) + go_on + near + aligned
                if gain > skip:
                    total[a + 1, b + 1] = gain
                    matched[a + 1, b + 1] = True
    chosen: list[int] = []
    letters = 0
    a, b = len(window), m
    while a and b:
        if matched[a, b]:
            chosen.append(window[a - 1])
            letters += len(words[b - 1])
            a, b = a - 1, b - 1
        elif total[a - 1, b] >= total[a, b - 1]:
            a -= 1
        else:
            b -= 1
    return list(dict.fromkeys(chosen[::-1])) if letters >= TEXT_FOUND * sum(map(len, words)) else []


def learn_date_order(
    spec: TableSpec, documents: Sequence[tuple[Tokens, Sequence[Row]]], located: Sequence[Located]
) -> str | None:
    """In which order most confirmed dates are written, see LocaleSpec; None where none of them tells."""
    votes: Counter[str] = Counter()
    for (tokens, labels), one in zip(documents, located):
        for k, column in enumerate(spec.columns):
            for i, row in enumerate(labels) if column.type == "date" else ():
                if column.key in row:
                    text = " ".join(tokens.items[t].text for t in np.flatnonzero((one.tags == k + 1) & (one.rows == i)))
                    order = convention_told("date", readings("date", text), row[column.key].value)
                    votes.update([order] if order is not None else [])
    return min(votes, key=lambda order: (-votes[order], order)) if votes else None


def same_cell(column: FieldSpec, value: str, label: LabelValue, decimal: str) -> bool:
    """Whether a predicted value is the confirmed one: the same number, or the same letters and digits."""
    if column.type in NUMERIC_TYPES:
        return bool(_same_number(np.array([float(value)]), column, label, decimal)[0])
    return flatten(value) in (flatten(label.value), flatten(label.text or label.value))


def flatten(text: str) -> str:
    """Letters and digits only, folded."""
    return "".join(c for c in fold(text) if c.isalnum())


@lru_cache(maxsize=1 << 15)
def _words(text: str) -> tuple[str, ...]:
    return tuple(f for f in map(flatten, text.split()) if f)


@lru_cache(maxsize=1 << 17)
def _alike(a: str, b: str) -> bool:
    if a == b:
        return bool(a)
    if abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < 4 or a.isdigit() or b.isdigit():
        return False
    return SequenceMatcher(None, a, b).ratio() >= SIMILAR


def _share(flat: str, words: tuple[str, ...]) -> int:
    return max((len(w) for w in words if _alike(flat, w)), default=0)
