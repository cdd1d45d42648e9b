"""A British bill for electricity and gas: the same labels over two columns, one of which may be missing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.kind import Content, Kind, specs

TARIFFS = ("Standard Variable", "Fix & Relax 12", "Green Saver v3", "Tracker Online", "Simply Fixed Sep26")
VAT = Decimal("0.05")


def draw(r: Draw) -> Content:
    until = r.day()
    since = until - timedelta(r.randint(28, 95))
    electricity = _fuel(r, since, until, Decimal("0.2461"), Decimal("0.5313"), 200, 1200)
    has_gas = r.maybe(0.7)
    gas = _fuel(r, since, until, Decimal("0.0624"), Decimal("0.3214"), 300, 3400) if has_gas else None
    before = r.money(20, 340)
    paid = before if r.maybe(0.5) else cents(before * Decimal("0.8"))
    charges = electricity["charges"] + (gas["charges"] if gas else 0)
    vat = cents(charges * VAT)
    discount = Decimal("-8.75") if r.maybe(0.3) else None
    is_debited = r.maybe(0.6)
    return {
        "account_number": f"A-{r.digits(4)}{r.choice('ABCDEF')}{r.digits(3)}",
        "bill_reference": r.digits(9),
        "bill_date": until + timedelta(r.randint(1, 6)),
        "period_from": since,
        "period_to": until,
        "customer": r.name("en"),
        "supply_address": r.address("en"),
        "previous_balance": before,
        "payment_received": paid,
        "discount": discount,
        "new_charges": charges,
        "vat": vat,
        "amount_due": before - paid + charges + vat + (discount or 0),
        "debit_date": until + timedelta(r.randint(14, 21)) if is_debited else None,
        **{f"electricity_{key}": value for key, value in electricity.items() if key != "meter"},
        **{f"gas_{key}": gas[key] if gas else None for key in electricity if key != "meter"},
        "electricity_meter": electricity["meter"],
        "gas_meter": gas["meter"] if gas else None,
        "mpan": f"{r.digits(2)} {r.digits(4)} {r.digits(4)} {r.digits(3)}",
        "mprn": r.digits(10) if gas else None,
        "days": (until - since).days,
        "vat_rate": VAT * 100,
        "last_year": r.randint(200, 1500),
        "paid_on": since + timedelta(r.randint(5, 20)),
    }


def _fuel(r: Draw, since: Any, until: Any, price: Decimal, standing: Decimal, least: int, most: int) -> dict[str, Any]:
    before, used = r.randint(1000, 60_000), r.randint(least, most)
    price += r.number(-0.01, 0.03, 4)
    units, daily = cents(used * price), cents((until - since).days * standing)
    return {
        "tariff": r.choice(TARIFFS), "previous_reading": before, "latest_reading": before + used, "used": used,
        "price": price * 100, "standing_charge": daily, "units_cost": units, "charges": units + daily,
        "meter": f"{r.choice('ELMZ')}{r.digits(2)}{r.choice('AKPT')}{r.digits(5)}",
    }  # fmt: skip


_FUEL = {
    "tariff": "text", "previous_reading": "number", "latest_reading": "number", "used": "number", "price": "number",
    "standing_charge": "amount", "charges": "amount",
}  # fmt: skip
KIND = Kind(
    "dual_fuel_bill",
    "en",
    specs(
        account_number="id", bill_reference="id", bill_date="date", period_from="date", period_to="date",
        customer="text", supply_address="address", previous_balance="amount", payment_received="amount",
        discount="amount", new_charges="amount", vat="amount", amount_due="amount", debit_date="date",
        **{f"{fuel}_{key}": type_ for fuel in ("electricity", "gas") for key, type_ in _FUEL.items()},
        electricity_meter="id", gas_meter="id",
    ),
    draw,
)  # fmt: skip
