"""Line items of the invoice alone, where an order or a delivery note with items of its own lies beside it.

Nothing on a line says whose it is; the sums do. Of a sender whose invoices were confirmed, the template knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, combinations

from invex.fields.findings import decimal_of
from invex.fields.prediction import Value

CENT = Decimal("0.01")
SUMS = ("net_amount", "total_amount")

Row = Mapping[str, Value]


def own_rows(rows: tuple[dict[str, Value], ...], fields: Mapping[str, Sequence[Value]]) -> tuple[dict[str, Value], ...]:
    """Return the rows of successive pages that add up to the net amount or the total; all where none do.

    Of several such runs of pages the one nearest to where the sum stands is the invoice's, and of runs as near the one
    with the most amounts. A page at its end whose rows have none is not its own where they say again what others say,
    as a delivery note does.
    """
    pages = [_page(row) for row in rows]
    distinct = sorted(set(pages))
    sums = {number: value for key in SUMS for value in fields.get(key, ())[:1] if (number := decimal_of(value))}
    if len(distinct) < 2 or not sums:
        return rows
    by_page: dict[int, list[Decimal]] = {page: [] for page in distinct}
    for row, page in zip(rows, pages):
        if (amount := decimal_of(row.get("amount"))) is not None:
            by_page[page].append(amount)
    # Up to each page, so that a run of hundreds of pages is a difference of two.
    totals = list(accumulate((sum(by_page[page], Decimal(0)) for page in distinct), initial=Decimal(0)))
    counts = list(accumulate((len(by_page[page]) for page in distinct), initial=0))
    found = []
    for first, last in combinations(range(len(distinct) + 1), 2):
        amounts, total = counts[last] - counts[first], totals[last] - totals[first]
        # Each amount may have been rounded before it was printed.
        for number, value in sums.items() if amounts else ():
            if abs(total - number) <= CENT * amounts / 2:
                away = abs(distinct[last - 1] - value.boxes[0].page) if value.boxes else 0
                found.append((away, -amounts, last - first, distinct[first:last]))
    if not found:
        return rows
    own = min(found)[-1]
    said = {_said(row) for row, page in zip(rows, pages) if page in own}
    for page in distinct:
        others = [row for row, at in zip(rows, pages) if at == page and page not in own]
        is_again = 2 * sum(_said(row) in said for row in others) >= len(others)
        if others and not is_again and not any("amount" in row for row in others):
            own = [*own, page]  # its amounts were not read, or there are none: a person should see that
    return tuple(row for row, page in zip(rows, pages) if page in own)


def _said(row: Row) -> str:
    return row["description"].value.casefold() if "description" in row else ""


def _page(row: Row) -> int:
    """The page on which most of it stands."""
    on = [box.page for value in row.values() for box in value.boxes]
    return max(set(on), key=on.count) if on else 0
