"""RapidOCR: the models in its wheel, on ONNX Runtime, offline. Import it in an OCR process only: it takes 700 MB."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray
from rapidocr.ch_ppocr_rec.typings import TextRecInput
from rapidocr.utils.process_img import get_rotate_crop_image

from invex.fields.geometry import Box

from .characters import normalise
from .layout import in_reading_order
from .ocr_port import OcrPage
from .pdf import Pixels
from .types import Word

_MODELS = Path(rapidocr.__file__).parent / "models"
SETTINGS: dict[str, Any] = {  # why: docs/reading.md
    "Global.use_cls": False,
    "Global.log_level": "error",
    "Det.limit_type": "max",  # the default, a *minimum* of 736, works on up to 2000 pixels
    "Det.limit_side_len": 960,
    "Rec.rec_img_shape": [3, 48, 48],
    "Rec.rec_batch_num": 1,  # in larger batches a line is padded to, and read worse beside, its longest neighbour
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    # Without a path a missing file is downloaded.
    "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
    "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
}
MAX_SIDE_PX = 2000  # larger images are scaled down to this
SMALL_TEXT_PX = 15  # median height of the lines, 10-point text at about 70 dpi, below which an image is enlarged
ENLARGED = 2
MIN_CONFIDENCE = 0.5  # of a line
ORIENTATION_LINES = 8  # the longest, read to see whether the page is upside down
UNSURE = 0.80  # mean confidence of these lines below which they are also read turned by 180 degrees
TALL = 1.5  # height by width from which a line is taken to run up or down; RapidOCR turns such crops counter-clockwise
_COLUMN_GAP = 6  # columns of the recogniser, each 8 of 48 px of height, between characters that are two words
_COLUMN_PX = 8
_MARGIN_ACROSS = 0.175  # of its height, by which the detector's box is larger than the font's on each side
_MARGIN_ALONG = 0.9  # of its height, up to which it is longer than the text at each end
_INKED = 0.25  # of a line's range of contrast, from which a column of pixels belongs to a character

Quad = NDArray[np.float32]  # (4, 2) corners in pixels, clockwise from the top left of the text


class RapidEngine:
    """OCR by RapidOCR's detector and recogniser; how lines become words and pages upright is ours."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        engine: Any = rapidocr.RapidOCR(params=SETTINGS)
        self._detect = engine._load_det_model()
        self._recognise = engine._load_rec_model()
        self.name = f"rapidocr-{version('rapidocr')}"

    def read(self, pixels: Pixels, *, may_turn: bool = True) -> OcrPage:
        pixels = _scaled_down(pixels)
        quads = self._quads(pixels)
        if not quads:
            return OcrPage(())
        if _is_small(quads, pixels):
            pixels = _enlarged(pixels)
            quads = self._quads(pixels)
        rotation = self._rotation(pixels, quads) if may_turn else 0
        if rotation:
            pixels = np.ascontiguousarray(np.rot90(pixels, -rotation // 90))
            quads = self._quads(pixels)
        return OcrPage(in_reading_order(self._words(pixels, quads)), rotation)

    def recognise(self, lines: list[Pixels]) -> list[tuple[str, float]]:
        if not lines:
            return []
        result = self._recognise(TextRecInput(img=[np.ascontiguousarray(line) for line in lines]))
        return [(normalise(text), float(score)) for text, score in zip(result.txts, result.scores)]

    def _quads(self, pixels: Pixels) -> list[Quad]:
        found = self._detect(pixels).boxes
        return [] if found is None else list(found)

    def _rotation(self, pixels: Pixels, quads: list[Quad]) -> int:
        """Degrees clockwise by which the image is to be turned to be upright."""
        tall = [q for q in quads if _size(q)[1] >= TALL * _size(q)[0]]
        wide = [q for q in quads if _size(q)[0] >= TALL * _size(q)[1]]
        is_sideways = len(tall) > len(wide)
        longest = sorted(tall if is_sideways else wide, key=lambda q: -max(_size(q)))[:ORIENTATION_LINES]
        if not longest:
            return 0
        crops = [get_rotate_crop_image(pixels, q.copy()) for q in longest]
        score = _mean_score(self.recognise(crops))
        is_upright = score >= UNSURE or score >= _mean_score(
            self.recognise([np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops])
        )
        if is_sideways:
            return 270 if is_upright else 90  # good crops: the page was turned clockwise, as its lines run down
        return 0 if is_upright else 180

    def _words(self, pixels: Pixels, quads: list[Quad]) -> list[Word]:
        if not quads:
            return []
        height, width = pixels.shape[:2]
        crops = [get_rotate_crop_image(pixels, q.copy()) for q in quads]
        # The recogniser's own results, which match the crops one to one; RapidOCR drops empty ones further on.
        result = self._recognise(TextRecInput(img=crops, return_word_box=True))
        words = []
        for quad, crop, text, score, info in zip(quads, crops, result.txts, result.scores, result.word_results):
            if score < MIN_CONFIDENCE or not text.strip():
                continue
            columns = [c for word in info.word_cols for c in word]
            was_turned = _size(quad)[1] >= TALL * _size(quad)[0]
            for part, start, end in _split(text, columns, crop):
                clean = normalise(part)
                if clean:
                    words.append(Word(clean, _box(quad, start, end, was_turned, width, height), round(float(score), 4)))
        return words


def _scaled_down(pixels: Pixels) -> Pixels:
    scale = MAX_SIDE_PX / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _is_small(quads: list[Quad], pixels: Pixels) -> bool:
    """Whether lines (across them, whichever way they run) are too low to be read well, and there is room to enlarge."""
    heights = [min(_size(quad)) for quad in quads]
    return float(np.median(heights)) < SMALL_TEXT_PX and ENLARGED * max(pixels.shape[:2]) <= MAX_SIDE_PX


def _enlarged(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC), np.uint8)


def _size(quad: Quad) -> tuple[float, float]:
    """Width and height of a quad in pixels."""
    return (
        float(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[2] - quad[3]))),
        float(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))),
    )


def _mean_score(lines: list[tuple[str, float]]) -> float:
    return sum(score for _, score in lines) / len(lines)


def _split(text: str, columns: list[int], crop: Pixels) -> list[tuple[str, float, float]]:
    """Words of a line with where each begins and ends, relative to the line's length.

    columns: the recogniser's column of each character that is no space. A word ends at a space, and where the columns
    leave room for one. Its edges are those of the emptiest stretch of pixels between its last character and the next.
    """
    characters = [c for c in text if not c.isspace()]
    if len(characters) != len(columns):
        return [(part, 0.0, 1.0) for part in text.split()]
    starts, k, after_space = [], 0, True
    for c in text:
        if c.isspace():
            after_space = True
            continue
        if after_space or columns[k] - columns[k - 1] >= _COLUMN_GAP:
            starts.append(k)
        after_space = False
        k += 1
    total = crop.shape[1] / crop.shape[0] * 48 / _COLUMN_PX  # columns of the whole line
    inked = _ink_profile(crop)
    edges = []
    for following in starts[1:]:
        edges.append(_gap(inked, columns[following - 1] + 0.5, columns[following] + 0.5, total))
    begin, end = _text_ends(inked, crop.shape[0])
    bounds = [begin, *(e for edge in edges for e in edge), end]
    ends = [*starts[1:], len(characters)]
    return [("".join(characters[a:b]), bounds[2 * i], bounds[2 * i + 1]) for i, (a, b) in enumerate(zip(starts, ends))]


def _ink_profile(crop: Pixels) -> NDArray[np.bool_]:
    """Which columns of pixels of a line belong to a character, (w,).

    Rows near the edges do not count, nor does contrast that all columns have: a ruled line runs along many a text.
    """
    edge = int(crop.shape[0] * _MARGIN_ACROSS)
    gray = cv2.cvtColor(crop[edge : crop.shape[0] - edge], cv2.COLOR_BGR2GRAY)
    contrast = gray.max(axis=0).astype(int) - gray.min(axis=0)
    low, high = int(contrast.min()), int(contrast.max())
    inked: NDArray[np.bool_] = contrast > low + _INKED * (high - low)
    return inked


def _text_ends(inked: NDArray[np.bool_], height: int) -> tuple[float, float]:
    """Where the first character begins and the last ends, relative to the line's length; near its ends in any case."""
    where = np.flatnonzero(inked)
    if not len(where):
        return 0.0, 1.0
    margin = min(_MARGIN_ALONG * height, len(inked) / 4)
    begin, end = min(float(where[0]), margin), max(float(where[-1]) + 1, len(inked) - margin)
    return begin / len(inked), end / len(inked)


def _gap(inked: NDArray[np.bool_], left: float, right: float, total: float) -> tuple[float, float]:
    """The longest empty stretch between two character centres (columns of `total`), relative to the line's length."""
    width = len(inked)
    a = min(max(0, int(left / total * width)), width - 1)
    b = min(max(a + 1, int(np.ceil(right / total * width))), width)
    edges = np.flatnonzero(np.diff(np.concatenate(([True], inked[a:b], [True])).astype(np.int8)))
    if not len(edges):  # the characters touch
        return (a + b) / 2 / width, (a + b) / 2 / width
    runs = edges.reshape(-1, 2)
    start, end = (a + runs[np.argmax(runs[:, 1] - runs[:, 0])]).tolist()
    # A character's column may lie past its end, so that the stretch goes on outside.
    while start == a > 0 and not inked[a - 1]:
        start = a = a - 1
    while end == b < width and not inked[b]:
        end = b = b + 1
    return start / width, end / width


def _box(quad: Quad, start: float, end: float, was_turned: bool, width: int, height: int) -> Box:
    """The box around the part from start to end (relative to its length) of the line in `quad`."""
    top_left, top_right, bottom_right, bottom_left = quad
    if (
        was_turned
    ):  # the crop was turned counter-clockwise, so that the line begins at the quad's top right, running down
        top_left, top_right, bottom_right, bottom_left = top_right, bottom_right, bottom_left, top_left
    down_left, down_right = (bottom_left - top_left) * _MARGIN_ACROSS, (bottom_right - top_right) * _MARGIN_ACROSS
    top_left, bottom_left = top_left + down_left, bottom_left - down_left
    top_right, bottom_right = top_right + down_right, bottom_right - down_right
    corners = np.array(
        [
            top_left + (top_right - top_left) * start,
            top_left + (top_right - top_left) * end,
            bottom_left + (bottom_right - bottom_left) * start,
            bottom_left + (bottom_right - bottom_left) * end,
        ]
    )
    x0, y0 = corners.min(axis=0) / (width, height)
    x1, y1 = corners.max(axis=0) / (width, height)
    clipped = np.clip([x0, y0, x1, y1], 0.0, 1.0).round(6).tolist()
    return Box(*clipped)
