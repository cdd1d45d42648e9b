"""An electrician's invoice in Spanish: articles described in up to three lines, taxes in two blocks, a tax withheld.

Its fields are called in Spanish, as those who enter it call them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from invex.fields.spec import TableSpec
from tests.bench.kinds.draw import Draw, cents
from tests.bench.kinds.filters import spell
from tests.bench.kinds.kind import Content, Kind, specs

USUAL_VAT = Decimal(21)
SURCHARGE, WITHHELD = Decimal("0.052"), Decimal("0.15")


class Article(NamedTuple):
    """more: printed small below its name. vat: its rate. quantities: in which it is sold."""

    name: str
    price: Decimal
    more: str = ""
    vat: Decimal = USUAL_VAT
    quantities: tuple[str, ...] = ("1", "1", "2", "3", "4", "5", "6", "10", "12")


HOURS = ("1", "2", "2.5", "4", "7.5", "10")
ARTICLES = (
    Article("Armario mural 600x400", Decimal("89.90"),
            "Fabricado en chapa de acero, incluye placa de montaje y cerradura"),
    Article("Cable RV-K 3G2,5 mm²", Decimal("74.35"), "Bobina de 100 m"),
    Article("Luminaria LED 40 W 4000 K", Decimal("36.20")),
    Article("Interruptor diferencial 2P 40 A 30 mA", Decimal("31.75")),
    Article("Mano de obra oficial 1ª", Decimal("32.00"), "Trabajos realizados según parte nº {part} del {day}",
            quantities=HOURS),
    Article("Desplazamiento a obra", Decimal("25.00")),
    Article("Tubo corrugado reforzado Ø 25", Decimal("18.40"),
            "Rollo de 75 m, color negro. No propagador de la llama, conforme a UNE-EN 61386"),
    Article("Libro técnico REBT", Decimal("28.85"), vat=Decimal(4)),
    Article("Base enchufe schuko", Decimal("4.95"), "Nº de serie: {serial}"),
    Article("Magnetotérmico 1P+N 16 A curva C", Decimal("8.60")),
    Article("Detector de presencia empotrable", Decimal("27.30"), "Ángulo de 360°, alcance 8 m, IP44"),
    Article("Mano de obra ayudante", Decimal("24.50"), quantities=HOURS),
)  # fmt: skip


def draw(r: Draw) -> Content:
    issued = r.day()
    rows = [_row(r, issued) for _ in range(r.randint(2, 11))]
    freight = r.choice([None, None, Decimal("12.50"), Decimal("18.00")])
    bases: dict[Decimal, Decimal] = defaultdict(Decimal)  # by rate of VAT
    for row in rows:
        bases[row["tipo_iva"]] += row["importe"]
    if freight is not None:
        bases[USUAL_VAT] += freight
    vat = {rate: cents(of_rate * rate / 100) for rate, of_rate in bases.items()}
    base, tax = sum(bases.values()), sum(vat.values())
    withheld = -cents(base * WITHHELD) if r.maybe(0.3) else None
    surcharge = cents(bases[USUAL_VAT] * SURCHARGE) if USUAL_VAT in bases and r.maybe(0.45) else None
    return {
        "numero_factura": f"{r.choice('AB')}{issued:%y}/{r.randint(1, 2400):05d}",
        "fecha_factura": issued,
        "fecha_vencimiento": issued + timedelta(r.choice([0, 30, 60])),
        "cliente": r.company("es"),
        "direccion_cliente": r.address("es"),
        "nif_cliente": f"{r.choice('ABF')}{r.digits(8)}",
        "pedido": f"PC-{r.digits(6)}" if r.maybe(0.6) else None,
        "portes": freight,
        "base_imponible": base,
        "cuota_iva": tax,
        "retencion_irpf": withheld,
        "recargo_equivalencia": surcharge,
        "total_factura": base + tax + (withheld or 0) + (surcharge or 0),
        "cuenta_iban": r.iban("ES"),
        "lineas": rows,
        "taxes": [
            {"rate": rate, "base": bases[rate], "tax": vat[rate], "surcharge": surcharge if rate == USUAL_VAT else None}
            for rate in sorted(vat, reverse=True)
        ],
        "paid_by": r.choice(["Transferencia", "Recibo domiciliado", "Transferencia"]),
        "delivery_note": f"ALB-{r.digits(5)}",
        "customer_code": f"4300{r.digits(4)}",
    }


def _row(r: Draw, issued: date) -> dict[str, Any]:
    article = r.choice(ARTICLES)
    quantity = Decimal(r.choice(article.quantities))
    discount = Decimal(r.choice([5, 10, 15])) if r.maybe(0.35) else None
    worked_on = spell(issued - timedelta(r.randint(1, 15)), "dd/MM/y", "es")
    serial = f"{r.digits(4)}-{r.digits(5)}"
    more = article.more.format(part=r.randint(400, 990), day=worked_on, serial=serial)
    return {
        "referencia": f"{r.choice(['EL', 'IL', 'MO', 'TU'])}-{r.digits(4)}",
        "descripcion": f"{article.name} {more}".strip(),
        "cantidad": quantity,
        "precio": article.price,
        "descuento": discount,
        "tipo_iva": article.vat,
        "importe": cents(quantity * article.price * (100 - (discount or 0)) / 100),
        "name": article.name,
        "more": more,
    }


KIND = Kind(
    "spanish_invoice",
    "es",
    specs(
        numero_factura="id", fecha_factura="date", fecha_vencimiento="date", cliente="text",
        direccion_cliente="address", nif_cliente="vat_id", pedido="id", portes="amount", base_imponible="amount",
        cuota_iva="amount", retencion_irpf="amount", recargo_equivalencia="amount", total_factura="amount",
        cuenta_iban="iban",
    ),
    draw,
    TableSpec(
        "lineas",
        specs(
            referencia="id", descripcion="text", cantidad="number", precio="amount", descuento="percentage",
            tipo_iva="percentage", importe="amount",
        ),
    ),
)  # fmt: skip
