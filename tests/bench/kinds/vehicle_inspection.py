"""A Polish protocol of a vehicle's inspection: boxes that are crossed, a checklist, owner and address in one cell.

Its fields are called in Polish, as those who enter it call them.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw
from tests.bench.kinds.kind import Content, Kind, specs

CARS = {
    "ŠUMAVA": ("OCTAN COMBI", "FELICE 1.6"),
    "BORENA": ("DUCTO 2.3 MJ", "TIPPO"),
    "HAYASHI": ("YARA HYBRID", "COROLINE"),
    "NORDVIK-BENNE": ("SPRINT 316", "VITTO 111 CDI"),
    "OPTIMA": ("CORSO", "ASTER K"),
    "FALKE": ("TRANSIT-O CUSTOM", "FIESTE"),
}
FUELS = ("benzyna", "olej napędowy", "LPG", "hybryda")
# What is inspected: what may be noted of it.
CHECKS = {
    "Identyfikacja pojazdu": None,
    "Układ hamulcowy": "różnica sił hamowania osi tylnej 34 %, przewód elastyczny lewy sparciały",
    "Układ kierowniczy": None,
    "Oświetlenie zewnętrzne": "brak światła stop z prawej strony",
    "Zawieszenie osi": "luz sworznia wahacza dolnego prawego",
    "Ogumienie": "bieżnik 1,4 mm",
    "Nadwozie i podwozie": "ognisko korozji progu lewego o długości ok. 20 cm, wycieki oleju ze skrzyni biegów",
    "Emisja spalin": "przekroczona wartość CO, pomiar 0,8 %",
    "Szyby i wycieraczki": None,
    "Hałas zewnętrzny": None,
}
VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def draw(r: Draw) -> Content:
    inspected = r.day()
    checks = [_check(r, number, name) for number, name in enumerate(list(CHECKS)[: r.randint(7, 10)], start=1)]
    passed = all(check["ocena"] != "N" for check in checks)
    make = r.choice(list(CARS))
    registered = r.birthday(2004, 2022)
    return {
        "numer_protokolu": f"{r.randint(100, 9800)}/{inspected.year}/SKP",
        "data_badania": inspected,
        "termin_nastepnego": inspected + relativedelta(years=1) if passed else None,
        "numer_rejestracyjny": f"{r.choice(['KR', 'WX', 'GA', 'PO', 'RZ'])} {r.digits(4)}{r.choice('ACEFGHJKLM')}",
        "numer_vin": "".join(r.choices(VIN_LETTERS, k=11)) + r.digits(6),
        "marka": make,
        "rok_produkcji": registered.year - r.choice([0, 0, 1]),
        "przebieg": r.randint(18_000, 412_000),
        "wlasciciel": r.choice([r.name("pl"), r.company("pl")]),
        "adres_wlasciciela": r.address("pl"),
        "diagnosta": r.name("pl"),
        "rodzaj_paliwa": r.choice(FUELS),
        "wynik": "pozytywny" if passed else "negatywny",
        "oplata": r.choice([Decimal("98.00"), Decimal("162.00"), Decimal("153.00")]),
        "masa_calkowita": r.choice([1650, 1930, 2800, 3500]) if r.maybe(0.7) else None,
        "kontrola": checks,
        "model": r.choice(CARS[make]),
        "fuels": FUELS,
        "registered": registered,
        "inspected_before": inspected - timedelta(r.randint(350, 370)),
        "licence": f"{r.choice(['KR', 'GD', 'WA'])}/D/{r.randint(100, 999)}",
        "reason": r.choice(["okresowe", "okresowe", "dodatkowe"]),
    }


def _check(r: Draw, number: int, name: str) -> dict[str, Any]:
    grade, note = "P", None
    if CHECKS[name] is not None and r.maybe(0.25):
        grade, note = r.choice(["N", "N", "U"]), CHECKS[name]
    elif r.maybe(0.07):
        grade = "ND"
    return {"lp": number, "czynnosc": name, "ocena": grade, "uwagi": note}


KIND = Kind(
    "vehicle_inspection",
    "pl",
    specs(
        numer_protokolu="id", data_badania="date", termin_nastepnego="date", numer_rejestracyjny="id", numer_vin="id",
        marka="text", rok_produkcji="number", przebieg="number", wlasciciel="text", adres_wlasciciela="address",
        diagnosta="text", rodzaj_paliwa="text", wynik="text", oplata="amount", masa_calkowita="number",
    ),
    draw,
    TableSpec("kontrola", specs(lp="number", czynnosc="text", ocena="text", uwagi="text")),
)  # fmt: skip
