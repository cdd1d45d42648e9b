"""Figures of reading: `python tests/bench/reading.py`. Prints ratios and shares; docs/reading.md explains them.

Files: generated ones, and samples of ../shared/data where it is there. OCR is measured only there, on --scans pages a set.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import cv2
import numpy as np
import pypdfium2 as pdfium
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from invex.reading.limits import Limits
from invex.reading.ocr_engines import make_engine
from invex.reading.pageframe import frame_of
from invex.reading.pdf import Pixels, draw, load_page, open_pdf
from invex.reading.pool import ReaderPool
from invex.reading.reader import read_file
from invex.reading.textlayer import read_text_layer

SHARED = ROOT.parent / "shared" / "data"
TEXT_SETS = ("adbuy", "zugferd", "invoice2data", "negatives")
SCAN_SETS = ("sroie", "invoices_fr", "fara")
ROUNDS = 3  # the best counts: other programs share the machine


def generated(folder: Path) -> list[Path]:
    path = folder / "generated.pdf"
    canvas = Canvas(str(path))
    for page in range(10):
        canvas.setFont("Helvetica", 9)
        for row in range(60):
            canvas.drawString(
                40, 800 - 12 * row, f"{page}-{row} Article of some length, quantity {row}, price {row * 1.13:.2f}"
            )
        canvas.showPage()
    canvas.save()
    return [path]


def best(run: Callable[[], object]) -> float:
    """CPU seconds of the fastest of ROUNDS runs."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def raw_text_and_boxes(path: Path) -> None:
    """What pypdfium2 offers: the text of each page, and the box of each character."""
    document = pdfium.PdfDocument(path)
    for page in document:
        text = page.get_textpage()
        text.get_text_range()
        for index in range(text.count_chars()):
            text.get_charbox(index)
        text.close()
        page.close()
    document.close()


def text_layers(path: Path) -> None:
    with open_pdf(path, password="", limits=Limits()) as document:
        for index in range(len(document)):
            with load_page(document, index) as page:
                read_text_layer(page, frame_of(page))


def bench_text(name: str, paths: list[Path]) -> None:
    raw = sum(best(lambda p=p: raw_text_and_boxes(p)) for p in paths)
    words = sum(best(lambda p=p: text_layers(p)) for p in paths)
    whole = sum(best(lambda p=p: read_file(p, ocr="never")) for p in paths)
    pages = sum(len(read_file(p, ocr="never").pages) for p in paths)
    print(
        f"text layer  {name:14} {pages:4} pages  raw pdfium {raw / pages * 1e3:6.1f} ms/page   "
        f"words x{words / raw:.2f}   with rules, attachments x{whole / raw:.2f}"
    )


def bench_pool(paths: list[Path]) -> None:
    def wall(read: Callable[[Path], object]) -> float:
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for path in paths:
                read(path)
            times.append(time.perf_counter() - start)
        return min(times)

    alone = wall(lambda p: read_file(p, ocr="never"))
    with ReaderPool() as pool:
        pool.read(paths[0], ocr="never")
        apart = wall(lambda p: pool.read(p, ocr="never"))
    print(
        f"isolation   {len(paths)} files  in this process {alone:.2f} s  in the pool {apart:.2f} s  price {apart / alone - 1:+.0%}"
    )


def scans(name: str, count: int) -> Iterator[tuple[Pixels, list[str]]]:
    """First pages without a text layer, and the labelled values that should be readable somewhere on them."""
    about = json.loads((SHARED / name / "dataset.json").read_text())
    for document in about["documents"]:
        label = SHARED / name / "labels" / f"{document['id']}.json"
        path = SHARED / name / document["file"]
        if count == 0 or not label.exists():
            continue
        if path.suffix == ".pdf":
            with open_pdf(path, password="", limits=Limits()) as pdf, load_page(pdf, 0) as page:
                if read_text_layer(page, frame_of(page)).words:
                    continue
                pixels = draw(page, dpi=200, max_pixels=Limits().pixels)
        else:
            pixels = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB"))[..., ::-1])
        fields = json.loads(label.read_text())["fields"]
        values = [v for key, vs in fields.items() if key != "address" for v in vs]
        count -= 1
        yield pixels, [v.get("text") or v["value"] for v in values]


def flat(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def forms(value: str) -> set[str]:
    """Ways in which a canonical value may be printed, flattened."""
    ways = {flat(value)}
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value):
        y, m, d = match.groups()
        for year in (y, y[2:]):
            for day, month in ((d, m), (str(int(d)), str(int(m)))):
                ways |= {day + month + year, month + day + year, year + month + day, year + day + month}
        names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
        ways |= {f"{int(d)}{names[int(m) - 1]}{y}", f"{d}{names[int(m) - 1]}{y}", f"{d}{names[int(m) - 1]}{y[2:]}"}
    return ways


def binarised(pixels: Pixels) -> Pixels:
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(
        cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 31, 15), cv2.COLOR_GRAY2BGR
    )


def contrasted(pixels: Pixels) -> Pixels:
    lab = cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB)
    lab[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)


def denoised(pixels: Pixels) -> Pixels:
    return cv2.medianBlur(pixels, 3)


PREPROCESSING: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda pixels: pixels,
    "contrast (CLAHE)": contrasted,
    "median 3 x 3": denoised,
    "binarised": binarised,
}


def bench_ocr(engine_name: str, count: int) -> None:
    engine = make_engine(engine_name)
    pages = [(name, *page) for name in SCAN_SETS for page in scans(name, count)]
    for title, prepare in PREPROCESSING.items():
        found, of, seconds = 0, 0, 0.0
        for _, pixels, values in pages:
            start = time.process_time()
            text = flat(" ".join(w.text for w in engine.read(prepare(pixels)).words))
            seconds += time.process_time() - start
            of += len(values)
            found += sum(any(way in text for way in forms(value)) for value in values)
        print(
            f"ocr         {engine.name:18} {title:18} {len(pages)} pages  found {found}/{of} = {found / max(1, of):.3f}  "
            f"{seconds / max(1, len(pages)):.2f} CPU s/page",
            flush=True,
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=6, help="PDF files of each set; 0 leaves them out")
    arguments.add_argument("--scans", type=int, default=4, help="scanned pages of each set; 0 leaves OCR out")
    arguments.add_argument("--engine", default="rapidocr")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = generated(Path(folder))
        bench_text("generated", made)
        real = []
        for name in TEXT_SETS:
            if (SHARED / name).is_dir() and options.files:
                paths = sorted((SHARED / name / "documents").glob("*.pdf"))[: options.files]
                bench_text(name, paths)
                real += paths
        bench_pool(real or made)
    if SHARED.is_dir() and options.scans:
        bench_ocr(options.engine, options.scans)


if __name__ == "__main__":
    main()
