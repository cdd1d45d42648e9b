"""An American certificate of liability insurance: a dense form, names above values, crossed boxes, rows left empty."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tests.bench.kinds.draw import Draw, mailbox
from tests.bench.kinds.kind import ALL, Content, Kind, specs

PRODUCERS = (
    "Brightwater Insurance Group", "Tolland & Pierce Agency Inc.", "Sagebrush Risk Partners LLC",
    "Copperfield Brokerage", "Lighthouse Commercial Insurance", "Mesa Verde Insurance Services", "Anchor & Oak Agency",
    "Ridgeline Underwriters Inc.", "Hollis Insurance Associates",
)  # fmt: skip
INSURERS = (
    "Granite State Mutual Ins. Co.", "Meridian Casualty Company", "Old Harbor Fire & Marine",
    "Prairie National Insurance", "Summit Indemnity Co.", "Keystone Surety Company", "Great Basin Insurance Co.",
    "Commonwealth Employers Mutual",
)  # fmt: skip
HOLDERS = (
    "City of Fairhaven", "Westbrook Property Management LLC", "Lakeside Unified School District",
    "Hudson Tower Associates LP", "Orchard Retail Trust", "County of Merrick - Public Works",
    "Port of Ashford Authority", "Silverton Water District", "St. Brendan Medical Center",
)  # fmt: skip
OPERATIONS = (
    "Certificate holder is included as additional insured as required by written contract.",
    "RE: Project {project} Riverside Pump Station. 30 days notice of cancellation applies.",
    "Evidence of coverage only.",
    "",
)
MILLION = Decimal(1_000_000)


def draw(r: Draw) -> Content:
    issued = r.day()
    begins = issued - timedelta(r.randint(0, 200))
    auto_begins = begins - timedelta(r.randint(0, 60))
    producer, contact, insurers = r.choice(PRODUCERS), r.name("us"), r.sample(INSURERS, 3)
    number = r.digits(9)
    has_auto, has_umbrella, has_compensation = r.maybe(0.65), r.maybe(0.5), r.maybe(0.8)
    return {
        "certificate_date": issued,
        "producer": producer,
        "contact_name": contact,
        "contact_email": f"{mailbox(contact)}@{producer.split()[0].lower()}.example",
        "insured": r.company("us"),
        "insured_address": r.address("us"),
        "insurer_a": insurers[0],
        "certificate_number": number,
        "gl_policy_number": _policy(r, r.choice(["GL", "CPP", "BKS"])),
        "gl_expiration": begins + relativedelta(years=1),
        "each_occurrence": r.choice([MILLION / 2, MILLION, 2 * MILLION]),
        "claims_basis": r.choice(["CLAIMS-MADE", "OCCUR", "OCCUR", "OCCUR"]),
        "auto_policy_number": _policy(r, "BAP") if has_auto else None,
        "umbrella_each_occurrence": r.choice([1, 2, 5, 10]) * MILLION if has_umbrella else None,
        "wc_policy_number": _policy(r, "WC") if has_compensation else None,
        "certificate_holder": r.choice(HOLDERS),
        "producer_at": r.address("us"),
        "telephone": f"({r.digits(3)}) 555-0{r.digits(3)}",
        "fax": f"({r.digits(3)}) 555-0{r.digits(3)}" if r.maybe(0.5) else "",
        "insurers": [{"letter": letter, "name": name, "naic": r.digits(5)} for letter, name in zip("ABC", insurers)],
        "revision": r.choice(["", "", "", "1", "2"]),
        "has_additional_insured": r.maybe(0.5),
        "gl_from": begins,
        "gl_limits": {
            "rented": Decimal(r.choice([100_000, 300_000])),
            "medical": Decimal(r.choice([5_000, 10_000, 15_000])),
            "aggregate": r.choice([2, 4]) * MILLION,
        },
        "auto_from": auto_begins,
        "auto_to": auto_begins + relativedelta(years=1),
        "auto_limit": MILLION,
        "umbrella_policy": f"UMB{number[:6]}",
        "accident": r.choice([MILLION / 2, MILLION]),
        "operations": r.choice(OPERATIONS).format(project=f"{issued:%y}-{r.digits(3)}"),
        "holder_at": r.address("us"),
    }


def _policy(r: Draw, prefix: str) -> str:
    return f"{prefix}{r.digits(7)}-{r.randint(10, 99)}"


KIND = Kind(
    "insurance_certificate",
    "en",
    specs(
        certificate_date="date", producer="text", contact_name="text", contact_email="email", insured="text",
        insured_address="address", insurer_a="text", certificate_number="id", gl_policy_number="id",
        gl_expiration="date", each_occurrence="amount", claims_basis="text", auto_policy_number="id",
        umbrella_each_occurrence="amount", wc_policy_number="id", certificate_holder="text",
    ),
    draw,
    scanned=ALL,
)  # fmt: skip
