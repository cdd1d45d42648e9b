"""A German bank confirms balances to an auditor, in sentences: several companies, dates and sums in running text."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.bench.kinds.draw import Draw, Lines
from tests.bench.kinds.kind import Content, Kind, specs

CLIENTS = (
    "Holzbau Petersen GmbH & Co. KG", "Lindner Medizintechnik GmbH", "Oberhuber Logistik AG", "Krüger & Söhne Metallbau GmbH",
    "Nordlicht Solar GmbH", "Bäckerei Hagen KG", "Schuster Anlagenbau GmbH", "VivaPlan Immobilien GmbH",
)  # fmt: skip
AUDITORS = (
    "Brandt Weber Partner mbB",
    "Treuhand Nordwest GmbH",
    "Revisio Audit GmbH",
    "Hofmeister & Kollegen PartG mbB",
)
BENEFICIARIES = (
    "Stadtwerke Oldenburg AG",
    "Hafenlogistik Emden GmbH",
    "Bauträger Leineufer GmbH",
    "Landkreis Ammerland",
)


def draw(r: Draw) -> Content:
    closing = date(r.choice([2023, 2024]), r.choice([12, 12, 6]), 30)
    closing = closing.replace(day=31) if closing.month == 12 else closing
    written = closing + timedelta(r.randint(12, 80))
    account = r.digits(10)
    line = r.number(50, 900, 0) * Decimal("1000.00") if r.maybe(0.6) else None
    loan = r.number(20, 2500, 0) * Decimal("1000.00") if r.maybe(0.6) else None
    guarantee = r.money(4000, 180_000) if r.maybe(0.4) else None
    first, second = r.name("de"), r.name("de")
    return {
        "letter_date": written,
        "reference": f"{r.choice('ABCDEFGH')}{r.digits(3)}-{r.digits(4)}",
        "auditor": r.choice(AUDITORS),
        "auditor_address": r.address("de"),
        "client": r.choice(CLIENTS),
        "client_address": Lines((r.street("de"), r.town("de"))),
        "balance_date": closing,
        "account_number": account,
        "iban": r.iban("DE"),
        "balance": r.money(800, 640_000),
        "credit_line": line,
        "drawn": r.money(1000, float(line)) if line and r.maybe(0.6) else None,
        "loan_number": r.digits(9) if loan else None,
        "loan_balance": loan,
        "interest_rate": r.number(1.1, 6.9, 2) if loan else None,
        "maturity": date(r.randint(2026, 2039), r.choice([3, 6, 9, 12]), 30) if loan else None,
        "guarantee": guarantee,
        "beneficiary": r.choice(BENEFICIARIES) if guarantee else None,
        "first_signatory": first,
        "second_signatory": second,
        "asked_on": written - timedelta(r.randint(4, 20)),
        "clerk": r.name("de"),
        "extension": r.digits(3),
        "has_securities": r.maybe(0.4),
    }


KIND = Kind(
    "bank_confirmation",
    "de",
    specs(
        letter_date="date", reference="id", auditor="text", auditor_address="address", client="text",
        client_address="address", balance_date="date", account_number="id", iban="iban", balance="amount",
        credit_line="amount", drawn="amount", loan_number="id", loan_balance="amount", interest_rate="percentage",
        maturity="date", guarantee="amount", beneficiary="text", first_signatory="text", second_signatory="text",
    ),
    draw,
)  # fmt: skip
