"""What a page looks like from afar: evidence for its template where OCR could not read the words.

A page that OCR read brings a thumbnail of its ink (`invex.reading.thumbnail`). Two of them are compared by normalised
cross-correlation (Lewis, "Fast Normalized Cross-Correlation", 1995), which asks neither how dark a scan is nor how much
noise lies evenly over it. What words and looks say are weighed as by a logarithmic opinion pool (Genest and Zidek,
"Combining Probability Distributions", 1986); the words' weight is how far they can be trusted, by the recogniser's own
confidence. On a page read well, the words decide alone: there the looks bring nothing, and good readings have more than
LEGIBLE_FROM. All four numbers are from bad scans of synthetic vendors (docs/learning-templates.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from invex.reading.types import THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, Page

Vector = NDArray[np.float32]

SIZE = THUMBNAIL_COLUMNS * THUMBNAIL_ROWS
ILLEGIBLE_TO, LEGIBLE_FROM = 0.85, 0.95  # mean confidence of a page's characters
EVEN_AT = 0.6  # the correlation at which a page is as likely of the kind as not
SCALE = 0.03  # logistic: this much more correlation, and the odds are e times better


def legibility(page: Page) -> float:
    """How far the words of a page can be trusted, [0, 1]; 1 for all that was not read by OCR from a whole page."""
    if not page.thumbnail:
        return 1.0
    characters = sum(len(word.text) for word in page.words)
    if not characters:
        return 0.0
    confidence = sum(word.confidence * len(word.text) for word in page.words) / characters
    return float(np.clip((confidence - ILLEGIBLE_TO) / (LEGIBLE_FROM - ILLEGIBLE_TO), 0.0, 1.0))


def standardised(thumbnail: NDArray[np.uint8]) -> Vector:
    """Thumbnails (..., SIZE) of mean 0 and length 1, so that their product is their correlation; blank pages are 0."""
    centred = thumbnail.astype(np.float32) - thumbnail.mean(axis=-1, keepdims=True, dtype=np.float32)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    standard: Vector = centred / np.maximum(length, 1e-6)
    return standard


def log_odds(page: Vector, examples: Vector) -> float:
    """Log odds that a page is of the kind of which `examples` (n, SIZE) are, all standardised: by the most alike."""
    return (float((examples @ page).max()) - EVEN_AT) / SCALE
