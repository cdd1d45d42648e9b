"""Small pages for the tests of tables: words from lines of cells."""

from collections.abc import Sequence

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.reading.types import Document, Page, Word
from mlops.learning.dataset import Sample
from mlops.learning.layout import lay_out
from mlops.learning.tables.tokens import Tokens, tokenize

WIDTH, HEIGHT = 600.0, 800.0
CHAR, TALL = 0.01, 0.0125  # of a letter, relative to the page
Cell = tuple[float, str]  # left edge, or right edge when negative; text


def line(y: float, *cells: Cell) -> list[Word]:
    """Words of a line at height y. A negative place is a right edge: numbers are right-aligned."""
    words = []
    for place, text in cells:
        x = place if place >= 0 else -place - CHAR * len(text)
        for part in text.split():
            words.append(Word(part, Box(x, y, x + CHAR * len(part), y + TALL)))
            x += CHAR * (len(part) + 0.6)
    return words


def document(*pages: Sequence[list[Word]], source: str = "text") -> Document:
    """A document of pages, each given by its lines."""
    return Document(tuple(Page(WIDTH, HEIGHT, tuple(w for ws in page for w in ws), source) for page in pages))


def tokens(*lines: list[Word]) -> Tokens:
    return tokenize(lay_out(document(lines)))


Item = tuple[str, str, str, str]  # description, quantity, price, amount, as printed


def invoice(items: Sequence[Item], total: str, *, source: str = "text") -> Document:
    """One page: a header of columns, an item a line, a total below."""
    lines = [
        line(0.05, (0.1, "Example Ltd"), (-0.9, "Invoice 4711")),
        line(0.3, (0.1, "Description"), (-0.6, "Quantity"), (-0.75, "Price"), (-0.9, "Amount")),
    ]
    y = 0.33
    for description, quantity, price, amount in items:
        first, *rest = description.split("\n")
        lines.append(line(y, (0.1, first), (-0.6, quantity), (-0.75, price), (-0.9, amount)))
        for more in rest:
            y += 0.016
            lines.append(line(y, (0.1, more)))
        y += 0.022
    lines.append(line(y + 0.02, (-0.75, "Total"), (-0.9, total)))
    return document(lines, source=source)


def label(items: Sequence[Item]) -> Label:
    rows = tuple(
        {
            "description": LabelValue(" ".join(description.split())),
            "quantity": LabelValue(quantity),
            "unit_price": LabelValue(price),
            "amount": LabelValue(amount),
        }
        for description, quantity, price, amount in items
    )
    return Label("example", tables={"line_items": rows})


def sample(identity: str, items: Sequence[Item], total: str, *, source: str = "text") -> Sample:
    return Sample(identity, invoice(items, total, source=source), label(items))
