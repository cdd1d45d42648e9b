"""Made-up forms: documents of one form share its printed words, and differ in what is filled in."""

from __future__ import annotations

import random

from invex.fields.geometry import Box
from invex.reading.types import Document, Page, Word

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa", "zo")


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))


def form_document(
    form: int, filled: int, *, labels: int = 40, values: int = 30, noise: float = 0.0, shift: float = 0.0
) -> Document:
    """Return document number `filled` of form number `form`.

    labels, values: how many words are the form's own, and the document's. noise: share of the words that are misread.
    shift: by how much the page moved, relative to its size.
    """
    of_form, of_document = random.Random(form), random.Random(f"{form}-{filled}")
    words = []
    for number in range(labels + values):
        rng = of_form if number < labels else of_document
        text = _word(rng) if number < labels or rng.random() < 0.5 else str(rng.randint(10, 99999))
        x, y = rng.uniform(0.02, 0.85), rng.uniform(0.02, 0.9)
        if of_document.random() < noise:
            text = text[:-1] + "ö"
        words.append(Word(text, Box(x + shift, y + shift, min(1.0, x + shift + 0.08), y + shift + 0.012)))
    words.sort(key=lambda word: (round(word.box.y0, 2), word.box.x0))
    return Document((Page(595.0, 842.0, tuple(words)),))
