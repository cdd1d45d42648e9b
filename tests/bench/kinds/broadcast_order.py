"""A television station's order confirmation: three columns of labels, dates of three kinds, totals on the last page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, Lines, cents
from tests.bench.kinds.filters import spell
from tests.bench.kinds.kind import Content, Kind, specs

STATIONS = ("KQRV-TV", "KQRV-D2", "KQRW-TV")
ADVERTISERS = (
    "Committee to Elect Dana Whitlock", "Citizens for Better Roads", "Benning for Senate", "Yes on Measure 14",
    "Tri-County Ford Dealers", "Friends of Luis Carrera", "Working Families Alliance PAC", "Harbor Health Plan",
)  # fmt: skip
PRODUCTS = (
    "Governor",
    "US Senate",
    "Issue Advocacy",
    "Ballot Measure",
    "Q3 Flight",
    "State Senate District 9",
    "Primary",
)
AGENCIES = (
    "Media Ad Partners",
    "Canal Street Buying Group",
    "Redwood Political Media",
    "Stroud & Iverson Inc.",
    "Direct Buy Media",
)
OFFICES = ("Washington DC", "Local", "National - Chicago", "Los Angeles")
PROGRAMS = {
    "5a-6a": "Early Morning News", "6a-7a": "Morning News at 6", "9a-10a": "Daytime Rotator", "12p-1p": "News at Noon",
    "5p-6p": "Evening News at 5", "6p-6:30p": "Evening News at 6", "7p-8p": "Prime Access", "11p-11:35p": "Late News", "Various": "Sports",
}  # fmt: skip


def draw(r: Draw) -> Content:
    start = date(2025, r.randint(1, 10), r.randint(1, 25))
    end = start + timedelta(r.randint(6, 40))
    entered = start - timedelta(r.randint(3, 30))
    revised = entered + timedelta(r.randint(1, 9)) if r.maybe(0.6) else entered
    lines = [_line(r, number, start, end) for number in range(1, r.choice([2, 3, 5, 9, 14, 22]) + 1)]
    gross = sum((line["total"] for line in lines), Decimal())
    commission = cents(gross * Decimal("0.15")) if r.maybe(0.7) else None
    agency = r.choice(AGENCIES) if commission is not None else None
    contract = r.digits(7)
    return {
        "contract_number": contract,
        "revision": r.randint(1, 7) if revised != entered else None,
        "alt_order": f"WOC{r.digits(8)}" if r.maybe(0.5) else None,
        "advertiser": r.choice(ADVERTISERS),
        "agency": agency,
        "agency_address": r.address("us") if agency else None,
        "product": r.choice(PRODUCTS),
        "estimate": r.digits(4) if r.maybe(0.7) else None,
        "flight_from": start,
        "flight_to": end,
        "entered_on": entered,
        "revised_on": revised,
        "station": r.choice(STATIONS),
        "account_executive": r.name("us"),
        "sales_office": r.choice(OFFICES),
        "total_spots": sum(line["spots"] for line in lines),
        "gross_amount": gross,
        "commission": commission,
        "net_amount": gross - (commission or 0),
        "order_lines": lines,
        "printed_on": revised + timedelta(r.randint(0, 3)),
        "printed_at": r.clock(8, 17),
        "cycle": r.choice(["EOM/EOC", "EOM/Calendar", "Weekly"]),
        "demographic": r.choice(["Adults 35+", "Adults 25-54", "Women 50+"]),
        "by_month": _by_month(start, end, gross),
        "station_address": Lines(("1800 Broadcast Plaza", "Boise, ID 83702")),
    }


def _line(r: Draw, number: int, start: date, end: date) -> dict[str, Any]:
    begin = start + timedelta(r.choice([0, 0, 7]) if (end - start).days > 10 else 0)
    time = r.choice(list(PROGRAMS))
    spots, rate = r.randint(1, 24), r.number(15, 900, 0) * Decimal("5.00")
    return {
        "line": str(number), "from": begin, "to": end, "program": PROGRAMS[time], "time": time,
        "days": r.choice(["M-F", "MTWTF--", "SaSu", "M-Su", "--W-F--"]), "length": ":30" if r.maybe(0.8) else ":60",
        "spots": spots, "rate": rate, "total": spots * rate,
    }  # fmt: skip


def _by_month(start: date, end: date, gross: Decimal) -> list[tuple[str, Decimal]]:
    if start.month == end.month:
        return [(spell(start, "MMM y", "en"), gross)]
    first = cents(gross * Decimal("0.4"))
    return [(spell(start, "MMM y", "en"), first), (spell(end, "MMM y", "en"), gross - first)]


KIND = Kind(
    "broadcast_order",
    "en",
    specs(
        contract_number="id", revision="number", alt_order="id", advertiser="text", agency="text",
        agency_address="address", product="text", estimate="id", flight_from="date", flight_to="date",
        entered_on="date", revised_on="date", station="text", account_executive="text", sales_office="text",
        total_spots="number", gross_amount="amount", commission="amount", net_amount="amount",
    ),
    draw,
    TableSpec(
        "order_lines",
        specs(line="id", program="text", time="text", days="text", spots="number", rate="amount", total="amount"),
    ),
)  # fmt: skip
