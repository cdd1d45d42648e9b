"""A British laboratory's report to a doctor: three dates with times, and results that may bear a flag."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw
from tests.bench.kinds.kind import Content, Kind, specs

# Test: its unit, the ends of its reference range, decimal places of its results.
TESTS = {
    "Haemoglobin": ("g/dL", 12, 16, 1),
    "Leucocytes": ("x10^9/L", 4, 10, 1),
    "Platelets": ("x10^9/L", 150, 400, 0),
    "Sodium": ("mmol/L", 135, 145, 0),
    "Potassium": ("mmol/L", 3.5, 5.1, 1),
    "Creatinine": ("µmol/L", 53, 97, 0),
    "Glucose (fasting)": ("mmol/L", 3.9, 5.6, 1),
    "C-reactive protein": ("mg/L", 0, 5, 1),
    "ALT": ("U/L", 7, 40, 0),
    "Total cholesterol": ("mmol/L", 3.0, 5.0, 1),
    "TSH": ("mU/L", 0.4, 4.0, 2),
    "Ferritin": ("µg/L", 15, 150, 0),
}
COMMENTS = (
    None,
    None,
    "Sample slightly haemolysed, potassium may be raised.",
    "Suggest repeat in 3 months and review of current medication with the patient, since values have been rising since "
    "the last visit.",
    "No further action required.",
)


def draw(r: Draw) -> Content:
    first, last = r.name("en").split()
    collected = r.day()
    received = collected + timedelta(r.randint(0, 1))
    return {
        "patient": f"{last.upper()}, {first}",
        "date_of_birth": r.birthday(1938, 2005),
        "sex": r.choice(["Male", "Female"]),
        "hospital_number": f"H{r.digits(6)}",
        "nhs_number": f"{r.digits(3)} {r.digits(3)} {r.digits(4)}" if r.maybe(0.7) else None,
        "requester": f"Dr {r.name('en')}",
        "lab_number": f"{collected:%y}-{r.digits(5)}-{r.choice('ABC')}",
        "collected": collected,
        "received": received,
        "reported": received + timedelta(r.randint(0, 3)),
        "report_status": r.choice(["FINAL", "PRELIMINARY", "AMENDED"]),
        "specimen": r.choice(["Venous blood, EDTA", "Serum", "Venous blood, fluoride"]),
        "comment": r.choice(COMMENTS),
        "authorised_by": r.name("en"),
        "results": [_result(r, test) for test in r.sample(list(TESTS), r.randint(5, 11))],
        "times": {"collected": r.clock(7, 11), "received": r.clock(12, 18), "reported": r.clock(8, 18)},
    }


def _result(r: Draw, test: str) -> dict[str, Any]:
    unit, low, high, places = TESTS[test]
    result = r.number(max(low - (high - low) / 4, 0), high + (high - low) / 3, places)
    flag = "H" if result > Decimal(str(high)) else "L" if result < Decimal(str(low)) else None
    return {"test": test, "result": result, "flag": flag, "unit": unit, "reference": f"{low} - {high}"}


KIND = Kind(
    "lab_report",
    "en",
    specs(
        patient="text", date_of_birth="date", sex="text", hospital_number="id", nhs_number="id", requester="text",
        lab_number="id", collected="date", received="date", reported="date", report_status="text", specimen="text",
        comment="text", authorised_by="text",
    ),
    draw,
    TableSpec("results", specs(test="text", result="number", flag="text", unit="text", reference="text")),
    scanned=(3, 9),
)  # fmt: skip
