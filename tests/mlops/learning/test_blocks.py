"""Address blocks: kinds of lines, and how a block goes on."""

import pytest

from mlops.learning.blocks import COMPANY, FIGURES, LABELLED, OTHER, POSTAL, SENTENCE, STREET, Blocks, kind_of
from mlops.learning.layout import NO_CELL, lay_out
from tests.mlops.learning.test_layout import document, word


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Nordlicht Handel GmbH", COMPANY),
        ("Alpenbund Versicherung a.G.", COMPANY),
        ("Harbour Tools, Inc.", COMPANY),
        ("Transports Morel SARL", COMPANY),
        ("Erika Beispiel", OTHER),
        ("Hafenstraße 12a", STREET),
        ("14 bis, rue du Port", STREET),
        ("2210 Old Mill Rd", STREET),
        ("D-20457 Hamburg", POSTAL),
        ("1010 Wien", POSTAL),
        ("1012 AB Amsterdam", POSTAL),
        ("Portland OR 97201", POSTAL),
        ("Leeds LS1 4AP", POSTAL),
        ("Telefon: 040 123", LABELLED),
        ("info@example.com", LABELLED),
        ("12.03.2026", FIGURES),
        ("we are pleased to send you this invoice for last month", SENTENCE),
    ],
)
def test_kind_of_a_line(text: str, kind: int):
    assert kind_of(text) == kind


def test_a_block_goes_on_where_lines_are_close_and_aligned():
    lines = [("Upper", 0.1, 0.1), ("Lower", 0.1, 0.115), ("Aside", 0.6, 0.115), ("Far", 0.1, 0.3)]
    blocks = Blocks(lay_out(document([word(*line) for line in lines])))
    assert blocks.down[0] == 1
    assert blocks.up[1] == 0
    assert blocks.up[2] == NO_CELL
    assert blocks.down[1] == NO_CELL
