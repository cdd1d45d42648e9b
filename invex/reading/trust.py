"""Is a text layer true? A few of its lines are recognised from pixels and compared."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from invex.fields.geometry import Box, union

from .ocr_port import OcrEngine
from .pdf import Pixels
from .types import Word

SPOT_CHECK_DPI = 150
SAMPLES = 8
ASPECT = (3.0, 14.0)  # width by height of a sample; shorter ones say little, longer ones cost
MIN_CHARACTERS = 5
TRUSTED = 0.93  # mean similarity from which a layer is true
FALSE = 0.85  # below which it is not
_PADDING = 0.1  # of the height, around a sample


def sample_lines(words: Sequence[Word], *, width: float, height: float) -> list[tuple[str, Box]]:
    """Return up to SAMPLES stretches of lines, evenly over the page: text without spaces, and box.

    width, height: of the page in points.
    """
    lines: list[tuple[str, Box]] = []
    text, boxes = "", list[Box]()
    for word in (*words, None):
        if word is not None and boxes and _continues(boxes[-1], word.box, width, height):
            longer = union([*boxes, word.box])
            if _aspect(longer, width, height) <= ASPECT[1]:
                text, boxes = text + word.text, [*boxes, word.box]
                continue
        if boxes and len(text) >= MIN_CHARACTERS:
            box = union(boxes)
            if ASPECT[0] <= _aspect(box, width, height) <= ASPECT[1]:
                lines.append((text, box))
        if word is not None:
            text, boxes = word.text, [word.box]
    step = max(1.0, len(lines) / SAMPLES)
    return [lines[int(i * step)] for i in range(min(SAMPLES, len(lines)))]


def similarity(samples: Sequence[tuple[str, Box]], page: Pixels, engine: OcrEngine) -> float:
    """Mean similarity [0, 1] of the texts with what the engine reads there. page: drawn at SPOT_CHECK_DPI."""
    height, width = page.shape[:2]
    crops = []
    for _, box in samples:
        pad = box.height * height * _PADDING
        top, bottom = int(max(0, box.y0 * height - pad)), int(box.y1 * height + pad) + 1
        left, right = int(max(0, box.x0 * width - pad)), int(box.x1 * width + pad) + 1
        crops.append(page[top:bottom, left:right])
    read = engine.recognise(crops)
    scores = [
        fuzz.ratio(text.casefold(), "".join(seen.split()).casefold()) / 100
        for (text, _), (seen, _) in zip(samples, read)
    ]
    return sum(scores) / len(scores)


def _continues(last: Box, box: Box, width: float, height: float) -> bool:
    """Whether a word follows the last one on its line, a space apart."""
    tall = max(last.height, box.height) * height
    gap = (box.x0 - last.x1) * width
    return abs(last.center[1] - box.center[1]) * height < 0.3 * tall and -0.2 * tall < gap < tall


def _aspect(box: Box, width: float, height: float) -> float:
    return box.width * width / max(1e-6, box.height * height)
