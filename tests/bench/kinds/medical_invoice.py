"""A German doctor's invoice: a patient who is not always its recipient, a date at the first row of each day only."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.kind import Content, Kind, specs

POINT = Decimal("0.0582873")  # euros
SERVICES = {
    "1": ("Beratung, auch mittels Fernsprecher", 80),
    "3": ("Eingehende, das gewöhnliche Maß übersteigende Beratung, auch mittels Fernsprecher", 150),
    "5": ("Symptombezogene Untersuchung", 80),
    "6": (
        "Vollständige körperliche Untersuchung mindestens eines der folgenden Organsysteme: Augen, HNO-Bereich, Nieren",
        100,
    ),
    "7": ("Vollständige körperliche Untersuchung des Hautorgans, der Stütz- und Bewegungsorgane", 160),
    "75": ("Ausführlicher schriftlicher Krankheits- und Befundbericht", 130),
    "200": ("Verband", 45),
    "250": ("Blutentnahme mittels Spritze, Kanüle oder Katheter aus der Vene", 40),
    "410": ("Ultraschalluntersuchung eines Organs", 200),
    "420": ("Ultraschalluntersuchung von bis zu drei weiteren Organen im Anschluss an Nummer 410, je Organ", 80),
    "651": ("Elektrokardiographische Untersuchung in Ruhe", 253),
    "3508": ("Mikroskopische Untersuchung eines Nativpräparats", 80),
    "3550": ("Blutbild und Blutbildbestandteile", 60),
}
DIAGNOSES = (
    "Arterielle Hypertonie (I10.90 G)", "Akute Bronchitis (J20.9 G)", "Lumbago (M54.5 G), Muskelverspannung (M62.89 G)",
    "Diabetes mellitus Typ 2 (E11.90 G), Hyperlipidämie (E78.5 G), Adipositas (E66.00 G)", "Verdacht auf Cholezystolithiasis (K80.20 V)",
    "Akute Gastroenteritis (A09.9 G)", "Zustand nach Distorsion des rechten Sprunggelenks (S93.40 Z)", "Migräne ohne Aura (G43.0 G)",
)  # fmt: skip


def draw(r: Draw) -> Content:
    recipient = r.name("de")
    patient = recipient if r.maybe(0.5) else f"{r.name('de').split()[0]} {recipient.split()[-1]}"
    days = [r.day()]
    for _ in range(r.choice([0, 1, 2, 4, 6])):
        days.append(days[-1] + timedelta(r.randint(1, 20)))
    lines = [line for day in days for line in _of_day(r, day)]
    fees = sum((line["amount"] for line in lines), Decimal())
    expenses = r.choice([None, None, Decimal("3.25"), r.money(2, 40)])
    paid = r.choice([None, None, None, Decimal("50.00"), Decimal("100.00")])
    billed = days[-1] + timedelta(r.randint(3, 30))
    return {
        "invoice_number": f"{billed:%y%m}-{r.digits(5)}",
        "invoice_date": billed,
        "recipient": recipient,
        "recipient_address": r.address("de"),
        "patient": patient,
        "patient_number": r.digits(5),
        "birth_date": r.birthday(1940, 2015),
        "treated_from": days[0],
        "treated_to": days[-1],
        "diagnosis": r.choice(DIAGNOSES),
        "fees": fees,
        "expenses": expenses,
        "prepaid": paid,
        "total": fees + (expenses or 0) - (paid or 0),
        "due_date": billed + timedelta(30),
        "treatments": lines,
        "salutation": r.choice(["Herrn", "Frau"]),
        "is_minor": patient != recipient,
    }


def _of_day(r: Draw, day: date) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for code in sorted(r.sample(list(SERVICES), r.randint(1, 4)), key=int):
        text, points = SERVICES[code]
        factor = r.choice([Decimal("2.30"), Decimal("2.30"), Decimal("1.80"), Decimal("1.15"), Decimal("3.50")])
        count = r.choice([1, 1, 1, 2])
        amount = cents(points * POINT * factor * count)
        lines.append(
            {
                "date": None if lines else day,
                "code": code,
                "description": text,
                "count": count,
                "factor": factor,
                "amount": amount,
            }
        )
    return lines


KIND = Kind(
    "medical_invoice",
    "de",
    specs(
        invoice_number="id", invoice_date="date", recipient="text", recipient_address="address", patient="text",
        patient_number="id", birth_date="date", treated_from="date", treated_to="date", diagnosis="text",
        fees="amount", expenses="amount", prepaid="amount", total="amount", due_date="date",
    ),
    draw,
    TableSpec("treatments", specs(date="date", code="id", description="text", count="number", factor="number", amount="amount")),
    scanned=range(0, 14, 4),
)  # fmt: skip
