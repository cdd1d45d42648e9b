"""A German lease: values in the sentences of its paragraphs, two parties, three addresses, many sums of rent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tests.bench.kinds.draw import Draw
from tests.bench.kinds.kind import Content, Kind, specs

FLOORS = ("Erdgeschoss", "1. Obergeschoss", "2. Obergeschoss links", "Dachgeschoss", "3. Obergeschoss rechts")


def draw(r: Draw) -> Content:
    begins = date(2025, r.randint(1, 12), r.choice([1, 15]))
    rent, costs = Decimal(r.randint(420, 1800)), Decimal(r.randint(90, 280))
    heating = r.choice([None, Decimal(r.randint(50, 140))])
    landlord_town = r.town("de")
    return {
        "landlord": r.name("de"),
        "landlord_address": f"{r.street('de')} in {landlord_town}",
        "tenant": [r.name("de") for _ in range(2 if r.maybe(0.4) else 1)],
        "tenant_birth_date": r.birthday(1960, 2003),
        "tenant_address": f"{r.street('de')} in {r.town('de')}",
        "flat_address": r.address("de"),
        "floor": r.choice(FLOORS),
        "rooms": r.choice([Decimal(2), Decimal("2.5"), Decimal(3), Decimal(4)]),
        "living_area": r.number(38, 128, 1),
        "parking_space": f"Nr. {r.randint(1, 48)}" if r.maybe(0.5) else None,
        "lease_start": begins,
        "lease_end": begins + relativedelta(years=r.randint(1, 3)) if r.maybe(0.35) else None,
        "base_rent": rent,
        "ancillary_costs": costs,
        "heating_costs": heating,
        "total_rent": rent + costs + (heating or 0),
        "deposit": rent * r.choice([2, 3]),
        "rent_iban": r.iban("DE"),
        "signed_on": begins - timedelta(r.randint(10, 60)),
        "signed_at": landlord_town.split()[1],
        "keys": r.randint(2, 6),
        "pets": r.choice(["☒ ja ☐ nein", "☐ ja ☒ nein"]),
    }


KIND = Kind(
    "lease",
    "de",
    specs(
        landlord="text", landlord_address="address", tenant="text", tenant_birth_date="date", tenant_address="address",
        flat_address="address", floor="text", rooms="number", living_area="number", parking_space="text",
        lease_start="date", lease_end="date", base_rent="amount", ancillary_costs="amount", heating_costs="amount",
        total_rent="amount", deposit="amount", rent_iban="iban", signed_on="date",
    ),
    draw,
)  # fmt: skip
