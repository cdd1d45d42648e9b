"""From HTML to PDF with Chromium, and from there to a scan; the same bytes for the same page and the same Chromium."""

from __future__ import annotations

import io
import re
import time
from random import Random
from types import TracebackType

import pypdfium2
from PIL import Image, ImageFilter
from playwright.sync_api import sync_playwright

from tests.chromium import NO_CHROMIUM, chromium

PRINTED_AT = b"(D:20261122000000"  # instead of now
PRINTED = re.compile(rb"\(D:\d{14}")
DPI = 200  # of scans


class NoChromium(RuntimeError):
    """Nothing here can print HTML; the message says how to get it."""


class Printer:
    """A Chromium that prints pages, as a context manager. Raises NoChromium."""

    def __enter__(self) -> Printer:
        path = chromium()
        if path is None:
            raise NoChromium(NO_CHROMIUM)
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        self._page = self._browser.new_page()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def pdf(self, html: str) -> bytes:
        self._page.set_content(html)
        pdf = self._page.pdf(prefer_css_page_size=True, print_background=True)
        return PRINTED.sub(PRINTED_AT, pdf)


def scanned(pdf: bytes, *, seed: str) -> bytes:
    """Return the pages as pictures: grey, a little askew and out of focus, and coarsely compressed."""
    random = Random(seed)
    pages = []
    for page in pypdfium2.PdfDocument(pdf):
        picture = page.render(scale=DPI / 72).to_pil().convert("L")
        picture = picture.rotate(random.uniform(-1.2, 1.2), fillcolor=250, resample=Image.Resampling.BICUBIC)
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 0.8)))
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=random.randint(45, 70))
        pages.append(Image.open(jpeg))
    out = io.BytesIO()
    first, *others = pages
    then = time.gmtime(0)
    first.save(out, "PDF", resolution=DPI, save_all=True, append_images=others, creationDate=then, modDate=then)
    return out.getvalue()
