"""A Dutch customs declaration: forty numbered boxes, half of them empty, and values that stand in several of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, Lines, cents
from tests.bench.kinds.kind import Content, Kind, specs


class Exporter(NamedTuple):
    name: str
    address: tuple[str, ...]
    country: str
    place: str


EXPORTERS = (
    Exporter("Shenzhen Luminex Optoelectronics Co Ltd", ("No. 18 Keyuan Road", "Nanshan, Shenzhen"), "CN", "Shenzhen"),
    Exporter("Anadolu Seramik Sanayi A.S.", ("Organize San. Bolgesi 4. Cad. 11", "26110 Eskisehir"), "TR", "Istanbul"),
    Exporter("Carolina Fastener Corp", ("2200 Mill Spring Rd", "Charlotte NC 28208"), "US", "Charleston"),
    Exporter("Nagoya Seiki KK", ("3-5-12 Meieki Minami", "Nakamura-ku, Nagoya"), "JP", "Nagoya"),
    Exporter("Bharat Castings Pvt Ltd", ("Plot 77 MIDC", "Pune 411019"), "IN", "Nhava Sheva"),
    Exporter("Alpen Uhren AG", ("Industriestrasse 9", "2540 Grenchen"), "CH", "Basel"),
    Exporter("Ningbo Harvest Hardware Co Ltd", ("288 Baizhang East Road", "Ningbo 315040"), "CN", "Ningbo"),
    Exporter("Busan Bearing Works", ("45 Noksan Sandan 17-ro", "Gangseo-gu, Busan"), "KR", "Busan"),
    Exporter("Ege Tekstil Ltd. Sti.", ("Ataturk Mah. 1204 Sok. 6", "35410 Izmir"), "TR", "Izmir"),
    Exporter("Lakeshore Valve & Fitting Inc", ("71 Foundry Street", "Erie PA 16501"), "US", "New York"),
)  # fmt: skip
GOODS = {
    "9405 11 40 90": "LED-armaturen voor binnenverlichting",
    "6907 21 00 00": "Keramische vloertegels, geglazuurd",
    "7318 15 95 90": "Zeskantbouten van staal, verzinkt",
    "8482 10 90 08": "Kogellagers, diameter boven 30 mm",
    "9102 11 00 00": "Polshorloges met quartzuurwerk",
    "7325 99 10 80": "Gietijzeren putdeksels",
    "8481 80 81 99": "Kogelkranen van messing",
    "6302 60 00 00": "Badhanddoeken van katoen",
    "9403 60 10 00": "Houten meubelen voor eetkamers",
}
AGENTS = ("Maasdelta Expeditie B.V.", "Cargo Clear Schiphol B.V.", "Poortdouane Agenten", "Haringvliet Forwarding B.V.")
OFFICES = {"NL000432": "Schiphol Cargo", "NL000510": "Rotterdam Rijnmond", "NL000746": "Venlo"}
RATES = {"USD": (1.04, 1.18), "JPY": (158, 172), "CHF": (0.92, 0.98)}  # of a euro
DUTIES = (Decimal("3.7"), Decimal("5.0"), Decimal("0.0"), Decimal("2.7"), Decimal("4.5"))
ANTI_DUMPING, VAT = Decimal("19.4"), Decimal("21.0")


def draw(r: Draw) -> Content:
    exporter, code = r.choice(EXPORTERS), r.choice(list(GOODS))
    accepted = r.day()
    currency = r.choice(["USD", "USD", "EUR", "JPY", "CHF"])
    rate = r.number(*RATES[currency], 4) if currency in RATES else None
    invoice = r.number(400_000, 9_000_000, 0) * Decimal("1.00") if currency == "JPY" else r.money(2500, 98_000)
    value = round(invoice / (rate or 1) + r.money(0, 900))
    mass = r.number(80, 18_000, 1)
    office = r.choice(list(OFFICES))
    taxes = _taxes(r, value * Decimal("1.00"))
    return {
        "mrn": f"25{office}{r.choice('ABCDEFGH')}{r.digits(6)}{r.choice('KLMNP')}{r.randint(1, 9)}",
        "exporter": exporter.name,
        "exporter_address": Lines((*exporter.address, exporter.country)),
        "consignee": r.company("nl"),
        "consignee_vat": f"NL{r.digits(9)}B0{r.randint(1, 3)}",
        "invoice_currency": currency,
        "invoice_total": invoice,
        "exchange_rate": rate,
        "goods_code": code,
        "origin_country": exporter.country if r.maybe(0.8) else r.choice(["VN", "MY", "CN"]),
        "gross_mass": mass,
        "net_mass": round(mass * r.choice([Decimal("0.88"), Decimal("0.92"), Decimal("0.95")]), 1),
        "statistical_value": Decimal(value),
        "acceptance_date": accepted,
        "previous_document": f"X-{r.choice(['337', '705', '740'])}-{r.digits(8)}" if r.maybe(0.6) else None,
        "transport_document": f"{r.choice(['BXCU', 'TRKU', 'CNTU'])}{r.digits(7)}" if r.maybe(0.5) else None,
        "taxes": taxes,
        "consignee_at": r.address("nl"),
        "agent": r.choice(AGENTS),
        "agent_at": r.address("nl"),
        "goods": GOODS[code],
        "packages": r.randint(1, 480),
        "packed_in": r.choice(["CT kartons", "PX pallets", "CS kisten"]),
        "sent_from": exporter.country,
        "terms": r.choice(
            [f"FOB {exporter.place}", f"FCA {exporter.place}", "CIF Rotterdam", "DAP Venlo", "EXW Fabriek"]
        ),
        "means_of_transport": r.choice(["SEA LORETTA", "NOVA GRADE", "WH 8391", "V-482-GH", "ASTRA ELBA"]),
        "reference": f"IMP{r.digits(5)}",
        "taxes_total": sum(tax["amount"] for tax in taxes),
        "office": OFFICES[office],
        "office_code": office,
    }


def _taxes(r: Draw, value: Decimal) -> list[dict[str, Any]]:
    """The duty, at times one against dumping, and VAT on the value and both of them. value: with cents."""

    def tax(type_: str, base: Decimal, rate: Decimal, payment: str) -> dict[str, Any]:
        return {"type": type_, "base": base, "rate": rate, "amount": cents(base * rate / 100), "payment": payment}

    taxes = [tax("A00", value, r.choice(DUTIES), "E")]
    if r.maybe(0.3):
        taxes.append(tax("A30", value, ANTI_DUMPING, "E"))
    return [*taxes, tax("B00", value + sum(one["amount"] for one in taxes), VAT, r.choice(["G", "E"]))]


KIND = Kind(
    "customs_declaration",
    "nl",
    specs(
        mrn="id", exporter="text", exporter_address="address", consignee="text", consignee_vat="vat_id",
        invoice_currency="currency", invoice_total="amount", exchange_rate="number", goods_code="id",
        origin_country="text", gross_mass="number", net_mass="number", statistical_value="amount",
        acceptance_date="date", previous_document="id", transport_document="id",
    ),
    draw,
    TableSpec("taxes", specs(type="id", base="amount", rate="percentage", amount="amount", payment="text")),
)  # fmt: skip
