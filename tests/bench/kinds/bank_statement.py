"""A British bank's statement of account: a date is printed once a day, an amount in one of two columns."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, Lines
from tests.bench.kinds.kind import Content, Kind, specs

WAYS_OUT = {
    "CARD PAYMENT TO": ("FRESHFIELD STORES 3345", "MILL LANE PETROL", "BOOKBARN*RT4", "THE COFFEE YARD", "TRAMLINK CH"),
    "DIRECT DEBIT": ("HALCYON ENERGY", "COUNCIL TAX LEEDS CC", "BLUEWIRE MOBILE LTD", "PANORAMA DIGITAL"),
    "STANDING ORDER": ("MRS J FLETCHER RENT", "SAVINGS POT"),
}
WAYS_IN = {"FASTER PAYMENT FROM": ("HARGREAVES & SONS LTD", "P OKAFOR", "TAX OFFICE REFUND")}
ZERO = Decimal("0.00")


def draw(r: Draw) -> Content:
    start = date(2025, r.randint(1, 10), 1)
    end = start + relativedelta(months=1, days=-1)
    town, postcode = r.town("en").split(" ", 1)
    flat = (f"Flat {r.randint(1, 9)}",) if r.maybe(0.4) else ()
    opening = r.money(200, 6000)
    rows = _transactions(r, start, end, opening)
    return {
        "account_holder": r.name("en"),
        "holder_address": Lines((*flat, r.street("en"), town, postcode)),
        "sort_code": "-".join(r.digits(2) for _ in range(3)),
        "account_number": r.digits(8),
        "statement_number": str(r.randint(12, 190)),
        "period_from": start,
        "period_to": end,
        "opening_balance": opening,
        "closing_balance": rows[-1]["balance"],
        "money_in": sum((row["paid_in"] or 0 for row in rows), ZERO),
        "money_out": sum((row["paid_out"] or 0 for row in rows), ZERO),
        "overdraft_limit": r.choice([Decimal(250), Decimal(500), Decimal(1000), None]),
        "transactions": rows,
        "issued_on": end + timedelta(r.randint(1, 3)),
    }


def _transactions(r: Draw, start: date, end: date, balance: Decimal) -> list[dict[str, Any]]:
    """balance: before the first of them."""
    rows = []
    day, printed = start, None
    for _ in range(r.randint(9, 22)):
        day = min(day + timedelta(r.randint(0, 3)), end)
        way, others = r.choice([*WAYS_OUT.items(), *WAYS_IN.items()])
        what = f"{way} {r.choice(others)}"
        amount = r.choice([r.money(2, 80), r.money(60, 1900)])
        balance += amount if way in WAYS_IN else -amount
        row = {
            "date": day if day != printed else None,
            "details": Lines((what, f"REF {r.digits(6)}") if r.maybe(0.45) else (what,), between=" "),
            "paid_out": amount if way in WAYS_OUT else None,
            "paid_in": amount if way in WAYS_IN else None,
            "balance": balance,
        }
        rows.append(row)
        printed = day
    return rows


KIND = Kind(
    "bank_statement",
    "en",
    specs(
        account_holder="text", holder_address="address", sort_code="id", account_number="id", statement_number="id",
        period_from="date", period_to="date", opening_balance="amount", closing_balance="amount", money_in="amount",
        money_out="amount", overdraft_limit="amount",
    ),
    draw,
    TableSpec(
        "transactions", specs(date="date", details="text", paid_out="amount", paid_in="amount", balance="amount")
    ),
)  # fmt: skip
