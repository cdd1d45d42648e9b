"""An American hotel's folio: dates with the month first, charges and credits in two columns, day by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, Lines
from tests.bench.kinds.kind import Content, Kind, specs

COMPANIES = (
    "Coral Bay Trading Co.",
    "Harlan & Boyd Logistics Inc.",
    "Barrelhouse Spirits LLC",
    "Pinewood Optics Corp.",
)
STREETS = ("Maple Ave", "Sunset Blvd", "Oak Street")
TOWNS = ("Chicago, IL 60614", "Austin, TX 78701", "Denver, CO 80202")
RATES = (Decimal("109.00"), Decimal("129.00"), Decimal("145.00"), Decimal("189.50"), Decimal("214.00"))
CITY_TAX = Decimal("3.50")
EXTRAS = ("Breakfast Buffet", "Minibar", "Parking Garage", "Restaurant Lakeview Check #")
EXTRA_PRICES = (Decimal("18.50"), Decimal("24.00"), Decimal("62.40"), Decimal("9.90"))


def draw(r: Draw) -> Content:
    arrival, nights, rate = r.day(), r.randint(1, 5), r.choice(RATES)
    departure = arrival + timedelta(nights)
    rows = [row for night in range(nights) for row in _day(r, arrival + timedelta(night), rate)]
    total = sum(row["charge"] for row in rows)
    card = r.choice(["Bluecard", "Paymark", None])
    if card is not None:
        paid = f"{card} XXXX XXXX XXXX {r.randint(0, 9999):04d}"
        rows.append({"date": departure, "description": paid, "charge": None, "credit": total})
    return {
        "guest": r.name("en"),
        "company": r.choice([None, r.choice(COMPANIES)]),
        "guest_address": Lines((f"{r.randint(100, 9900)} {r.choice(STREETS)}", r.choice(TOWNS))),
        "room_number": f"{r.randint(1, 9)}{r.randint(1, 30):02d}",
        "arrival": arrival,
        "departure": departure,
        "room_rate": rate,
        "folio_number": r.digits(6),
        "confirmation_number": r.digits(8),
        "membership": f"GLD {r.digits(7)}" if r.maybe(0.5) else None,
        "total_charges": total,
        "balance_due": total if card is None else Decimal("0.00"),
        "card_type": card,
        "cashier": r.name("en").split()[0].upper(),
        "charges": rows,
        "total_credits": Decimal("0.00") if card is None else total,
        "guests": f"{r.randint(1, 3)}/{r.randint(0, 2)}",
    }


def _day(r: Draw, day: date, rate: Decimal) -> list[dict[str, Any]]:
    charged = [("Room Charge", rate), ("City Tax", CITY_TAX)]
    if r.maybe(0.6):
        extra = r.choice(EXTRAS)
        charged.append((extra + r.digits(4) if extra.endswith("#") else extra, r.choice(EXTRA_PRICES)))
    return [{"date": day, "description": what, "charge": price, "credit": None} for what, price in charged]


KIND = Kind(
    "hotel_folio",
    "en",
    specs(
        guest="text", company="text", guest_address="address", room_number="id", arrival="date", departure="date",
        room_rate="amount", folio_number="id", confirmation_number="id", membership="id", total_charges="amount",
        balance_due="amount", card_type="text", cashier="text",
    ),
    draw,
    TableSpec("charges", specs(date="date", description="text", charge="amount", credit="amount")),
    scanned=(2, 7),
)  # fmt: skip
