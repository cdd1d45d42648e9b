"""Files of the generator: the same bytes every time, and they say what the labels say."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from fixtures.generator import Vendor, generate
from fixtures.generator.corpus import write_dataset
from fixtures.generator.degrade import scan
from fixtures.generator.einvoice import cii_xml, embed, ubl_xml
from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.samples import SAMPLES, write_samples
from invex.reading.einvoice import parse_einvoice
from mlops.learning.dataset import load_dataset

ROOT = Path(__file__).resolve().parents[2]


def digest(folder: Path) -> str:
    out = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            out.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return out.hexdigest()


def test_a_corpus_has_the_same_bytes_in_another_process(tmp_path):
    write_dataset(tmp_path / "here" / "set", 12, 5, noise=0.7, negatives=0.3)
    command = [sys.executable, "-m", "fixtures.generator", "dataset", str(tmp_path / "there" / "set"), "--count", "12"]
    subprocess.run(
        [*command, "--seed", "5", "--noise", "0.7", "--negatives", "0.3"],
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1"},
    )
    assert digest(tmp_path / "here") == digest(tmp_path / "there")


def test_a_corpus_is_a_dataset_folder(tmp_path):
    write_dataset(tmp_path / "words", 6, 1, per_vendor=3)
    dataset = load_dataset(tmp_path / "words")
    assert len(dataset.labelled()) == 6
    assert len({entry.label.template for entry in dataset.entries}) == 2


def test_the_words_backend_needs_no_picture_or_pdf_library():
    code = (
        "import sys, fixtures.generator; fixtures.generator.generate(1);"
        "print([m for m in ('django', 'cv2', 'pypdfium2', 'lxml', 'pypdf', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_pdf_says_what_the_words_say():
    for seed in range(12):
        one = generate(seed)
        document = pypdfium2.PdfDocument(render_pdf(one.canvas))
        assert len(document) == len(one.document.pages)
        for page, ours in zip(document, one.document.pages, strict=True):
            text = page.get_textpage()
            theirs = "".join(sorted("".join(text.get_text_range().split())))
            assert theirs == "".join(sorted("".join(word.text for word in ours.words)))
            longest = max(ours.words, key=lambda word: len(word.text))
            found = text.search(longest.text, match_case=True).get_next()
            if found is None or sum(word.text.count(longest.text) for word in ours.words) > 1:
                continue
            left, _, _, _ = text.get_charbox(found[0], loose=True)
            _, _, right, _ = text.get_charbox(found[0] + found[1] - 1, loose=True)
            assert left / ours.width == pytest.approx(longest.box.x0, abs=0.005)
            assert right / ours.width == pytest.approx(longest.box.x1, abs=0.005)


def test_the_same_pdf_twice_has_the_same_bytes():
    one, again = generate(4, kind="invoice"), generate(4, kind="invoice")
    assert render_pdf(one.canvas) == render_pdf(again.canvas)


@pytest.mark.parametrize("suffix", [".pdf", ".png", ".jpg", ".tif"])
def test_scans_have_the_same_bytes_and_no_text(suffix):
    pdf = render_pdf(Vendor(2, kind="receipt").document().canvas)
    first = scan(pdf, suffix, 9, dpi=72)
    assert first == scan(pdf, suffix, 9, dpi=72)
    assert first != scan(pdf, suffix, 10, dpi=72)
    if suffix == ".pdf":
        document = pypdfium2.PdfDocument(first)
        assert document[0].get_textpage().get_text_range() == ""
    else:
        assert np.asarray(Image.open(io.BytesIO(first))).std() > 5


def test_a_scan_of_another_kind_of_file_is_refused():
    with pytest.raises(ValueError, match="use one of"):
        scan(b"", ".bmp", 0)


@pytest.mark.parametrize("write", [cii_xml, ubl_xml])
def test_the_e_invoice_says_what_the_content_says(write):
    for seed in range(10):
        content = generate(seed, kind="invoice", locale="de-DE").content
        read = parse_einvoice(write(content))
        assert read.fields["invoice_number"] == (content.number,)
        assert read.fields["invoice_date"] == (content.dates["invoice"].isoformat(),)
        assert [float(v) for v in read.fields["total_amount"]] == [float(content.total)]
        assert len(read.lines) == len(content.items)


def test_the_embedded_e_invoice_is_found_again():
    one = generate(4, kind="invoice", locale="de-DE")
    xml = cii_xml(one.content)
    pdf = embed(render_pdf(one.canvas), xml)
    assert pdf == embed(render_pdf(one.canvas), xml)
    document = pypdfium2.PdfDocument(pdf)
    assert document.count_attachments() == 1
    attachment = document.get_attachment(0)
    assert attachment.get_name() == "factur-x.xml"
    assert bytes(attachment.get_data()) == xml


def test_the_samples_are_a_dataset_with_labels(tmp_path):
    write_samples(tmp_path / "demo")
    dataset = load_dataset(tmp_path / "demo")
    assert len(dataset.labelled()) == len(SAMPLES) == 12
    assert all(entry.file.exists() for entry in dataset.entries)
    templates = [entry.label.template for entry in dataset.entries]
    assert sum(templates.count(name) >= 3 for name in set(templates)) >= 2
