"""Address blocks: of what kind each line is, and how its block goes on above and below."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from .layout import NO_CELL, Layout

# Kinds of lines; 0 is no line.
FIGURES, LABELLED, POSTAL, STREET, COMPANY, SENTENCE, OTHER = range(1, 8)
MOST_ADDRESS_WORDS = 8

# Legal forms of companies and associations, as registers abbreviate them; short ones only as they are written.
_COMPANY = re.compile(
    r"(?i:\b(?:g?gmbh|mbh|limited|incorporated|corporation|sarl|s\.à\s?r\.l|s\.a\.r\.l|s\.r\.l|s\.p\.a|s\.a\.s|stiftung"
    r"|verein|genossenschaft|foundation|holding)\b)"
    r"|(?:^|[\s,])(?:AG|KG|KGaA|OHG|GbR|UG|SE|e\.?\s?[VvKk]\.?|eG|a\.\s?G\.|VVaG|Ltd|LTD|LLC|LLP|PLC|[Pp]lc|Inc|INC|Corp|CORP"
    r"|Co|CO|SA|S\.A|SAS|SASU|EURL|SCI|SNC|SL|S\.L|SLU|SRL|Srl|SpA|SPA|BV|B\.V|NV|N\.V|VOF|Lda|LDA|AB|HB|ApS|A/S|I/S"
    r"|Oy|Pty|PTY|Pvt|PVT)(?=[\s.,)]|$)"
)
_POSTAL = re.compile(
    # D-80331 Bad Tölz, 1012 AB Delft; more words behind four digits are a street.
    r"^(?:[A-Z]{1,3}[-\s]\s?)?(?:\d{5,6}|\d{4}(?:\s?[A-Z]{2}\b)?(?!(?:\s+\S+){3})),?\s+[^\W\d]"
    r"|^\d{2,3}\s\d{2,3}\s+[^\W\d]"  # 111 22 Stockholm
    r"|\b[A-Z]{2}\.?,?\s+\d{5}(?:-\d{4})?$"  # Fremont CA 94538
    r"|\b[A-Z]{1,2}\d[\dA-Z]?\s\d[A-Z]{2}$"  # Leeds LS1 4AP
)
_STREET = re.compile(
    r"^[^\d:]{3,}[\s.]\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?$"
    r"|^\d{1,5}\s?(?:[a-z]|bis|ter)?,?\s+[^\W\d]"
)
_LABELLED = re.compile(r":|@|www\.|https?//|\+\d\d")


@lru_cache(maxsize=1 << 15)
def kind_of(text: str) -> int:
    """The kind of a line or of a name."""
    words = text.count(" ") + 1
    if not any(map(str.isalpha, text)):
        return FIGURES
    if _LABELLED.search(text):
        return LABELLED
    if words > MOST_ADDRESS_WORDS:
        return SENTENCE
    if _POSTAL.search(text):
        return POSTAL
    if _COMPANY.search(text):
        return COMPANY
    return STREET if _STREET.search(text) else OTHER


class Blocks:
    """The lines of a layout as parts of address blocks, m cells.

    kind: (m + 1,) of each cell, 0 for no cell. up, down: (m + 1,) the cell that goes on above or below, else NO_CELL.
    """

    def __init__(self, layout: Layout) -> None:
        self.kind = np.array([*map(kind_of, layout.cell_texts), 0], np.int64)
        up = layout.adjoining(layout.above, -1, right_too=True)
        down = layout.adjoining(layout.below, 1, right_too=True)
        self.up, self.down = (np.append(cells, NO_CELL).astype(np.int32) for cells in (up, down))
