"""An American amendment to a lease, running text: three parties, dates in words, paragraphs that may be absent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tests.bench.kinds.draw import Draw, Lines, cents
from tests.bench.kinds.kind import Content, Kind, specs

LANDLORDS = (
    "Harborview Realty Holdings", "Stonegate Office Partners", "Ellison Brothers Properties",
    "Cascade Industrial Trust", "KMB Tower Owner", "Westbrook Land Company", "Old Mill Associates",
    "Dunmore Park Investors",
)  # fmt: skip
TENANTS = (
    "Blue Heron Software", "Marlowe & Finch", "Tri-County Dental Group", "Sunfield Organic Markets",
    "Axis Freight Systems", "Bellweather Architects", "Pinewood Optics", "Hale & Sons Printing",
    "Redstone Physical Therapy",
)  # fmt: skip
# How a company's name ends, and what the law calls it.
FORMS = {
    ", LLC": "limited liability company",
    ", L.P.": "limited partnership",
    ", Inc.": "corporation",
    " Corp.": "corporation",
    " LLP": "limited liability partnership",
    ", P.C.": "professional corporation",
}
# Where it was founded, with the article that is said before it.
STATES = ("an Ohio", "a Maine", "a Delaware", "a Minnesota", "a Florida", "an Oregon", "a New Hampshire", "an Indiana")
PREMISES = (
    ("2200 Commerce Boulevard, Suite 410", "Columbus, Ohio 43215"), ("75 Ferry Street", "Portland, Maine 04101"),
    ("14 Old Mill Road, Building C", "Nashua, New Hampshire 03060"),
    ("900 Second Avenue, 12th Floor", "Minneapolis, Minnesota 55402"), ("3311 Harbor Way", "Tampa, Florida 33605"),
    ("48 Quarry Lane, Units 3 and 4", "Dayton, Ohio 45402"), ("1650 N Lincoln Avenue", "Fort Wayne, Indiana 46802"),
    ("7 Custom House Square, Suite 200", "Salem, Oregon 97301"),
)  # fmt: skip
BROKERS = (
    "Crane Whitmore Realty", "Keystone Commercial Advisors", "Dunmore & Hale", "Lighthouse Brokerage Group",
    "Tolland Real Estate", "Fox, Ames & Partners",
)  # fmt: skip
YEARS = {2: "two (2)", 3: "three (3)", 5: "five (5)", 7: "seven (7)"}


def draw(r: Draw) -> Content:
    amended = r.day()
    leased = r.birthday(2012, 2021)
    expired = date(2025, r.randint(6, 12), r.choice([28, 30]))
    years = r.choice(list(YEARS))
    area = r.randint(1200, 22_000)
    rent = cents(Decimal(area) * r.choice([18, 21, 24, 27]) / 12)
    landlord_form, tenant_form = r.choice(list(FORMS)), r.choice(list(FORMS))
    free_months = r.choice([0, 0, 0, 0, 1, 2, 3])
    return {
        "amendment_number": r.choice(["First", "Second", "Third", "Fourth"]),
        "amendment_date": amended,
        "landlord": r.choice(LANDLORDS) + landlord_form,
        "tenant": r.choice(TENANTS) + tenant_form,
        "guarantor": r.choice([r.name("us"), r.company("us")]) if r.maybe(0.45) else None,
        "premises_address": Lines(r.choice(PREMISES)),
        "lease_date": leased,
        "extension_start": expired + timedelta(1),
        "expiration_date": expired + relativedelta(years=years),
        "monthly_rent": rent,
        "security_deposit": rent * r.choice([1, 2]) if r.maybe(0.5) else None,
        "rentable_area": Decimal(area),
        "tenant_share": r.number(1.5, 38, 2),
        "improvement_allowance": Decimal(r.choice(["15000.00", "40000.00", "125000.00"])) if r.maybe(0.5) else None,
        "broker": r.choice(BROKERS) if r.maybe(0.6) else None,
        "landlord_is": f"{r.choice(STATES)} {FORMS[landlord_form]}",
        "tenant_is": f"{r.choice(STATES)} {FORMS[tenant_form]}",
        "is_successor": r.maybe(0.33),
        "amended_before": amended - timedelta(r.randint(500, 1400)) if r.maybe(0.5) else None,
        "expired": expired,
        "years": YEARS[years],
        "old_rent": cents(rent * Decimal("0.93")),
        "rent_of_a_year": rent * 12,
        "increase": r.choice(["3%", "2.5%"]),
        "free_months": free_months,
        "free_rent": rent * free_months,
        "landlord_signs": r.name("us"),
        "tenant_signs": r.name("us"),
    }


KIND = Kind(
    "lease_amendment",
    "en",
    specs(
        amendment_number="text", amendment_date="date", landlord="text", tenant="text", guarantor="text",
        premises_address="address", lease_date="date", extension_start="date", expiration_date="date",
        monthly_rent="amount", security_deposit="amount", rentable_area="number", tenant_share="percentage",
        improvement_allowance="amount", broker="text",
    ),
    draw,
)  # fmt: skip
