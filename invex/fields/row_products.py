"""What quantity times price of a row of line items proves: that it is the amount, and which way "1.000" is read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import product

from .findings import decimal_of, last_place
from .numbers import number_readings
from .prediction import Value

FACTORS_AND_PRODUCT = ("quantity", "unit_price", "amount")
HALF = Decimal("0.5")


def is_product(quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
    """Say whether quantity times price is the amount, where each may be rounded in its last printed place."""
    rounding = last_place(amount) + abs(quantity) * last_place(price) + abs(price) * last_place(quantity)
    if quantity == quantity.to_integral_value():
        rounding -= abs(price) * last_place(quantity)
    return abs(quantity * price - amount) <= HALF * rounding


def proven_readings(rows: Mapping[int, Mapping[str, Value]]) -> frozenset[tuple[int, str]]:
    """Return (row, column) of numbers that only the reading which they have makes right.

    That is proven by their own row, or by other rows of their column, where three digits are decimals as well, or not,
    and no row proves the opposite.
    """
    said: dict[str, set[bool]] = {key: set() for key in FACTORS_AND_PRODUCT}
    proven = set()
    for index, row in rows.items():
        if _is_proof(row):
            for key in FACTORS_AND_PRODUCT:
                if _has_two_readings(row[key]):
                    said[key].add(_has_decimals(row[key]))
                    proven.add((index, key))
    for index, row in rows.items():
        for key, of_column in said.items():
            cell = row.get(key)
            if cell is not None and _has_two_readings(cell) and of_column == {_has_decimals(cell)}:
                proven.add((index, key))
    return frozenset(proven)


def _has_two_readings(cell: Value) -> bool:
    return len(number_readings(cell.text)) > 1


def _has_decimals(cell: Value) -> bool:
    """Say whether the three digits behind the mark of a number of two readings were read as decimals."""
    number = decimal_of(cell)
    return number is not None and number == min(Decimal(r.value) for r in number_readings(cell.text))


def _is_proof(row: Mapping[str, Value]) -> bool:
    """Say whether the numbers of the row multiply as they are read, and in no other way."""
    cells = [row[key] for key in FACTORS_AND_PRODUCT if key in row]
    if len(cells) < len(FACTORS_AND_PRODUCT) or not any(map(_has_two_readings, cells)):
        return False
    read = tuple(map(decimal_of, cells))
    ways = [
        (quantity, price, amount)
        for quantity, price, amount in product(*map(_may_be, cells))
        if amount and is_product(quantity, price, amount)
    ]
    return ways == [read]


def _may_be(cell: Value) -> set[Decimal]:
    number = decimal_of(cell)
    return {Decimal(r.value) for r in number_readings(cell.text)} or ({number} if number is not None else set())
