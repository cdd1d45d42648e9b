"""Names of parties: whole names over two lines, companies rather than their contacts."""

import numpy as np

from mlops.learning.blocks import Blocks
from mlops.learning.candidates import Candidates, find
from mlops.learning.layout import lay_out
from mlops.learning.party_names import WHOLE, as_addressed
from tests.mlops.learning.test_layout import document, word


def addressed(
    lines: list[str], scores: dict[str, float], known: dict[str, float], key: str = "supplier_name"
) -> tuple[Candidates, np.ndarray]:
    """Candidates of lines below each other and their scores; texts that are not named score -9."""
    words = []
    for i, line in enumerate(lines):
        x = 0.1
        for text in line.split():
            words.append(word(text, x, 0.1 + 0.015 * i))
            x += 0.01 * len(text) + 0.004
    layout = lay_out(document(words))
    candidates = find(layout, "text")
    small = np.array([scores.get(t, -9.0) for t in candidates.texts], np.float32)
    more = np.array([known.get(t, 0.0) for t in candidates.texts], np.float32)
    return candidates, as_addressed(key, Blocks(layout), candidates, small, more)


def test_a_name_over_two_lines_stands_where_one_of_its_lines_does():
    lines = ["Alpenbund", "Versicherung a.G."]
    candidates, scores = addressed(lines, {"Versicherung a.G.": 4.0}, {"Versicherung a.G.": -1.0})
    whole = candidates.texts.index("Alpenbund Versicherung a.G.")
    assert scores[whole] == 4.0 + WHOLE
    assert scores.argmax() == whole


def test_the_network_says_that_a_heading_is_no_part_of_the_name():
    lines = ["Verkäufer", "Nordlicht GmbH"]
    candidates, scores = addressed(lines, {"Nordlicht GmbH": 4.0}, {"Verkäufer Nordlicht GmbH": -3.0})
    assert candidates.texts[int(scores.argmax())] == "Nordlicht GmbH"


def test_a_street_is_no_part_of_a_name():
    lines = ["Nordlicht GmbH", "Hafenstraße 12"]
    candidates, scores = addressed(lines, {"Nordlicht GmbH": 4.0}, {})
    assert candidates.texts[int(scores.argmax())] == "Nordlicht GmbH"


def test_the_party_is_the_company_and_not_the_person_below_it():
    lines = ["Nordlicht GmbH", "Erika Beispiel", "Hafenstraße 12", "20457 Hamburg"]
    candidates, scores = addressed(lines, {"Erika Beispiel": 3.0, "Nordlicht GmbH": 1.0}, {})
    assert candidates.texts[int(scores.argmax())] == "Nordlicht GmbH"
    assert scores[candidates.texts.index("Erika Beispiel")] == 1.0


def test_a_person_below_a_company_that_is_in_no_address_stays():
    candidates, scores = addressed(["Nordlicht GmbH", "Erika Beispiel"], {"Erika Beispiel": 3.0}, {})
    assert candidates.texts[int(scores.argmax())] == "Erika Beispiel"
