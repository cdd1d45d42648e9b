"""An air waybill, scanned: small labels inside dense boxes, charges in one of two columns, and its number in parts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.bench.kinds.draw import Draw, Lines, cents
from tests.bench.kinds.filters import spell
from tests.bench.kinds.kind import ALL, Content, Kind, specs

CARRIERS = {
    "020": ("Hansewind Cargo AG", "HW"),
    "176": ("Gulfbridge SkyCargo", "GB"),
    "074": ("Noordlucht Vracht", "NV"),
}
FROM = {"FRA": "FRANKFURT", "AMS": "AMSTERDAM", "MUC": "MUNICH", "LUX": "LUXEMBOURG"}
TO = {
    "ORD": "CHICAGO",
    "DXB": "DUBAI",
    "NRT": "TOKYO NARITA",
    "GRU": "SAO PAULO",
    "BOM": "MUMBAI",
    "JNB": "JOHANNESBURG",
}
AGENTS = ("MAINPORT AIR FREIGHT", "VAN LOON EXPEDITIE BV", "AEROLINK FORWARDING", "KESTREL LOGISTICS LTD")
CONSIGNEES = (
    ("KIRAN PHARMA PVT LTD", ("PLOT 44 MIDC ANDHERI EAST", "MUMBAI 400093", "INDIA")),
    ("MIDWEST PUMP SUPPLY INC", ("2201 ELMHURST ROAD", "ELK GROVE VILLAGE IL 60007", "USA")),
    ("AL NOOR TRADING LLC", ("P.O. BOX 61142 JEBEL ALI", "DUBAI", "U.A.E.")),
    ("FERRAZ EQUIPAMENTOS LTDA", ("RUA DAS PALMEIRAS 912", "GUARULHOS SP 07034-911", "BRAZIL")),
    ("HOSHINO SEIKI CO LTD", ("3-14-2 KONAN MINATO-KU", "TOKYO 108-0075", "JAPAN")),
    ("CAPE DENTAL SUPPLIES", ("18 LOOP STREET", "EDENVALE 1609", "SOUTH AFRICA")),
)
SHIPPERS = ("WERNER FEINMECHANIK GMBH", "BRABANT SEEDS BV", "ORTHOLUX SA", "ISAR SENSORIK AG", "TEXTIELHUIS KORTE BV")
GOODS = (
    "SPARE PARTS FOR PUMPS", "DENTAL INSTRUMENTS", "VEGETABLE SEEDS", "ELECTRONIC COMPONENTS", "SURGICAL IMPLANTS",
    "PRINTED MATTER", "MACHINE PARTS", "PHARMACEUTICALS KEEP +2C TO +8C", "TEXTILES",
)  # fmt: skip


def draw(r: Draw) -> Content:
    prefix, origin, to = r.choice(list(CARRIERS)), r.choice(list(FROM)), r.choice(list(TO))
    carrier, code = CARRIERS[prefix]
    serial = r.digits(8)
    consignee, at = r.choice(CONSIGNEES)
    pieces, gross = r.randint(1, 64), r.number(18, 2400, 1)
    chargeable = gross if r.maybe(0.5) else (gross * Decimal("1.2")).quantize(Decimal("0.5")).quantize(Decimal("0.1"))
    rate = r.money(1.4, 6.8)
    freight = cents(chargeable * rate)
    agents, carriers = r.choice([None, r.money(20, 60)]), r.money(40, 480)
    total = freight + (agents or 0) + carriers
    is_prepaid = r.maybe(0.6)
    day = r.day()
    shipper_at = r.address("nl") if origin in ("AMS", "LUX") else r.address("de")
    return {
        "awb_number": f"{prefix}-{serial}",
        "shipper": r.choice(SHIPPERS),
        "shipper_address": Lines(tuple(line.upper() for line in shipper_at.lines)),
        "shipper_account": r.digits(7) if r.maybe(0.5) else None,
        "consignee": consignee,
        "consignee_address": Lines(at),
        "issuing_agent": r.choice(AGENTS),
        "agent_iata_code": f"{r.digits(2)}-{r.randint(1, 9)} {r.digits(4)}/{r.digits(4)}",
        "departure_airport": FROM[origin],
        "destination_airport": TO[to],
        "flight_number": f"{code}{r.digits(4)}",
        "currency": r.choice(["EUR", "EUR", "USD"]),
        "declared_value": r.number(1000, 90_000, 0) * Decimal("1.00") if r.maybe(0.3) else None,
        "pieces": pieces,
        "gross_weight": gross,
        "chargeable_weight": chargeable,
        "freight_rate": rate,
        "nature_of_goods": r.choice(GOODS),
        "weight_charge": freight,
        "charges_due_agent": agents,
        "charges_due_carrier": carriers,
        "total_charges": total,
        "executed_on": day,
        "prefix": prefix,
        "serial": f"{serial[:4]} {serial[4:]}",
        "origin": origin,
        "to": to,
        "by": code,
        "flight_day": spell(day + timedelta(r.randint(0, 2)), "dd", "en"),
        "carrier": carrier,
        "is_prepaid": is_prepaid,
        "issued_at": FROM[origin],
        "notify": r.choice([None, "ALSO NOTIFY SAME AS CONSIGNEE", "PLS CONTACT CNEE UPON ARRIVAL"]),
        "marks": r.choice([None, "ADDR", "NOS 1-" + str(pieces)]),
        "dims": [
            f"{r.randint(20, 120)}X{r.randint(20, 120)}X{r.randint(20, 160)}CM/{n}"
            for n in r.choice([[1], [2, 1], [4, 2, 1]])
        ],
    }


KIND = Kind(
    "air_waybill",
    "en",
    specs(
        awb_number="id", shipper="text", shipper_address="address", shipper_account="id", consignee="text",
        consignee_address="address", issuing_agent="text", agent_iata_code="id", departure_airport="text",
        destination_airport="text", flight_number="id", currency="currency", declared_value="amount", pieces="number",
        gross_weight="number", chargeable_weight="number", freight_rate="amount", nature_of_goods="text", weight_charge="amount",
        charges_due_agent="amount", charges_due_carrier="amount", total_charges="amount", executed_on="date",
    ),
    draw,
    scanned=ALL,
)  # fmt: skip
