"""How fast is a large list? `python tests/bench/master_data.py [--rows N]`, on a database of its own.

Made-up suppliers; the upload of all of them, an upload that changes one in a hundred, one row over REST's service, the
index of a fresh process, and look-ups: exact ones, and fuzzy ones of misspelt names and of names half typed.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file
os.environ["DJANGO_SETTINGS_MODULE"] = "invex.settings"
os.environ["DATA"] = tempfile.mkdtemp(prefix="invex-bench-")

import django

django.setup()

from django.core.management import call_command

from invex.accounts.queries import system_access
from invex.accounts.services import create_project
from invex.kernel.actor import SYSTEM
from invex.masterdata import queries, services
from invex.masterdata.csv_file import read_csv

SYLLABLES = [
    "ba",
    "ko",
    "ri",
    "mon",
    "tel",
    "sys",
    "dor",
    "fin",
    "gra",
    "lu",
    "pe",
    "ster",
    "van",
    "mul",
    "ler",
    "hof",
    "berg",
    "tech",
    "nord",
    "sud",
    "kra",
    "win",
]
FORMS = ("GmbH", "AG", "Ltd", "SARL", "& Co. KG", "S.p.A.")
LOOK_UPS = 200


def supplier(rng: random.Random, number: int) -> tuple[str, str, str]:
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).title() for _ in range(rng.randint(1, 3))]
    iban = f"DE{rng.randrange(10**20):020d}"
    return f"{number:06d}", f"{' '.join(words)} {rng.choice(FORMS)}", iban


def misspelt(rng: random.Random, name: str) -> str:
    at = rng.randrange(1, len(name) - 1)
    return name[:at] + rng.choice("aeiourstln") + name[at + 1 :]


def timed(what: str, seconds: float) -> None:
    print(f"{what:44} {seconds:8.3f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    count = parser.parse_args().rows
    call_command("migrate", verbosity=0)
    create_project(SYSTEM, slug="bench", name="Bench")
    access = system_access("bench")
    rng = random.Random(1)
    rows = [supplier(rng, n) for n in range(count)]

    def csv(some: list[tuple[str, str, str]]) -> bytes:
        return "\n".join(["number;name;iban", *(";".join(row) for row in some)]).encode()

    def clock(what: str, do) -> object:
        start = time.perf_counter()
        result = do()
        timed(what, time.perf_counter() - start)
        return result

    table = clock("read the CSV file", lambda: read_csv(csv(rows)))
    clock("upload all of it", lambda: services.replace(access, "suppliers", table))
    changed = [(n, name, iban if int(n) % 100 else "DE0") for n, name, iban in rows]
    clock("upload it with 1 % changed", lambda: services.replace(access, "suppliers", read_csv(csv(changed))))
    clock("change one row", lambda: services.upsert(access, "suppliers", [{"number": "000007", "iban": "DE7"}]))
    row = queries.master_list(access.project, "suppliers")
    index = clock("load the list into a process", lambda: queries.index(row))
    clock("first exact look-up", lambda: index.rows_with("iban", rows[5][2]))
    clock("first fuzzy look-up", lambda: index.suggest("name", rows[5][1]))
    chosen = rng.sample(rows, LOOK_UPS)
    start = time.perf_counter()
    for _, name, _ in chosen:
        index.rows_with("name", name)
    timed("an exact look-up", (time.perf_counter() - start) / LOOK_UPS)
    for what, ask in (("misspelt in one letter", misspelt), ("half typed", lambda _, name: name[: len(name) // 2])):
        times, hits = [], 0
        for _, name, _ in chosen:
            start = time.perf_counter()
            found = index.suggest("name", ask(rng, name))
            times.append(time.perf_counter() - start)
            hits += name in [s.value for s in found]
        timed(f"a fuzzy look-up, {what}: median", sorted(times)[LOOK_UPS // 2])
        timed(f"a fuzzy look-up, {what}: slowest", max(times))
        print(f"{'  the name meant is among the five':44} {hits / LOOK_UPS:8.1%}")


if __name__ == "__main__":
    main()
