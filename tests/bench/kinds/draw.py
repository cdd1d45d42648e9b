"""What documents say, drawn by a seed: people, companies, addresses, numbers, dates."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from stdnum.iban import calc_check_digits

from tests.bench.kinds.pools import COMPANIES, DOORS, FIRST_NAMES, LAST_NAMES, STREETS, TOWNS, TRADE_FIRST

BANK_DIGITS = {"DE": 18, "ES": 20, "FR": 23, "IT": 22, "NL": 10}  # that end an IBAN
BANK_LETTERS = {"IT": "ABCDEFGHKLMXYZ", "NL": ("INGN", "RABX", "WATB")}  # of an IBAN, behind its check digits
UMLAUTS = str.maketrans(dict(zip("äöüß", ("ae", "oe", "ue", "ss"))))  # in addresses of e-mail
NUMBER_FIRST = ("en", "fr", "us")  # languages in which the number of a house stands before its street
HIGHEST_NUMBER = {"us": 9900}  # of a house
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Lines:
    """A value that `{{ address|lines }}` prints in several lines. between: what labels write there."""

    lines: tuple[str, ...]
    between: str = ", "

    def __str__(self) -> str:
        return self.between.join(self.lines)


class Draw(Random):
    """Draws what the documents of all kinds have. language: a key of pools.py."""

    def maybe(self, share: float) -> bool:
        return self.random() < share

    def name(self, language: str) -> str:
        return f"{self.choice(FIRST_NAMES[language].split())} {self.choice(LAST_NAMES[language].split())}"

    def street(self, language: str) -> str:
        """A street and its number, at times with a door; German, English and French ones have none."""
        street, number = self.choice(STREETS[language].split(", ")), self.randint(1, HIGHEST_NUMBER.get(language, 180))
        door = self.choice(DOORS[language]) if language in DOORS and self.maybe(0.3) else ""
        return f"{number} {street}{door}" if language in NUMBER_FIRST else f"{street} {number}{door}"

    def town(self, language: str) -> str:
        """A town and its postcode in one line."""
        return self.choice(TOWNS[language].split("; "))

    def address(self, language: str) -> Lines:
        return Lines((self.street(language), self.town(language)))

    def company(self, language: str) -> str:
        name, trade, form = (self.choice(pool) for pool in COMPANIES[language])
        return f"{trade} {name} {form}" if language in TRADE_FIRST else f"{name} {trade} {form}"

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
        letters = self.choice(BANK_LETTERS[country]) if country in BANK_LETTERS else ""
        account = letters + self.digits(BANK_DIGITS[country])
        return f"{country}{calc_check_digits(f'{country}00{account}')}{account}"


def cents(amount: Decimal) -> Decimal:
    """Return the amount rounded to cents."""
    return amount.quantize(CENT)


def mailbox(name: str) -> str:
    """Return how an e-mail address writes a name: "Jörg Müller" -> "joerg.mueller"."""
    return name.lower().replace(" ", ".").translate(UMLAUTS)
