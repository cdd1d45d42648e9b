"""Templates of scans that OCR can hardly read, on ../shared/data: `python tests/bench/bad_scans.py --words DIR`.

First pages of all sets, at 45, 60 or 80 dpi and with the noise of a bad scanner, are read by our own OCR (half an hour
the first time, kept in DIR). The templates are learned from the documents as they are, with the thumbnail that a good
scan would bring, or from scans as bad; everything is measured with the thumbnails and without.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

import numpy as np
import pypdfium2
from PIL import Image, ImageOps

from fixtures.generator.degrade import degrade
from fixtures.generator.draw import Draw
from invex.fields.labels import Label
from invex.fields.prediction import Prediction
from invex.reading.reader import read_file
from invex.reading.thumbnail import thumbnail
from invex.reading.types import Document
from invex.reading.words import from_json, to_json
from mlops.learning.dataset import load_dataset
from mlops.learning.evaluation import TemplateScores, evaluate
from mlops.learning.templates import fit_templates
from tests.bench.accuracy_templates import SEEDS, SETS, SHARED, Paper, load

DPI = (45, 60, 80)
RECEIPT_INCHES, PAGE_INCHES = 5.0, 8.3  # widths of paper; image files do not say
A_TEMPLATE, WITHOUT = 7, 12  # documents that are scanned
GOOD_DPI = 50  # of the thumbnails of documents as they are
NOISE = 7  # stream of random numbers
# Labelled unknown, but of the form that they are routed to (docs/accuracy.md).
MISLABELLED = {
    f"adbuy/{i}" for i in ("4b330586", "4fc738ef", "6a7ef626", "74c779b4", "92083af9", "db4ee420", "e3f3dba6")
}


def sample(papers: Sequence[Paper]) -> list[Paper]:
    """Some documents of each template, and of each set's unknown ones."""
    taken: Counter[str] = Counter()
    found = []
    for i in np.random.default_rng(3).permutation(len(papers)):
        paper = papers[i]
        key = paper.template or paper.id.split("/")[0]
        if paper.id not in MISLABELLED and taken[key] < (A_TEMPLATE if paper.template else WITHOUT):
            taken[key] += 1
            found.append(paper)
    return found


def drawn(file: Path, dpi: int) -> np.ndarray:
    """The first page, grey, uint8 (h, w)."""
    if file.suffix == ".pdf":
        document = pypdfium2.PdfDocument(str(file))
        try:
            return np.asarray(document[0].render(scale=dpi / 72, grayscale=True).to_pil())
        finally:
            document.close()
    image = ImageOps.exif_transpose(Image.open(file)).convert("L")
    scale = dpi * (RECEIPT_INCHES if "sroie" in file.parts else PAGE_INCHES) / image.width
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.resize(size, Image.Resampling.BOX))


def bad_scan(identity: str, file: Path) -> np.ndarray:
    """The same for the same document, grey, uint8 (h, w)."""
    seed = int(hashlib.md5(identity.encode()).hexdigest()[:6], 16)
    dpi = int(np.random.default_rng(seed).choice(DPI))
    return degrade(drawn(file, dpi), Draw(seed, NOISE), 1.0)


def read_scan(identity: str, file: Path, kept: Path) -> Document:
    path = kept / f"{identity}.json"
    if not path.exists():
        with tempfile.NamedTemporaryFile(suffix=".png") as scan:
            Image.fromarray(bad_scan(identity, file)).save(scan.name, "PNG")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(to_json(read_file(scan.name))))
    return from_json(json.loads(path.read_text()))


def with_thumbnail(document: Document, pixels: np.ndarray) -> Document:
    first = replace(document.pages[0], thumbnail=thumbnail(np.repeat(pixels[..., None], 3, axis=2)))
    return replace(document, pages=(first, *document.pages[1:]))


def without_thumbnail(document: Document) -> Document:
    return replace(document, pages=(replace(document.pages[0], thumbnail=b""), *document.pages[1:]))


def recognition(
    scans: Sequence[Paper], examples: Mapping[str, Sequence[Paper]], confirmed: int, seed: int, *, thumbnails: bool
) -> TemplateScores:
    """Scores of the scans that were not learned from. examples: template -> what may be."""
    rng = np.random.default_rng(seed)
    chosen = {
        name: [examples[name][i] for i in sorted(rng.choice(len(examples[name]), confirmed, replace=False))]
        for name in sorted(examples)
        if len(examples[name]) > confirmed
    }
    seen = (lambda d: d) if thumbnails else without_thumbnail
    index = fit_templates({name: [seen(p.document) for p in some] for name, some in chosen.items()})
    learned = {p.id for some in chosen.values() for p in some}
    others = [p for p in scans if p.id not in learned]
    labels = {p.id: Label(p.template if p.template in chosen else None) for p in others}
    return evaluate((), (), labels, {p.id: Prediction(index.match(seen(p.document))) for p in others}).template


def by_template(papers: Sequence[Paper]) -> dict[str, list[Paper]]:
    found: dict[str, list[Paper]] = {}
    for paper in papers:
        if paper.template:
            found.setdefault(paper.template, []).append(paper)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, required=True, help="folder in which the words that were read are kept")
    words = parser.parse_args().words
    files = {f"{s}/{e.id}": e.file for s in SETS for e in load_dataset(SHARED / s).entries if e.file}
    papers = load(words)
    scans = [replace(p, document=read_scan(p.id, files[p.id], words / "bad-scans")) for p in sample(papers)]
    good = [replace(p, document=with_thumbnail(p.document, drawn(files[p.id], GOOD_DPI))) for p in papers]
    print(f"{len(scans)} bad scans")
    print(f"{'examples':>9} {'confirmed':>9} {'thumbnails':>10} {'accuracy':>16} {'mis-routed':>16} {'AUROC':>16}")
    for name, pool in (("good", by_template(good)), ("as bad", by_template(scans))):
        for confirmed in (1, 2, 5):
            for thumbnails in (False, True):
                scores = [recognition(scans, pool, confirmed, seed, thumbnails=thumbnails) for seed in SEEDS]
                figures = np.array([(s.accuracy, s.misrouted_rate, s.auroc) for s in scores], float).T
                shown = " ".join(f"{np.mean(f):8.3f} ±{np.std(f):6.3f}" for f in figures)
                print(f"{name:>9} {confirmed:9} {thumbnails!s:>10} {shown}", flush=True)


if __name__ == "__main__":
    main()
