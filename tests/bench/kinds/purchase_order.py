"""A German company's order to a supplier: positions over one or two pages, each with lines of its own below it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents, mailbox
from tests.bench.kinds.kind import Content, Kind, specs

VENDORS = (
    "Schrauben Kessler KG",
    "Hydro-Technik Fehnland GmbH",
    "Wälzlager Auental GmbH & Co. KG",
    "Elmro Bedarf e.K.",
)
MATERIALS = (
    "Zylinderschraube ISO 4762 M8x40 8.8 verzinkt",
    "Dichtring NBR 70, 24x2,5 mm",
    "Kugellager 6204-2RS C3",
    "Hydraulikschlauch DN12, 1.200 mm, beidseitig Anschluss DKOL",
    "Schutzhandschuhe Gr. 9, schnittfest",
    "Sechskantmutter M10 A2",
    "Kabelkanal grau 40x60, 2 m",
    "Schmierfett EP2, Kartusche 400 g",
    "Stahlblech S235 3 mm, Zuschnitt 400x600",
    "Induktiver Sensor M12, PNP, Schließer, Schaltabstand 4 mm, mit Stecker",
)
DELIVERED_TO = (
    "Werk 1, Tor 3, Talstraße 14, 71101 Schönaich",
    "Außenlager West, Hafenallee 2, 47059 Duisburg",
    "Baustelle Klinikum, Parkring 9, 93053 Regensburg",
)
PAYMENT_TERMS = ("30 Tage netto", "14 Tage 2 % Skonto, 30 Tage netto", "60 Tage netto")


def draw(r: Draw) -> Content:
    ordered, buyer = r.day(), r.name("de")
    positions = [_position(r, number) for number in range(10, 10 * r.randint(7, 20), 10)]
    subtotal = sum(position["amount"] for position in positions)
    rate = r.choice([None, None, Decimal("3.00"), Decimal("5.00")])
    discount = -cents(subtotal * rate / 100) if rate else None
    return {
        "order_number": f"45{r.digits(8)}",
        "order_date": ordered,
        "vendor": r.choice(VENDORS),
        "vendor_address": r.address("de"),
        "vendor_number": r.digits(6),
        "buyer": buyer,
        "buyer_email": f"{mailbox(f'{buyer[0]} {buyer.split()[1]}')}@haberlein.example",
        "quotation": f"A-{r.digits(4)}/25" if r.maybe(0.6) else None,
        "delivery_address": r.choice(DELIVERED_TO),
        "incoterm": r.choice(["DAP Schönaich", "EXW Werk", "frei Haus"]),
        "payment_terms": r.choice(PAYMENT_TERMS),
        "confirm_by": ordered + timedelta(5),
        "delivery_date": ordered + timedelta(r.randint(7, 40)),
        "discount_rate": rate,
        "discount": discount,
        "order_total": subtotal + (discount or 0),
        "positions": positions,
        "subtotal": subtotal,
        "telephone": f"07031 / 442-{r.digits(3)}",
    }


def _position(r: Draw, number: int) -> dict[str, Any]:
    quantity, price = r.choice([1, 4, 10, 25, 50, 100, 500]), r.money(0.15, 180)
    return {
        "position": number,
        "material": f"{r.digits(2)}.{r.digits(4)}-{r.digits(1)}",
        "description": r.choice(MATERIALS),
        "quantity": quantity,
        "unit": r.choice(["ST", "PAK", "M"]),
        "unit_price": price,
        "amount": quantity * price,
        "vendors_number": r.digits(6) if r.maybe(0.4) else None,
    }


KIND = Kind(
    "purchase_order",
    "de",
    specs(
        order_number="id", order_date="date", vendor="text", vendor_address="address", vendor_number="id", buyer="text",
        buyer_email="email", quotation="id", delivery_address="address", incoterm="text", payment_terms="text",
        confirm_by="date", delivery_date="date", discount_rate="percentage", discount="amount", order_total="amount",
    ),
    draw,
    TableSpec(
        "positions",
        specs(
            position="id", material="id", description="text", quantity="number", unit="text", unit_price="amount",
            amount="amount",
        ),
    ),
)  # fmt: skip
