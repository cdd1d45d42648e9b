"""An American health plan's explanation of benefits: nine columns, services in two lines, a total below all of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.kind import ALL, Content, Kind, specs

PROVIDERS = (
    "Cedar Valley Orthopedics", "St. Brendan Medical Center", "Northside Imaging Associates", "Dr. Harlan Weiss MD",
    "Riverbend Family Practice", "QuickLab Diagnostics", "Lakeshore Physical Therapy", "Dr. Priya Venkat DO",
    "Mountain View Urgent Care", "Eastgate Pediatrics PC",
)  # fmt: skip
EMPLOYERS = (
    "Larkin Foods Corp",
    "Apex Freight Inc",
    "Unified School District 12",
    "Hollis Paper Company",
    "Brightwater Ltd",
)
# Service: its code and about what it costs.
SERVICES = {
    "Office visit, established patient": ("99213", 165),
    "X-ray, knee, 3 views": ("73562", 142),
    "MRI, lower extremity without contrast": ("73721", 1480),
    "Lab work, comprehensive metabolic panel": ("80053", 88),
    "Physical therapy, therapeutic exercise, each 15 minutes": ("97110", 95),
    "Emergency room visit, high complexity": ("99284", 1260),
    "Injection, joint, major": ("20610", 310),
    "Immunization administration": ("90471", 46),
    "Electrocardiogram with interpretation and report": ("93000", 74),
    "Destruction of benign lesion": ("17110", 205),
}
SUMS = ("billed", "discount", "deductible", "copay", "coinsurance", "plan_paid")
NONE = Decimal("0.00")


def draw(r: Draw) -> Content:
    member = r.name("us")
    deductible = Decimal(r.choice([0, 0, 150, 400, 900, 1200])) + NONE
    services, left = _services(r, r.day() - timedelta(20), deductible)
    received = services[-1]["service_date"] + timedelta(r.randint(2, 9))
    processed = received + timedelta(r.randint(2, 12))
    total = {key: sum(service[key] for service in services) for key in SUMS}
    return {
        "member": member,
        "member_address": r.address("us"),
        "member_id": f"W{r.digits(8)}",
        "group_number": f"0{r.digits(6)}",
        "claim_number": f"E{r.digits(4)}-{r.digits(5)}-{r.randint(10, 99)}",
        "patient": member if r.maybe(0.6) else r.name("us"),
        "provider": r.choice(PROVIDERS),
        "received_date": received,
        "processed_date": processed,
        "total_billed": total["billed"],
        "total_discount": total["discount"],
        "total_plan_paid": total["plan_paid"],
        "amount_you_owe": total["billed"] - total["discount"] - total["plan_paid"],
        "deductible_remaining": left or None,
        "check_number": r.digits(8) if total["plan_paid"] and r.maybe(0.6) else None,
        "services": services,
        "total": total,
        "statement_date": processed + timedelta(r.randint(1, 4)),
        "employer": r.choice(EMPLOYERS),
    }


def _services(r: Draw, first: date, deductible: Decimal) -> tuple[list[dict[str, Any]], Decimal]:
    """Return the services, oldest first, and what is left of the deductible. deductible: what is left before them."""
    services = []
    for _ in range(r.randint(1, 6)):
        name, (code, price) = r.choice(list(SERVICES.items()))
        billed = price + r.money(0, 60)
        discount = cents(billed * r.choice([Decimal("0.2"), Decimal("0.35"), Decimal("0.45")]))
        owed = billed - discount
        from_deductible = min(deductible, owed)
        deductible -= from_deductible
        owed -= from_deductible
        copay = min(r.choice([NONE, Decimal("25.00"), Decimal("40.00")]), owed)
        coinsurance = cents((owed - copay) / 5)
        service = {
            "service_date": first + timedelta(r.randint(0, 4)),
            "service": f"{name} {code}",
            "billed": billed,
            "discount": discount,
            "deductible": from_deductible,
            "copay": copay,
            "coinsurance": coinsurance,
            "plan_paid": owed - copay - coinsurance,
            "remark": r.choice([None, "A1", "B7", "K4"]),
        }
        services.append(service)
    return sorted(services, key=lambda service: service["service_date"]), deductible


KIND = Kind(
    "explanation_of_benefits",
    "en",
    specs(
        member="text", member_address="address", member_id="id", group_number="id", claim_number="id", patient="text",
        provider="text", received_date="date", processed_date="date", total_billed="amount", total_discount="amount",
        total_plan_paid="amount", amount_you_owe="amount", deductible_remaining="amount", check_number="id",
    ),
    draw,
    TableSpec(
        "services",
        specs(
            service_date="date", service="text", billed="amount", discount="amount", deductible="amount",
            copay="amount", coinsurance="amount", plan_paid="amount", remark="text",
        ),
    ),
    scanned=ALL,
)  # fmt: skip
