"""An Italian statement of a credit card over two or three pages: sums carried over, subtotals of each card.

Its fields are called in Italian, as those who enter it call them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw
from tests.bench.kinds.filters import spell
from tests.bench.kinds.kind import Content, Kind, specs

SHOPS = (
    "SUPERMERCATI LANTERNA MILANO", "AREA DI SOSTA NORD A1", "FERROVIE BIGLIETTERIA", "FARMACIA CENTRALE",
    "RIST. DA GINO", "LIBRERIA ALDINA", "CARBURANTI STAZIONE 4471", "BRICO OK SRL", "COOP. BUONA SPESA 3.0",
    "ARREDO CASA RETAIL", "PEDAGGI AUTOSTRADALI", "CINEMA ODEON", "PANIFICIO F.LLI NARDI", "OTTICA VISTA 2 SNC",
    "PARRUCCHIERE ILARIA", "TABACCHERIA N. 118",
)  # fmt: skip
ABROAD = {
    "HOTEL BERGHOF ZERMATT": "CHF", "BOOKBARN*RT4 US": "USD", "LONDON TRAMLINK": "GBP", "BERGBAHN AG": "CHF",
    "SKYPARK GATWICK": "GBP", "KAFFE OG KAKE OSLO": "NOK",
}  # fmt: skip
STAMP_DUTY, STAMP_DUTY_ABOVE = Decimal("2.00"), 2500
YEARLY_FEE = Decimal("46.48")
ROWS_ON_FIRST, ROWS_ON_OTHERS = 20, 36
NONE = Decimal("0.00")


def draw(r: Draw) -> Content:
    end = date(2025, r.randint(2, 11), 28)
    start = end + relativedelta(months=-1, days=1)
    holder = r.name("it")
    cards = [_card(r, holder, r.randint(24, 52), start, end)]
    if r.maybe(0.5):
        cards.append(_card(r, r.name("it"), r.randint(4, 14), start, end))
    spent = sum(card["total"] for card in cards)
    duty = STAMP_DUTY if spent > STAMP_DUTY_ABOVE else None
    fee = YEARLY_FEE if r.maybe(0.25) else None
    return {
        "titolare": holder,
        "indirizzo": r.address("it"),
        "codice_cliente": r.digits(8),
        "numero_carta": cards[0]["number"],
        "data_estratto": end,
        "data_addebito": end + timedelta(r.randint(12, 17)),
        "saldo_precedente": r.money(50, 1900),
        "totale_operazioni": spent,
        "imposta_bollo": duty,
        "quota_annua": fee,
        "totale_dovuto": spent + (duty or 0) + (fee or 0),
        "fido": Decimal(r.choice([1500, 3000, 5000, 8000])),
        "tan": r.choice([Decimal("13.90"), Decimal("14.25"), Decimal("12.75")]),
        "conto_iban": r.iban("IT"),
        "saldo_punti": r.randint(120, 18_000) if r.maybe(0.6) else None,
        "movimenti": [row for card in cards for row in card["rows"]],
        "start": start,
        "taeg": r.choice([Decimal("15.82"), Decimal("16.40")]),
        "pages": _pages(cards),
    }


def _card(r: Draw, holder: str, count: int, start: date, end: date) -> dict[str, Any]:
    days = sorted(r.randint(0, (end - start).days) for _ in range(count))
    rows = [_row(r, start + timedelta(day), end) for day in days]
    number = f"5412 XXXX XXXX {r.digits(4)}"
    total = sum((row["importo"] for row in rows), NONE)
    return {"number": number, "last_digits": number[-4:], "holder": holder, "rows": rows, "total": total}


def _row(r: Draw, day: date, end: date) -> dict[str, Any]:
    if r.maybe(0.12):
        what, currency = r.choice(list(ABROAD.items()))
        abroad = f"{currency} {spell(r.money(9, 420), '#,##0.00', 'it')}"
        amount = r.money(9, 400)
    else:
        what, abroad, amount = r.choice(SHOPS), None, r.money(2.5, 310)
    if r.maybe(0.05):
        what, amount = f"STORNO {what}", -amount
    return {
        "data_operazione": day,
        "data_registrazione": min(day + timedelta(r.randint(0, 3)), end),
        "descrizione": what,
        "importo_valuta": abroad,
        "importo": amount,
    }


def _pages(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what each page prints: heads, rows and totals of cards; what is spent before it, and at its end."""
    lines: list[dict[str, Any]] = []
    for place, card in enumerate(cards):
        lines += [{"head": card, "is_second": place > 0}, *({"row": row} for row in card["rows"]), {"total": card}]
    starts = [0, *range(ROWS_ON_FIRST, len(lines), ROWS_ON_OTHERS)]
    pages, carried = [], NONE
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        brought = carried
        carried += sum(line["row"]["importo"] for line in lines[start:end] if "row" in line)
        pages.append({"lines": lines[start:end], "brought": brought, "carried": carried})
    return pages


KIND = Kind(
    "card_statement",
    "it",
    specs(
        titolare="text", indirizzo="address", codice_cliente="id", numero_carta="id", data_estratto="date",
        data_addebito="date", saldo_precedente="amount", totale_operazioni="amount", imposta_bollo="amount",
        quota_annua="amount", totale_dovuto="amount", fido="amount", tan="percentage", conto_iban="iban",
        saldo_punti="number",
    ),
    draw,
    TableSpec(
        "movimenti",
        specs(
            data_operazione="date", data_registrazione="date", descrizione="text", importo_valuta="text",
            importo="amount",
        ),
    ),
)  # fmt: skip
