"""An American pay stub: earnings and deductions side by side, each amount once for the period and once for the year."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.kind import Content, Kind, specs

DEPARTMENTS = ("Warehouse", "Field Service", "Accounting", "Kitchen", "Front Desk")


def draw(r: Draw) -> Content:
    end = r.day()
    periods = max(1, end.timetuple().tm_yday // 14)
    rate = r.money(16, 48)
    earnings = _earnings(r, rate, periods)
    gross = sum((line["amount"] for line in earnings), Decimal())
    gross_ytd = sum((line["ytd"] for line in earnings), Decimal())
    shares = {"federal_tax": "0.098", "social_security": "0.062", "medicare": "0.0145", "state_tax": "0.041"}
    names = {
        "federal_tax": "Federal Income Tax",
        "social_security": "Social Security",
        "medicare": "Medicare",
        "state_tax": "OH State Income Tax",
    }
    taken = {key: cents(gross * Decimal(share)) for key, share in shares.items()}
    deductions = [(names[key], amount, cents(gross_ytd * Decimal(shares[key]))) for key, amount in taken.items()]
    retirement = cents(gross * Decimal("0.05")) if r.maybe(0.6) else None
    health = r.choice([None, Decimal("84.20"), Decimal("131.75"), Decimal("56.10")])
    garnishment = r.money(40, 120) if r.maybe(0.2) else None
    for name, amount in (("401(k)", retirement), ("Medical Pre-tax", health), ("Garnishment", garnishment)):
        if amount is not None:
            deductions.append((name, amount, amount * periods))
    total = sum((amount for _, amount, _ in deductions), Decimal())
    total_ytd = sum((ytd for _, _, ytd in deductions), Decimal())
    rows = max(len(earnings), len(deductions))
    return {
        "employee": r.name("us"),
        "employee_address": r.address("us"),
        "employee_number": r.digits(6),
        "department": r.choice(DEPARTMENTS) if r.maybe(0.6) else None,
        "pay_rate": rate,
        "period_begin": end - timedelta(13),
        "period_end": end,
        "pay_date": end + timedelta(r.randint(3, 7)),
        "check_number": r.digits(7),
        "gross_pay": gross,
        "gross_pay_ytd": gross_ytd,
        **taken,
        "retirement": retirement,
        "medical": health,
        "garnishment": garnishment,
        "total_deductions": total,
        "net_pay": gross - total,
        "net_pay_ytd": gross_ytd - total_ytd,
        "vacation_balance": r.number(0, 120, 2),
        "earnings": earnings,
        "beside": [
            (earnings[i] if i < len(earnings) else None, deductions[i] if i < len(deductions) else None)
            for i in range(rows)
        ],
        "total_hours": sum((line["hours"] for line in earnings if line["hours"]), Decimal()),
        "total_deductions_ytd": total_ytd,
        "last_four": r.digits(4),
    }


def _earnings(r: Draw, rate: Decimal, periods: int) -> list[dict[str, Any]]:
    def line(name: str, hours: Decimal | None, at: Decimal | None, amount: Decimal) -> dict[str, Any]:
        return {
            "name": name,
            "hours": hours,
            "rate": at,
            "amount": amount,
            "ytd": cents(amount * periods * Decimal("0.97")),
        }

    hours = r.choice([Decimal("80.00"), r.number(52, 80, 2)])
    lines = [line("Regular", hours, rate, cents(hours * rate))]
    if r.maybe(0.5):
        hours, more = r.number(1, 14, 2), cents(rate * Decimal("1.5"))
        lines.append(line("Overtime", hours, more, cents(hours * more)))
    if r.maybe(0.3):
        lines.append(line("Holiday", Decimal("8.00"), rate, 8 * rate))
    if r.maybe(0.3):
        lines.append(line("Bonus", None, None, r.number(1, 9, 0) * Decimal("100.00")))
    return lines


KIND = Kind(
    "pay_stub",
    "en",
    specs(
        employee="text", employee_address="address", employee_number="id", department="text", pay_rate="amount",
        period_begin="date", period_end="date", pay_date="date", check_number="id", gross_pay="amount",
        gross_pay_ytd="amount", federal_tax="amount", social_security="amount", medicare="amount", state_tax="amount",
        retirement="amount", medical="amount", garnishment="amount", total_deductions="amount", net_pay="amount",
        net_pay_ytd="amount", vacation_balance="number",
    ),
    draw,
    TableSpec("earnings", specs(name="text", hours="number", rate="amount", amount="amount", ytd="amount")),
    scanned=range(1, 14, 5),
)  # fmt: skip
