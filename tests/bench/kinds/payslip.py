"""A German payslip: many amounts close to each other, and the same ones again as sums of the year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.filters import spell
from tests.bench.kinds.kind import Content, Kind, specs

HEALTH_INSURERS = ("Gesundkasse Mitte", "BKK Werk und Handel", "Neue Landkasse Bayern", "IKK Handwerkerbund")
BANKS = ("Stadtsparkasse Quellbach", "Volksbank Auental eG", "Direktbank Nord")


def draw(r: Draw) -> Content:
    month = date(2025, r.randint(1, 12), 26)
    wages = _wages(r)
    gross = sum((line["amount"] for line in wages), Decimal())
    income_tax = cents(gross * Decimal("0.17"))
    church_tax = cents(income_tax * Decimal("0.08")) if r.maybe(0.5) else None
    shares = {"health": "0.0815", "pension_insurance": "0.093", "unemployment": "0.013", "care": "0.018"}
    insurance = {name: cents(gross * Decimal(share)) for name, share in shares.items()}
    of_month = {"gross": gross, "tax": income_tax, **insurance}
    net = gross - income_tax - (church_tax or 0) - sum(insurance.values())
    advance = r.choice([None, None, Decimal("-150.00"), Decimal("-80.50")])
    birthday = r.birthday(1960, 2003)
    return {
        "employee": r.name("de"),
        "employee_address": r.address("de"),
        "personnel_number": f"{r.randint(1, 9999):05d}",
        "entry_date": date(r.randint(2001, 2024), r.randint(1, 12), 1),
        "tax_id": " ".join([r.digits(2), r.digits(3), r.digits(3), r.digits(3)]),
        "tax_class": r.choice(["I", "III", "IV", "V"]),
        "social_security_number": f"{r.digits(2)} {birthday:%d%m%y} {r.choice('BHKLMSW')} {r.digits(3)}",
        "health_insurance": r.choice(HEALTH_INSURERS),
        "month": spell(month, "MMMM y", "de"),
        "gross_pay": gross,
        "income_tax": income_tax,
        "church_tax": church_tax,
        "net_pay": net,
        "advance": advance,
        "payout": net + (advance or 0),
        "bank_account": r.iban("DE"),
        "wage_lines": wages,
        "child_allowance": r.choice(["0,0", "0,5", "1,0", "2,0"]),
        "printed_on": month,
        "bank": r.choice(BANKS),
        "of_year": {name: amount * month.month for name, amount in of_month.items()},
        **insurance,
    }


def _wages(r: Draw) -> list[dict[str, Any]]:
    def line(code: str, name: str, amount: Decimal) -> dict[str, Any]:
        return {"code": code, "name": name, "quantity": None, "factor": None, "amount": amount}

    base = Decimal(r.randint(2800, 6900)) * Decimal("1.00")
    lines = [line("1000", "Gehalt", base)]
    if r.maybe(0.5):
        hours, factor = Decimal(r.randint(2, 20)), cents(base / 160 * Decimal("1.25"))
        overtime = line("1220", "Überstunden 125 %", hours * factor)
        lines.append(overtime | {"quantity": hours, "factor": factor})
    if r.maybe(0.4):
        lines.append(line("1310", "VWL Arbeitgeberanteil", Decimal("26.59")))
    if r.maybe(0.3):
        lines.append(line("1500", "Urlaubsgeld", r.number(400, 1500, 0) * Decimal("1.00")))
    if r.maybe(0.4):
        travel = line("2100", "Fahrtkostenzuschuss", Decimal("37.80"))
        lines.append(travel | {"quantity": Decimal(18), "factor": Decimal("2.10")})
    return lines


KIND = Kind(
    "payslip",
    "de",
    specs(
        employee="text", employee_address="address", personnel_number="id", entry_date="date", tax_id="id",
        tax_class="text", social_security_number="id", health_insurance="text", month="text", gross_pay="amount",
        income_tax="amount", church_tax="amount", pension_insurance="amount", net_pay="amount", advance="amount",
        payout="amount", bank_account="iban",
    ),
    draw,
    TableSpec("wage_lines", specs(code="id", name="text", quantity="number", factor="amount", amount="amount")),
)  # fmt: skip
