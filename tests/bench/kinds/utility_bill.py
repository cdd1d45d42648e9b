"""A French electricity bill: what to pay on the first page, the meters on the second, many digits in groups."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.kind import Content, Kind, specs

PRICES = {"Heures pleines": Decimal("0.2068"), "Heures creuses": Decimal("0.1615")}  # of a kWh
VAT_RATE = Decimal("20.00")


def draw(r: Draw) -> Content:
    home = r.address("fr")
    bill_date = r.day()
    meters = [_meter(r, slot, price) for slot, price in PRICES.items()]
    standing_charge = r.choice([Decimal("15.96"), Decimal("19.03"), Decimal("24.72")])
    net = sum((meter["amount"] for meter in meters), standing_charge)
    vat, contribution = cents(net * VAT_RATE / 100), r.money(2, 5)
    return {
        "client_name": r.name("fr"),
        "client_address": home,
        "site_address": r.address("fr") if r.maybe(0.4) else home,
        "bill_number": f"{r.digits(2)}{r.choice('ABCDEF')}{r.digits(7)}",
        "client_number": " ".join([r.digits(1), r.digits(3), r.digits(3), r.digits(3)]),
        "delivery_point": r.digits(14),
        "subscribed_power": r.choice(["6 kVA", "9 kVA", "12 kVA"]),
        "bill_date": bill_date,
        "payment_date": bill_date + timedelta(r.choice([14, 15, 21])),
        "next_bill": bill_date + timedelta(60),
        "consumption_from": bill_date - timedelta(61),
        "consumption_to": bill_date - timedelta(2),
        "total_kwh": sum(meter["kwh"] for meter in meters),
        "net_total": net,
        "vat_total": vat,
        "vat_rate": VAT_RATE,
        "cta": contribution,
        "total_due": net + vat + contribution,
        "debit_iban": r.iban("FR") if r.maybe(0.6) else None,
        "meters": meters,
        "standing_charge": standing_charge,
        "how_read": "réel" if r.maybe(0.6) else "estimé",
    }


def _meter(r: Draw, slot: str, price: Decimal) -> dict[str, Any]:
    old, used = r.randint(8000, 60000), r.randint(80, 900)
    return {
        "slot": slot,
        "old_index": old,
        "new_index": old + used,
        "kwh": used,
        "unit_price": price,
        "amount": cents(used * price),
    }


KIND = Kind(
    "utility_bill",
    "fr",
    specs(
        client_name="text", client_address="address", site_address="address", bill_number="id", client_number="id",
        delivery_point="id", subscribed_power="text", bill_date="date", payment_date="date", next_bill="date",
        consumption_from="date", consumption_to="date", total_kwh="number", net_total="amount", vat_total="amount",
        vat_rate="percentage", cta="amount", total_due="amount", debit_iban="iban",
    ),
    draw,
    TableSpec(
        "meters",
        specs(
            slot="text", old_index="number", new_index="number", kwh="number", unit_price="amount", amount="amount"
        ),
    ),
)  # fmt: skip
