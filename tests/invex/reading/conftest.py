"""Fixtures that write the documents of made_files to disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.invex.reading.made_files import SLIP, draw_invoice, draw_slip


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Make a PDF of pages, each drawn by a function on a canvas."""

    def make(
        *pages: Callable[[Canvas], None], name: str = "made.pdf", size: tuple[float, float] = (595, 842), **options
    ) -> Path:
        path = tmp_path / name
        canvas = Canvas(str(path), pagesize=size, **options)
        for draw in pages:
            draw(canvas)
            canvas.showPage()
        canvas.save()
        return path

    return make


@pytest.fixture
def invoice_pdf(make_pdf) -> Path:
    return make_pdf(draw_invoice)


@pytest.fixture
def slip_pdf(make_pdf) -> Path:
    return make_pdf(draw_slip, name="slip.pdf", size=SLIP)
