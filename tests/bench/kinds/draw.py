"""What documents say, drawn by a seed: people, addresses, numbers, dates.

Its words are its own: the base package was trained on those of fixtures/generator.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from stdnum.iban import calc_check_digits

FIRST_NAMES = {
    "de": "Anna Lukas Marie Felix Johanna Peter Claudia Stefan Murat Ewa Helena Tobias Nadine Jonas Birgit Karim Ines",
    "en": "James Olivia Harriet Mohammed Grace Daniel Siobhan Edward Priya Callum Rebecca Victor Amelia Owen Natasha",
    "fr": "Camille Hugo Élodie Julien Mathilde Antoine Léa Bernard Sophie Rachid Clémence Yves Inès Gaspard",
}
LAST_NAMES = {
    "de": "Bergmann Schuster Yilmaz Kowalski Brandt Hagen Lindner Oberhuber Petersen Hofmeister Krüger Nowak Öztürk",
    "en": "Whitfield Okafor Patel Macleod Thornbury Jenkins Sharma Delaney Hargreaves Bishop Lawson Quinn Fairclough",
    "fr": "Lefèvre Moreau Garnier Benali Rousseau Chevalier Dupuis Marchand Perrin Fontaine Guillou Vasseur",
}
STREETS = {
    "de": "Lindenweg, Am Alten Markt, Bahnhofstraße, Goethestraße, Hinter der Mühle, Kirchgasse, Rosenstraße",
    "en": "Mill Lane, High Street, Station Road, Victoria Terrace, Orchard Close, Harbour View, Canal Street",
    "fr": "rue des Lilas, avenue Jean Jaurès, chemin du Moulin, boulevard Voltaire, impasse des Vignes",
}
TOWNS = {
    "de": "80331 München, 50667 Köln, 04109 Leipzig, 20095 Hamburg, 70173 Stuttgart, 99084 Erfurt, 26122 Oldenburg",
    "en": "Leeds LS1 4AP, Bristol BS1 6QH, Norwich NR2 1TF, Cardiff CF10 3AT, Exeter EX4 3SR, Glasgow G2 8AZ",
    "fr": "69003 LYON, 31000 TOULOUSE, 44000 NANTES, 67000 STRASBOURG, 35700 RENNES, 13008 MARSEILLE, 59800 LILLE",
}
BANK_DIGITS = {"DE": 18, "FR": 23}  # of an IBAN, behind its check digits
UMLAUTS = str.maketrans(dict(zip("äöüß", ("ae", "oe", "ue", "ss"))))  # in addresses of e-mail
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Lines:
    """A value that `{{ address|lines }}` prints in several lines. between: what labels write there."""

    lines: tuple[str, ...]
    between: str = ", "

    def __str__(self) -> str:
        return self.between.join(self.lines)


class Draw(Random):
    """Draws what the documents of all kinds have. language: "de", "en" or "fr"."""

    def maybe(self, share: float) -> bool:
        return self.random() < share

    def name(self, language: str) -> str:
        return f"{self.choice(FIRST_NAMES[language].split())} {self.choice(LAST_NAMES[language].split())}"

    def street(self, language: str) -> str:
        street, number = self.choice(STREETS[language].split(", ")), self.randint(1, 180)
        return f"{street} {number}" if language == "de" else f"{number} {street}"

    def town(self, language: str) -> str:
        """A town and its postcode in one line."""
        return self.choice(TOWNS[language].split(", "))

    def address(self, language: str) -> Lines:
        return Lines((self.street(language), self.town(language)))

    def digits(self, count: int) -> str:
        """Digits, the first of them not 0."""
        return self.choice("123456789") + "".join(self.choices(string.digits, k=count - 1))

    def number(self, least: float, most: float, places: int) -> Decimal:
        """A number with so many decimal places, even where they are 0."""
        return Decimal(self.randint(round(least * 10**places), round(most * 10**places))).scaleb(-places)

    def money(self, least: float, most: float) -> Decimal:
        return self.number(least, most, 2)

    def day(self) -> date:
        """A day of 2025, but for its last weeks."""
        return date(2025, 1, 2) + timedelta(self.randint(0, 330))

    def birthday(self, first_year: int, last_year: int) -> date:
        return date(self.randint(first_year, last_year), self.randint(1, 12), self.randint(1, 28))

    def clock(self, first_hour: int, last_hour: int) -> str:
        return f"{self.randint(first_hour, last_hour):02d}:{self.randint(0, 59):02d}"

    def iban(self, country: str) -> str:
        """An IBAN with right check digits, without spaces."""
        account = self.digits(BANK_DIGITS[country])
        return f"{country}{calc_check_digits(f'{country}00{account}')}{account}"


def cents(amount: Decimal) -> Decimal:
    """Return the amount rounded to cents."""
    return amount.quantize(CENT)


def mailbox(name: str) -> str:
    """Return how an e-mail address writes a name: "Jörg Müller" -> "joerg.mueller"."""
    return name.lower().replace(" ", ".").translate(UMLAUTS)
