"""Page images: the first pages are drawn as a document is read, the others once somebody looks at them.

Most documents have few pages, and a clerk wants them at once; of a document of 500 pages nobody looks at most, and
drawing them all would hold up the queue for a minute. A document that was opened with a password is drawn whole while
the password is known.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import transaction
from PIL import Image

from invex.kernel.blobs import store
from invex.kernel.doomed import doom
from invex.kernel.priority import patiently
from invex.reading import types
from invex.reading.errors import Unreadable

from . import readings
from .models import Document, PageImage
from .reader import reader

log = logging.getLogger(__name__)

PAGES_AT_ONCE = 8  # drawn with the read, and around a page that somebody looks at


def first_pages(read: types.Document, *, is_whole: bool) -> range:
    """The pages that are drawn with the read."""
    return range(len(read.pages) if is_whole else min(PAGES_AT_ONCE, len(read.pages)))


def draw(
    document: Document, read: types.Document, pages: Sequence[int], *, password: str = "", is_second: bool = False
) -> list[PageImage]:
    """Return the images of these pages as rows that are not saved yet; one that cannot be drawn has no blob.

    What fails is tried a second time, page by page: one page must not hide the others, and the process that drew may
    have died of something else.
    """
    try:
        drawn = patiently(
            reader().render,
            store().path(document.sha256),
            pages,
            settings.PAGE_IMAGE_DPI,
            rotations=[read.pages[index].rotation for index in pages],
            password=password,
        )
    except Unreadable as e:
        if not is_second:
            again = partial(draw, document, read, password=password, is_second=True)
            return [row for index in pages for row in again([index])]
        log.warning("document %s: page %s cannot be drawn: %s", document.pk, pages[0], e)
        return [PageImage(document=document, index=pages[0], width_px=0, height_px=0)]
    return [_row(document, index, webp) for index, webp in zip(pages, drawn, strict=True)]


def _row(document: Document, index: int, webp: bytes) -> PageImage:
    with Image.open(io.BytesIO(webp), formats=["WEBP"]) as image:
        width_px, height_px = image.size
    return PageImage(document=document, index=index, width_px=width_px, height_px=height_px, blob=store().put(webp))


def save(document: Document, images: list[PageImage]) -> bool:
    """Store the rows; those that another job has stored meanwhile stay.

    document: as it was when they were drawn. Return False when it has been read anew since: its pages may be turned
    now, and a picture of before would stay.
    """
    with transaction.atomic():
        same = Document.objects.select_for_update().filter(pk=document.pk, words_blob=document.words_blob)
        if not list(same.values_list("pk")):
            doom(image.blob for image in images)
            return False
        PageImage.objects.bulk_create(images, ignore_conflicts=True)
    return True


def draw_around(document: Document, index: int) -> int:
    """Draw and store the undrawn pages of the block that `index` lies in. Return how many were drawn."""
    read = readings.load(document)
    if read is None:
        return 0
    first = index - index % PAGES_AT_ONCE
    block = range(first, min(first + PAGES_AT_ONCE, len(read.pages)))
    there = set(document.page_images.filter(index__in=block, is_sharp=False).values_list("index", flat=True))
    pages = [i for i in block if i not in there]
    return len(pages) if pages and save(document, draw(document, read, pages)) else 0


def draw_sharp(document: Document, index: int) -> bool:
    """Draw and store a page larger than usual. Return False where it is there, or was not read."""
    read = readings.load(document)
    if read is None or index >= len(read.pages) or document.page_images.filter(index=index, is_sharp=True).exists():
        return False
    rotations = [read.pages[index].rotation]
    try:
        [webp] = reader().render(store().path(document.sha256), [index], settings.SHARP_PAGE_DPI, rotations=rotations)
        row = _row(document, index, webp)
    except Unreadable as e:  # encrypted, and its password forgotten: the usual picture must do
        log.info("document %s: page %s cannot be drawn larger: %s", document.pk, index, e)
        row = PageImage(document=document, index=index, width_px=0, height_px=0)
    row.is_sharp = True
    return save(document, [row])
