"""A bill of lading: boxes with small names in their corners; ports and parties look alike, some are printed twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, Lines
from tests.bench.kinds.kind import Content, Kind, specs

COMPANIES = (
    "Coral Bay Trading Co., Ltd.", "Harlan & Boyd Logistics Inc.", "Nile Loom Textile Works S.A.E.",
    "Polarlys Seafoods AS", "Serra Alta Coffee Exportadora Ltda", "Morbi Ceramics Pvt. Ltd.", "Metsamaa Timber OÜ",
    "Barrelhouse Spirits LLC", "Nordlicht Möbel GmbH", "Lotus Pond Garments Co. Ltd",
)  # fmt: skip
ADDRESSES = (
    ("88 Nguyen Hue Blvd", "District 1, Ho Chi Minh City", "Vietnam"),
    ("1400 Dock Road, Suite 210", "Savannah, GA 31401", "USA"),
    ("Plot 17 Free Zone", "Port Said, Egypt"),
    ("Strandgata 41", "6004 Ålesund", "Norway"),
    ("Rua do Porto 320", "Santos SP 11010-200", "Brazil"),
    ("Industrial Estate, Phase II", "Morbi 363642", "India"),
    ("Sadama 6", "10111 Tallinn", "Estonia"),
    ("220 Barrel House Rd", "Louisville, KY 40202", "USA"),
)
PORTS = (
    "HO CHI MINH CITY", "SAVANNAH, GA", "ROTTERDAM", "HAMBURG", "SANTOS", "MUNDRA", "TALLINN", "FELIXSTOWE",
    "ALEXANDRIA", "LE HAVRE",
)  # fmt: skip
VESSELS = ("SEA LORETTA", "NOVA GRADE", "WINDHAVEN TIGRIS", "ASTRA ELBA", "GOOD HOPE")
GOODS = (
    "CERAMIC FLOOR TILES 60X60 CM, GLAZED, ON PALLETS",
    "FROZEN ATLANTIC SALMON FILLETS, KEEP AT -18 C",
    "GREEN COFFEE BEANS IN JUTE BAGS, CROP 2024",
    "COTTON T-SHIRTS, ASSORTED SIZES AND COLOURS",
    "SAWN PINE TIMBER, KILN DRIED, FSC CERTIFIED",
)


def draw(r: Draw) -> Content:
    shipper, consignee, third = r.sample(COMPANIES, 3)
    shipper_at, consignee_at, third_at = (Lines(lines) for lines in r.sample(ADDRESSES, 3))
    notified = third if r.maybe(0.6) else None
    loading, discharge = r.sample(PORTS, 2)
    issued = r.day()
    goods = [_container(r) for _ in range(r.randint(1, 3))]
    return {
        "shipper": shipper,
        "shipper_address": shipper_at,
        "consignee": consignee,
        "consignee_address": consignee_at,
        "notify_party": notified,
        "bl_number": f"{r.choice(['NVTU', 'WHFU', 'ASLU', 'GHPU'])}{r.digits(10)}",
        "booking_number": r.digits(9),
        "pre_carriage": r.choice([None, "TRUCK", "BARGE LISA"]),
        "place_of_receipt": r.choice([loading, discharge]),
        "freight_terms": r.choice(["PREPAID", "COLLECT"]),
        "vessel": r.choice(VESSELS),
        "voyage": f"{r.randint(10, 980):03d}{r.choice('EWNS')}",
        "port_of_loading": loading,
        "port_of_discharge": discharge,
        "container_number": [box["container"] for box in goods],
        "total_packages": sum(box["packages"] for box in goods),
        "total_weight": sum(box["weight"] for box in goods),
        "issue_date": issued,
        "onboard_date": issued - timedelta(r.randint(0, 2)),
        "goods": goods,
        "notified_at": third_at,
        "order": f"PO {r.randint(4000, 9999)} / INV {r.randint(100, 999)}",
        "originals": r.choice(["3 (THREE)", "1 (ONE)", "0 (ZERO)"]),
    }


def _container(r: Draw) -> dict[str, Any]:
    return {
        "container": f"{r.choice(['BXCU', 'TRKU', 'CNTU'])}{r.digits(7)}",
        "seal": f"SL{r.digits(6)}",
        "packages": r.randint(40, 900),
        "description": r.choice(GOODS),
        "weight": r.number(3000, 24000, 2),
        "volume": r.number(12, 65, 3),
        "packed_in": r.choice(["CARTONS", "PALLETS", "BAGS", "BUNDLES"]),
    }


KIND = Kind(
    "bill_of_lading",
    "en",
    specs(
        shipper="text", shipper_address="address", consignee="text", consignee_address="address", notify_party="text",
        bl_number="id", booking_number="id", pre_carriage="text", place_of_receipt="text", freight_terms="text",
        vessel="text", voyage="id", port_of_loading="text", port_of_discharge="text", container_number="id",
        total_packages="number", total_weight="number", issue_date="date", onboard_date="date",
    ),
    draw,
    TableSpec(
        "goods",
        specs(
            container="id", seal="id", packages="number", description="text", weight="number", volume="number"
        ),
    ),
)  # fmt: skip
