"""The pages of a document as the browser shows them: addresses and sizes of their pictures."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from . import queries
from .models import Document

A4_PX = (210, 297)  # its shape is what matters


def picture(slug: str, row: Document, index: int) -> str:
    """Return the address of the picture of a page; another one when the pages are drawn anew."""
    return f"{reverse('page-image', args=[slug, row.pk, index])}?v={row.reading}"


def frames(slug: str, row: Document) -> list[dict[str, Any]]:
    """Return the pages in order, each {"index", "url", "width_px", "height_px"}. slug: of the project.

    A page that is not drawn yet is taken to be as large as the first: without a size, all pages of a long document
    would lie in view at once, and be asked for.
    """
    drawn = queries.page_images(row)
    usual = next(((i.width_px, i.height_px) for i in drawn.values() if i.width_px), A4_PX)
    pages = []
    for index in range(row.page_count or 0):
        image = drawn.get(index)
        width_px, height_px = (image.width_px, image.height_px) if image and image.width_px else usual
        pages.append({"index": index, "url": picture(slug, row, index), "width_px": width_px, "height_px": height_px})
    return pages
