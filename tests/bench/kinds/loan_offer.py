"""A Dutch bank's letter that offers a loan: figures in running text, with sentences that say what there is not.

Its fields are called in Dutch, as those who enter it call them.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tests.bench.kinds.draw import Draw, cents, mailbox
from tests.bench.kinds.kind import Content, Kind, specs

LAST_NAMES = (
    "van den Berg", "Hoekstra", "Willems", "Janssen", "el Idrissi", "de Graaf", "Verhoeven", "Smit", "Dekker",
    "van der Laan", "Kuipers", "Postma", "ten Cate", "Öztürk", "Brouwer", "van 't Hek",
)  # fmt: skip
PURPOSES = (
    "de aanschaf van twee bestelwagens",
    "de verbouwing van uw bedrijfspand",
    "de uitbreiding van uw voorraad",
    "de herfinanciering van een bestaande lening",
    "de aankoop van een productielijn",
    "de overname van een vestiging",
)


def draw(r: Draw) -> Content:
    offered = r.day()
    amount = Decimal(r.choice([25, 40, 75, 120, 180, 250, 340]) * 1000)
    months, rate = r.choice([24, 36, 48, 60, 84, 120]), r.number(4.1, 8.9, 2)
    of_month = rate / 1200
    instalment = cents(amount * of_month / (1 - (1 + of_month) ** -months))
    last_name, adviser = r.choice(LAST_NAMES), r.name("nl")
    return {
        "onderneming": r.company("nl"),
        "contactpersoon": f"{_initials(r)} {last_name}",
        "adres": r.address("nl"),
        "offertenummer": f"ZL-{r.digits(4)}.{r.digits(3)}",
        "offertedatum": offered,
        "geldig_tot": offered + timedelta(r.choice([14, 21, 30])),
        "kredietbedrag": amount,
        "looptijd_maanden": months,
        "rente": rate,
        "afsluitprovisie": cents(amount * r.choice([Decimal("0.01"), Decimal("0.015")])) if r.maybe(0.6) else None,
        "maandtermijn": instalment,
        "eerste_termijn": offered + relativedelta(months=2, day=1),
        "borg": f"{_initials(r)} {r.choice(LAST_NAMES)}" if r.maybe(0.5) else None,
        "rekening_iban": r.iban("NL"),
        "adviseur_email": f"{mailbox(adviser)}@waterlandbank.example",
        "boetevrij_percentage": Decimal(r.choice([10, 15, 20])) if r.maybe(0.6) else None,
        "adviser": adviser,
        "is_woman": r.maybe(0.5),
        "last_name": last_name,
        "came_about": r.choice(["Met genoegen", "Met genoegen", "Naar aanleiding van ons gesprek"]),
        "register_number": r.digits(8) if r.maybe(0.67) else None,
        "purpose": r.choice(PURPOSES),
        "running_credit": Decimal(r.choice([15, 30, 60]) * 1000) if r.maybe(0.3) else None,
        "to_pay": instalment * months,
    }


def _initials(r: Draw) -> str:
    return "".join(f"{letter}." for letter in r.sample("ABCDEFGHJKLMPRSTW", r.choice([1, 1, 2])))


KIND = Kind(
    "loan_offer",
    "nl",
    specs(
        onderneming="text", contactpersoon="text", adres="address", offertenummer="id", offertedatum="date",
        geldig_tot="date", kredietbedrag="amount", looptijd_maanden="number", rente="percentage",
        afsluitprovisie="amount", maandtermijn="amount", eerste_termijn="date", borg="text", rekening_iban="iban",
        adviseur_email="email", boetevrij_percentage="percentage",
    ),
    draw,
)  # fmt: skip
