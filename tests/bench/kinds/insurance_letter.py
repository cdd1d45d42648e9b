"""A British insurer's letter that renews a policy: all values but the address stand in running text."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tests.bench.kinds.draw import Draw, cents, mailbox
from tests.bench.kinds.kind import Content, Kind, specs


def draw(r: Draw) -> Content:
    written = r.day()
    begins = written + timedelta(r.randint(5, 30))
    home, holder, contact = r.address("en"), r.name("en"), r.name("en")
    premium = r.money(160, 1400)
    return {
        "policyholder": holder,
        "postal_address": home,
        "policy_number": f"HX/{r.digits(6)}/{r.choice('ABCD')}",
        "letter_date": written,
        "cover_from": begins,
        "cover_to": begins + relativedelta(years=1, days=-1),
        "risk_address": home if r.maybe(0.7) else r.address("en"),
        "annual_premium": premium,
        "premium_tax": cents(premium * 12 / 112),
        "previous_premium": cents(premium * r.number(0.85, 1.15, 2)),
        "instalment": cents(premium / 12 * Decimal("1.04")) if r.maybe(0.5) else None,
        "buildings_sum": Decimal(r.choice([250, 320, 475, 600, 850]) * 1000),
        "contents_sum": Decimal(r.choice([40, 55, 75]) * 1000),
        "excess": Decimal(r.choice([100, 150, 250, 350])),
        "no_claims_years": r.choice([0, 1, 2, 3, 5, 9]),
        "claim_reference": f"CL-{r.digits(5)}" if r.maybe(0.4) else None,
        "contact": contact,
        "contact_email": f"{mailbox(contact)}@castlegarth.example",
        "title": r.choice(["Mr", "Mrs", "Ms", "Dr"]),
        "last_name": holder.split()[1],
        "telephone": f"0113 496 0{r.digits(3)}",
        "answer_by": begins - timedelta(3),
        "has_water_clause": r.maybe(0.5),
    }


KIND = Kind(
    "insurance_letter",
    "en",
    specs(
        policyholder="text", postal_address="address", policy_number="id", letter_date="date", cover_from="date",
        cover_to="date", risk_address="address", annual_premium="amount", premium_tax="amount",
        previous_premium="amount", instalment="amount", buildings_sum="amount", contents_sum="amount", excess="amount",
        no_claims_years="number", claim_reference="id", contact="text", contact_email="email",
    ),
    draw,
)  # fmt: skip
