"""Rows of lines -> typed values with a confidence.

The numbers of a row are chosen together: a choice in which quantity times price is the amount is worth PRODUCT_BONUS
more than its probabilities say, also where "1.000" has to be a one for that (`thousands`). Which columns multiply is
not assumed, it is learned with the table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import exp, log
from typing import NamedTuple

import numpy as np

from invex.fields.labels import LabelValue
from invex.fields.prediction import Alternative, Value
from invex.fields.spec import FieldSpec, LocaleSpec, TableSpec
from invex.fields.values import NUMERIC_TYPES, canonical

from ..layout import Floats
from .locate import OUTSIDE, WRITTEN_OTHERWISE, readable
from .rows import Lines
from .thousands import Readings, multiplies, settle
from .tokens import Tokens

PRODUCT_BONUS = 3.0  # in log-probability
LEAST = 0.03  # probability below which a token is no candidate
FLOOR = 0.01  # probability of "no such cell" when the candidates claim all of it
MOST_CANDIDATES = 3
FILL = 0.05  # a token of no column that stands beside a text in its cell joins it above this probability
EVIDENCE = 5  # numbers that a confidence is made of, see Cell
PRODUCT_HOLDS = 0.8  # share of confirmed rows in which two columns must multiply to a third

Product = tuple[int, int, int]  # columns a * b = c


class Habits(NamedTuple):
    """How a table is written. date_order: see LocaleSpec. against: see `thousands.settle`.

    is_numbered: rows without a number are dropped, where the table has columns of numbers.
    """

    products: Sequence[Product] = ()
    date_order: str | None = None
    against: Collection[str] = ()
    is_numbered: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A chosen cell: its tokens, value, and evidence (EVIDENCE,) for the calibration.

    evidence: log-odds of the least and of the mean token probability, arithmetic holds, arithmetic fails, log-odds of
    the row. others: further candidates with their probabilities.
    """

    column: int
    tokens: tuple[int, ...]
    value: str
    text: str
    evidence: tuple[float, ...]
    others: tuple[tuple[int, float], ...] = ()


TableRow = dict[int, Cell]


def log_odds(p: float) -> float:
    clipped = min(max(p, 1e-4), 1 - 1e-4)
    return log(clipped / (1 - clipped))


def assemble(
    spec: TableSpec,
    tokens: Tokens,
    lines: Lines,
    rows: Sequence[tuple[int, int]],
    row_probability: Floats,
    tags: Floats,
    habits: Habits,
) -> list[TableRow]:
    """Return the cells of every row.

    rows: ranges of lines. row_probability: (lines,) of beginning a row. tags: (n, 1 + columns) probabilities.
    Two rows of which one has what multiplies to the number of the other are one item, whose text is printed on several
    lines.
    """
    for kind in sorted({c.type for c in spec.columns} & WRITTEN_OTHERWISE):
        tags = _pooled(tags, readable(tokens, kind).values())
    scored = _Scored(tokens, tags)
    locale = LocaleSpec(habits.date_order, tokens.decimal)
    proven: dict[int, bool] = {}

    def row_of(span: tuple[int, int]) -> TableRow:
        first, stop = span
        members = range(int(lines.start[first]), int(lines.stop[stop - 1]))
        row_odds = log_odds(float(row_probability[first]))
        row = _numbers(spec, scored, members, habits.products, row_odds, proven)
        for k, column in enumerate(spec.columns):
            if column.type not in NUMERIC_TYPES:
                cell = _text(column, k, scored, members, row_odds, locale)
                if cell:
                    row[k] = cell
        return row

    found: list[tuple[tuple[int, int], TableRow]] = []
    for span in rows:
        row = row_of(span)
        if found and found[-1][0][1] == span[0] and _is_one_item(tokens, found[-1][1], row, habits.products):
            span = (found.pop()[0][0], span[1])
            row = row_of(span)
        found.append((span, row))
    kept = [row for _, row in found if not habits.is_numbered or not _has_numbers(spec) or _numbers_of(spec, row)]
    return settle(spec, tokens, kept, proven, habits.against)


def carry_down(rows: Sequence[TableRow], columns: Sequence[int]) -> list[TableRow]:
    """The rows with what is printed once for several of them, in `columns`, on each."""
    result: list[TableRow] = []
    for row in rows:
        above = result[-1] if result else {}
        result.append({**{k: above[k] for k in columns if k in above}, **row})
    return result


def _pooled(tags: Floats, runs: Iterable[Sequence[tuple[int, ...]]]) -> Floats:
    """The tags' probabilities where the words of a date stand in one column, all or none. runs: tokens of each."""
    out = tags.copy()
    taken: set[int] = set()
    for run in sorted(set(chain.from_iterable(runs)), key=lambda run: (-len(run), run)):
        if taken.isdisjoint(run):
            taken.update(run)
            out[list(run)] = tags[list(run)].mean(axis=0)
    return out


def _is_one_item(tokens: Tokens, above: TableRow, below: TableRow, products: Sequence[Product]) -> bool:
    """Whether one row has the factors of the other's product, and neither has more: "Lamp 20.00", "2 x 10.00"."""
    for a, b, c in products:
        for factors, result in ((above, below), (below, above)):
            if set(factors) & {a, b, c} == {a, b} and set(result) & {a, b, c} == {c}:
                x, y, z = (
                    float(tokens.number[row[k].tokens[0]]) for row, k in ((factors, a), (factors, b), (result, c))
                )
                return multiplies(x, y, z)
    return False


class _Scored:
    """The tokens of a document with the tags' probabilities. A row has a handful: Python's own numbers are faster.

    share: for every tag n probabilities. best: n likeliest tags. is_number, cell: of the n tokens.
    """

    def __init__(self, tokens: Tokens, tags: Floats) -> None:
        self.tokens, self.tags = tokens, tags
        self.share: list[list[float]] = tags.T.tolist()
        self.best: list[int] = tags.argmax(axis=1).tolist()
        self.is_number: list[bool] = tokens.is_number.tolist()
        self.cell: list[int] = tokens.cell.tolist()


def _has_numbers(spec: TableSpec) -> bool:
    return any(c.type in NUMERIC_TYPES for c in spec.columns)


def _numbers_of(spec: TableSpec, row: TableRow) -> list[int]:
    return [k for k in row if spec.columns[k].type in NUMERIC_TYPES]


def _numbers(
    spec: TableSpec,
    scored: _Scored,
    members: range,
    products: Sequence[Product],
    row_odds: float,
    proven: dict[int, bool],
) -> TableRow:
    """Choose one token, or none, for every numeric column. proven: what the row says of "1.000" is added to it."""
    tokens = scored.tokens
    columns = [k for k, c in enumerate(spec.columns) if c.type in NUMERIC_TYPES]
    offers: dict[int, list[tuple[int, float]]] = {}  # column -> (token, log-probability); token -1 is "no such cell"
    numbers = [t for t in members if scored.is_number[t]]
    for k in columns:
        share = scored.share[k + 1]
        likely = [(t, share[t]) for t in numbers if share[t] > LEAST]
        found = sorted(likely, key=lambda offer: -offer[1])[:MOST_CANDIDATES]
        absent = max(1 - sum(q for _, q in found), FLOOR)
        offers[k] = [(t, log(q)) for t, q in found] + [(-1, log(absent))]
    chosen = {k: max(offers[k], key=lambda o: o[1])[0] for k in columns}
    checked: dict[int, bool] = {}
    readings = Readings(tokens, numbers)
    for triple in products:
        if all(k in offers for k in triple):
            picked, fits = _together(readings, [offers[k] for k in triple])
            chosen.update(zip(triple, picked))
            if fits is not None:
                checked.update(dict.fromkeys(triple, fits))
            if fits:
                proven.update(readings.are_decimals(picked))
    row: TableRow = {}
    for k, t in chosen.items():
        if t < 0 or any(t in c.tokens for c in row.values()):
            continue
        text = tokens.items[t].text
        value = canonical(spec.columns[k].type, text, LocaleSpec(decimal=tokens.marks[t]))
        if value is not None:
            odds = log_odds(scored.share[k + 1][t])
            fits = checked.get(k)
            evidence = (odds, odds, float(fits is True), float(fits is False), row_odds)
            others = tuple((o, exp(p)) for o, p in offers[k] if o not in (t, -1))
            row[k] = Cell(k, (t,), value, text, evidence, others)
    return row


def _together(readings: Readings, offers: list[list[tuple[int, float]]]) -> tuple[list[int], bool | None]:
    """The likeliest choice for a * b = c; with whether it holds, None when a factor is absent."""
    best: tuple[float, list[int], bool | None] = (-np.inf, [-1, -1, -1], None)
    for (a, p), (b, q), (c, r) in product(*offers):
        if a == b >= 0 or a == c >= 0 or b == c >= 0:
            continue
        score = p + q + r
        fits = None
        if a >= 0 and b >= 0 and c >= 0:
            fits = readings.product((a, b, c)) is not None
            score += PRODUCT_BONUS * fits
        if score > best[0]:
            best = (score, [a, b, c], fits)
    return best[1], best[2]


def _text(
    column: FieldSpec, k: int, scored: _Scored, members: range, row_odds: float, locale: LocaleSpec
) -> Cell | None:
    """The words of a text column: the tokens that it claims, and the unsure ones beside them in their cell."""
    tag, tokens = k + 1, scored.tokens
    best, share, cell = scored.best, scored.share[k + 1], scored.cell
    claimed = {t for t in members if best[t] == tag}
    if not claimed:
        return None
    for beside, way in ((-1, members), (1, reversed(members))):
        for t in way:
            goes_on = t + beside in claimed and cell[t] == cell[t + beside]
            if goes_on and share[t] > FILL and best[t] == OUTSIDE:
                claimed.add(t)
    picked = sorted(claimed)
    text = text_of(tokens, picked)
    value = canonical(column.type, text, locale)
    if not value:
        return None
    rivals = set(members).difference(picked)
    # Words of the row that nearly belonged are as dangerous as words that hardly did.
    least = min(min(share[t] for t in picked), 1 - max((share[t] for t in rivals), default=0.0))
    evidence = (log_odds(least), log_odds(float(scored.tags[picked, tag].mean())), 0.0, 0.0, row_odds)
    return Cell(k, tuple(picked), value, text, evidence)


def text_of(tokens: Tokens, picked: Sequence[int]) -> str:
    """The printed text of tokens; parts of one split word get no space between them."""
    text = ""
    previous = None
    for t in picked:
        token = tokens.items[t]
        glued = previous is not None and previous.last == token.first and previous.stop == token.start and token.start
        text += token.text if glued or not text else " " + token.text
        previous = token
    return text


def learn_products(spec: TableSpec, labels: Sequence[Sequence[Mapping[str, LabelValue]]]) -> tuple[Product, ...]:
    """The columns a, b, c of which a * b = c held in most confirmed rows; at most one triple."""
    numeric = [k for k, c in enumerate(spec.columns) if c.type in NUMERIC_TYPES]
    best: tuple[float, Product] | None = None
    for a, b in combinations(numeric, 2):
        for c in (k for k in numeric if k not in (a, b)):
            keys = [spec.columns[k].key for k in (a, b, c)]
            rows = [
                [float(row[k].value) for k in keys] for some in labels for row in some if all(k in row for k in keys)
            ]
            telling = [r for r in rows if abs(r[0]) != 1 and abs(r[1]) != 1]  # 1 * x = x holds for many columns
            share = sum(multiplies(*r) for r in rows) / max(len(rows), 1)
            rank = share + len(telling) / (1 + len(rows))
            if rows and share >= PRODUCT_HOLDS and (best is None or rank > best[0]):
                best = (rank, (a, b, c))
    return (best[1],) if best else ()


def to_value(cell: Cell, tokens: Tokens, column: FieldSpec, confidence: float) -> Value:
    """A cell as the prediction that people and programs see."""
    layout = tokens.layout

    def boxes(picked: Sequence[int]) -> list[int]:
        return sorted({w for t in picked for w in range(tokens.items[t].first, tokens.items[t].last + 1)})

    alternatives = []
    for t, p in cell.others:
        text = tokens.items[t].text
        value = canonical(column.type, text, LocaleSpec(decimal=tokens.marks[t]))
        if value is not None:
            alternatives.append(Alternative(value, min(p, 1 - confidence), text, layout.boxes(boxes([t]))))
    return Value(
        value=cell.value,
        text=cell.text,
        confidence=confidence,
        boxes=layout.boxes(boxes(cell.tokens)),
        alternatives=tuple(alternatives),
    )
