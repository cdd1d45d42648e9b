"""Write month_names.py from babel's CLDR data: `python -m invex.fields.cldr_months > invex/fields/month_names.py`.

The table is committed because the hot path, and machines that only train, do without babel.
"""

from __future__ import annotations

import sys

from .folding import fold

_CODES = "en de fr es it nl pt pl sv da nb fi cs sk ro hu ca id ms"
LANGUAGES = tuple(_CODES.split())
SHORTEST = 2  # a single letter is not told from other words
# Printed on real documents though CLDR prefers another form; "maerz" is how it is typed without umlauts.
ALSO_PRINTED = {"janv": 1, "fevr": 2, "maerz": 3, "mrt": 3, "avr": 4, "juil": 7, "sept": 9, "set": 9}


def month_names() -> dict[str, int]:
    """Return folded month names and abbreviations -> 1..12, by month.

    Raises ValueError when a name means different months in two of LANGUAGES: then one of them must be left out.
    """
    from babel import Locale

    names = dict(ALSO_PRINTED)
    for language in LANGUAGES:
        months = Locale(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, printed in months[context][width].items():
                    name = fold(printed).removeprefix("de ").removeprefix("d'").strip(".")
                    if len(name) < SHORTEST or not name.isalpha():
                        continue
                    if names.setdefault(name, number) != number:
                        raise ValueError(f"{name!r} ({language}) is month {number} and month {names[name]}")
    return dict(sorted(names.items(), key=lambda item: (item[1], item[0])))


def main() -> None:
    out = sys.stdout
    out.write('"""Month names, lower case without accents -> 1..12. Written by cldr_months.py; do not edit."""\n\n')
    out.write("MONTH_NAMES: dict[str, int] = {\n")
    for name, number in month_names().items():
        out.write(f'    "{name}": {number},\n')
    out.write("}\n")


if __name__ == "__main__":
    main()
