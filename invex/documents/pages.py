"""Pages: splitting and joining make new documents of them, turning has their document read again.

Of what is split or joined a worker makes the files, in the reading sandbox; the new documents, the links both ways and
the end of the old ones, in the state `split`, are one transaction. Whoever is stopped before it has changed nothing.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import writes
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.outbox import emit
from invex.kernel.queue import ask
from invex.kernel.states import move
from invex.reading.errors import Unreadable
from invex.reading.filetype import PDF_HEADER_WITHIN, FileType, sniff

from . import queries, services
from .models import Document, PageSource
from .names import MAX_LENGTH
from .states import DocumentState

JOB = "invex.documents.jobs.assemble"
QUEUE = "online"  # a person waits
ANSWER_WITHIN_S = 30
MOST_JOINED = 50
TURNS = (90, 180, 270)
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a document, from 0."""

    document: Document
    page: int


def ranges(text: str) -> list[range]:
    """Return the pages, from 0, that a person wrote from 1: "1-2, 3" -> [0, 1], [2]. Raises BadInput.

    No range is written out: which pages there are is for `split` to say, and a few letters can name very many.
    """
    parts = []
    for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", text))):
        found = _RANGE.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last:
            raise BadInput(f"{part[:20]!r} is no range of pages. Write for example: 1-2, 3, 4-6", code="bad_pages")
        parts.append(range(first - 1, last))
    return parts


def split(access: Access, document: Document, parts: Sequence[Sequence[int]]) -> list[Document]:
    """Return new documents with these pages, from 0, each. Every page must be in exactly one of at least two parts.

    Raises Conflict while somebody else is at the document, or has unsaved work on it; so does join.
    """
    _check(access, [document])
    count = document.page_count or 0
    # Of more pages than there are, one is outside of the document or named twice: no more needs to be looked at.
    wanted = list(itertools.islice(itertools.chain.from_iterable(parts), count + 1))
    if len(parts) < 2 or not all(parts):
        raise BadInput("Name at least two parts, each with a page.", code="bad_pages")
    if outside := sorted({page + 1 for page in wanted if not 0 <= page < count}):
        raise BadInput(f"There is no page {outside[0]}; the document has {count}.", code="bad_pages")
    if twice := sorted(page + 1 for page, times in Counter(wanted).items() if times > 1):
        raise BadInput(f"Page {twice[0]} is in two parts.", code="bad_pages")
    if missing := sorted(set(range(1, count + 1)) - {page + 1 for page in wanted}):
        raise BadInput(f"No part has page {missing[0]}: no page may be lost.", code="bad_pages")
    return _make(access, [[Leaf(document, page) for page in part] for part in parts], [document])


def join(access: Access, documents: Sequence[Document]) -> Document:
    """Return a new document of all pages of these, in this order."""
    if not 2 <= len({document.pk for document in documents}) == len(documents) <= MOST_JOINED:
        raise BadInput(f"Name 2 to {MOST_JOINED} different documents.", code="bad_documents")
    _check(access, documents)
    leaves = [Leaf(document, page) for document in documents for page in range(document.page_count or 0)]
    return _make(access, [leaves], documents)[0]


def turn(access: Access, document: Document, turns: Mapping[int, int]) -> None:
    """Have the document read again, with these pages, from 0, turned clockwise by degrees from how they are shown.

    Its file stays as it was received. Raises Conflict while somebody else is at it, or has unsaved work on it.
    """
    _check(access, [document])
    count = document.page_count or 0
    if not turns or any(degrees not in TURNS or not 0 <= page < count for page, degrees in turns.items()):
        raise BadInput("Turn pages of the document by 90, 180 or 270 degrees.", code="bad_pages")
    _require_pages_of_its_own(document)
    read = queries.read_words(document)
    shown = [page.rotation for page in read.pages] if read is not None else [0] * count
    turned = {str(page): (shown[page] + degrees) % 360 for page, degrees in turns.items()}
    project = access.project.slug
    with transaction.atomic():
        won = move(
            document, DocumentState.RECEIVED, actor=access.actor, project=project,
            only_if=Q(version=document.version) & queries.free_for(str(access.actor)),
            detail={"turned": turned}, rotations={**document.rotations, **turned}, version=F("version") + 1,
            attempts=0, leased_until=None, reason_code="", reason_message="",
            held_by="", held_until=None, held_key="",
        )  # fmt: skip
        if not won:
            raise services.busy()
        emit("document.received", document.pk, project=project, document=document.pk, batch=document.batch_id)


def _require_pages_of_its_own(document: Document) -> None:
    """Raise BadInput for an e-invoice that is XML alone: its pages are drawn by Invex."""
    try:
        with store().open(document.sha256) as file:
            kind = sniff(file.read(2 * PDF_HEADER_WITHIN))
    except Unreadable as e:
        raise BadInput(e.message, code=e.code) from e
    if kind is FileType.XML:
        raise BadInput("An e-invoice without a picture has no pages to turn.", code="unsupported")


def _check(access: Access, documents: Sequence[Document]) -> None:
    access.require(Right.REVIEW)
    for document in documents:
        services.check_access(access, document)
        if document.state != DocumentState.REVIEW:
            raise Conflict(
                f"{document.name} is {document.get_state_display().lower()}. Pages can be changed of what waits for "
                "review; open it again first.",
                code="wrong_state",
                state=document.state,
            )


def _make(access: Access, results: list[list[Leaf]], sources: Sequence[Document]) -> list[Document]:
    plan = [[[leaf.document.sha256, leaf.page] for leaf in leaves] for leaves in results]
    answer: dict[str, Any] = ask(JOB, json.dumps(plan), queue=QUEUE, timeout_s=ANSWER_WITHIN_S)
    if error := answer.get("error"):
        raise BadInput(error["message"], code=error["code"])
    writes.begin()
    with transaction.atomic():
        made = []
        for leaves, file in zip(results, answer["files"], strict=True):
            name, batch = _name(leaves), leaves[0].document.batch
            document = services.add(
                access, batch, name=name, sha256=file["sha256"], size=file["size"], rotations=_rotations(leaves)
            )
            _link(document, leaves)
            made.append(document)
        for source in sources:
            won = move(
                source, DocumentState.SPLIT, actor=access.actor, project=access.project.slug,
                only_if=Q(version=source.version) & queries.free_for(str(access.actor)),
                detail={"made": [document.pk for document in made]},
                reason_code="", reason_message="", version=F("version") + 1,
                held_by="", held_until=None, held_key="",
            )  # fmt: skip
            if not won:
                raise services.busy()
            emit("document.split", source.pk, project=access.project.slug, document=source.pk)
    return made


def _rotations(leaves: Sequence[Leaf]) -> dict[str, int]:
    """How a person turned these pages where they come from, by their new index."""
    turned = [(str(index), leaf.document.turned_pages.get(leaf.page)) for index, leaf in enumerate(leaves)]
    return {index: degrees for index, degrees in turned if degrees is not None}


def _link(document: Document, leaves: Sequence[Leaf]) -> None:
    pages: dict[int, list[int]] = {}
    for leaf in leaves:
        pages.setdefault(leaf.document.pk, []).append(leaf.page)
    rows = [PageSource(document=document, source_id=pk, pages=found) for pk, found in pages.items()]
    PageSource.objects.bulk_create(rows)


def _name(leaves: Sequence[Leaf]) -> str:
    """The first document's name, with the pages where it is not all of it."""
    first = leaves[0].document
    stem = first.name.rpartition(".")[0] or first.name
    pages = [leaf.page for leaf in leaves if leaf.document.pk == first.pk]
    is_all = len(pages) == first.page_count
    which = "" if is_all else f" ({pages[0] + 1})" if len(pages) == 1 else f" ({min(pages) + 1}-{max(pages) + 1})"
    return f"{stem[: MAX_LENGTH - 20]}{which}.pdf"
