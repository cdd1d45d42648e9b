"""A timesheet of one week: what is ticked, days without work that stand empty, hours as clock times and as decimals."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.kind import Content, Kind, specs

CLIENTS = ("Longmere Rail Group", "Oakfield Hospital Trust", "Clearbrook Water plc", "Dunmore Council")
JOBS = ("Site Engineer", "Care Assistant", "Systems Analyst (Grade 6)", "Electrician")
CONTRACTS = ("Temporary", "Permanent", "Freelance")
TASKS = (
    "Track survey, section B",
    "Ward 7",
    "Fault finding",
    "On-site meeting with the client and documentation of defects",
    "Commissioning",
    "Travel and set-up",
)
REMARKS = (
    None,
    None,
    "Public holiday on Monday",
    "Late start on Tuesday owing to train strike; agreed with supervisor",
)


def draw(r: Draw) -> Content:
    ending = date(2025, 1, 5) + timedelta(weeks=r.randint(0, 46))
    week = [_day(r, ending - timedelta(6 - number)) for number in range(7)]
    worked = [day for day in week if day["hours"] is not None]
    hours = sum((day["hours"] for day in worked), Decimal("0.00"))
    rate = r.choice([Decimal("18.50"), Decimal("24.00"), Decimal("31.75"), Decimal("42.00")])
    return {
        "worker": r.name("en"),
        "employee_id": f"T{r.digits(4)}",
        "week_ending": ending,
        "client": r.choice(CLIENTS),
        "job_title": r.choice(JOBS),
        "purchase_order": f"PO-{r.digits(5)}" if r.maybe(0.6) else None,
        "contract_type": r.choice(CONTRACTS),
        "hours_total": hours,
        "overtime_total": sum((day["overtime"] for day in worked), Decimal("0.00")),
        "hourly_rate": rate,
        "gross_week": cents(hours * rate),
        "expenses": r.choice([None, None, r.money(8, 120)]),
        "remarks": r.choice(REMARKS),
        "approved_by": r.name("en"),
        "approved_on": ending + timedelta(r.randint(1, 4)),
        "days": worked,
        "week": week,
        "contracts": CONTRACTS,
    }


def _day(r: Draw, day: date) -> dict[str, Any]:
    """A line of the week; of a day without work only the day."""
    found = {"day": day, "weekday": f"{day:%a}"} | dict.fromkeys(("start", "end", "hours", "overtime", "task"))
    is_weekend = day.weekday() > 4
    if r.maybe(0.7 if is_weekend else 0.08):
        return found
    start, at_work, pause = r.choice([420, 450, 480, 510, 540]), r.choice([480, 510, 540, 600]), r.choice([30, 45, 60])
    hours = cents(Decimal(at_work - pause) / 60)
    return found | {
        "start": _clock(start),
        "end": _clock(start + at_work),
        "pause": _clock(pause),
        "hours": hours,
        "overtime": max(hours - 8, Decimal("0.00")),
        "task": r.choice(TASKS),
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


KIND = Kind(
    "timesheet",
    "en",
    specs(
        worker="text", employee_id="id", week_ending="date", client="text", job_title="text", purchase_order="id",
        contract_type="text", hours_total="number", overtime_total="number", hourly_rate="amount", gross_week="amount",
        expenses="amount", remarks="text", approved_by="text", approved_on="date",
    ),
    draw,
    TableSpec(
        "days", specs(weekday="text", start="text", end="text", hours="number", overtime="number", task="text")
    ),
)  # fmt: skip
