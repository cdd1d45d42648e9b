"""Pages of batches and documents: upload, live progress, lists, page images and words."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Case, When
from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.idempotency import once_slow_page
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.kernel import blobs
from invex.kernel.errors import BadInput, Conflict, NotFound
from invex.kernel.pager import one_page
from invex.kernel.spoken import spoken

from . import intake, queries, services
from .filters import FILTERS, UNKNOWN, DocumentFilter
from .models import Document
from .names import shown_name
from .states import DocumentState

YEAR_S = 365 * 24 * 3600  # blobs never change, so browsers may keep them
NEEDS_REMEDY = (DocumentState.FAILED, DocumentState.NEEDS_PASSWORD)
FASTEST_POLL_S, SLOWEST_POLL_S = 1, 15


@require_http_methods(["GET", "POST"])
@in_project(query=("page",))
def batches(request: ProjectRequest) -> HttpResponseBase:
    """List the batches, the newest first, with a place to drop files; POST makes a batch."""
    access = request.access
    if request.method == "POST":
        batch = services.create_batch(access, name=request.POST.get("name", ""))
        if request.accepts("text/html"):
            return redirect("batch", access.project.slug, batch.pk)
        return JsonResponse({"id": str(batch.pk), "upload": f"{request.path}{batch.pk}/upload/"}, status=201)
    rows, pager = one_page(request.GET, queries.batches(access.project).order_by("-id"))
    progress = queries.progress_of(rows)
    context = {
        "batches": [{"row": b, "progress": progress[b.pk], "bar": _bar(progress[b.pk])} for b in rows],
        "can_upload": access.may(Right.UPLOAD),
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        **pager,
    }
    return render(request, "documents/batches.html", context)


@require_GET
@in_project(query=("page",))
def batch(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show one batch; its live part alone when htmx asks for it."""
    access = request.access
    row = queries.batch(access.project, pk)
    progress = queries.progress(row)
    is_urgent = Case(When(state__in=NEEDS_REMEDY, then=0), default=1)
    documents, pager = one_page(request.GET, queries.documents(access.project, batch=row).order_by(is_urgent, "-id"))
    context = {
        "batch": row,
        "progress": progress,
        "bar": _bar(progress),
        "documents": documents,
        "poll_s": _poll_s(progress),
        "hide_batch": True,
        "can_upload": access.may(Right.UPLOAD),
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        **pager,
    }
    return render(request, "documents/_batch.html" if request.htmx else "documents/batch.html", context)


@require_POST
@in_project(Right.UPLOAD)
@once_slow_page
def upload(request: ProjectRequest, pk: int) -> HttpResponse:
    """Receive the files of one request; a browser without script sends several.

    The page's script sends one a request, each with a key of its own: sent again, it is taken once. Of several, what
    cannot be taken is told and stops nothing.
    """
    row = queries.batch(request.access.project, pk)
    files = request.FILES.getlist("file")
    if not files:
        raise BadInput(_("Choose a file."), code="no_file")
    received: list[Document] = []
    refused: list[dict[str, str]] = []
    for file in files:
        try:
            taken = intake.take_in(request.access, row, name=file.name or _("unnamed"), file=cast(BinaryIO, file))
        except (BadInput, Conflict) as e:
            if len(files) == 1:
                raise
            refused.append({"name": shown_name(file.name or ""), "code": e.code, "message": spoken(e.message)})
        else:
            received += taken.documents
            refused += [{"name": r.name, "code": r.code, "message": spoken(r.message)} for r in taken.refused]
    if request.accepts("text/html"):
        for one in refused:
            messages.warning(request, f"{one['name']}: {one['message']}")
        return redirect("batch", request.access.project.slug, row.pk)
    return JsonResponse({"ids": [str(d.pk) for d in received], "refused": refused}, status=202)


@require_GET
@in_project(query=(*FILTERS, "page"))
def documents(request: ProjectRequest) -> HttpResponseBase:
    """List documents by the filters in the address: q (start of the name), state, template, batch."""
    access = request.access
    chosen = DocumentFilter.of(request.GET)
    rows, pager = one_page(request.GET, chosen.documents(access.project).order_by("-id"))
    context = {
        "documents": rows,
        "states": DocumentState.choices,
        "templates": queries.template_names(access.project),
        "chosen": chosen,
        "query": urlencode(chosen.query()),
        "unknown": UNKNOWN,
        "can_choose": access.may(Right.REVIEW),
        **pager,
    }
    return render(request, "documents/documents.html", context)


@require_GET
@in_project()
def page_image(request: ProjectRequest, pk: int, index: int) -> HttpResponseBase:
    """The picture of a page, WebP, with ?sharp=1 a larger one; 503 while it is being drawn.

    ?v= names the reading that it belongs to: a browser may keep that picture.
    """
    row = queries.document(request.access.project, pk)
    image = services.page_image(request.access, row, index, is_sharp=bool(request.GET.get("sharp")))
    response = FileResponse(blobs.store().open(image.blob), content_type="image/webp")
    is_of_this_reading = request.GET.get("v") == row.reading
    response["Cache-Control"] = f"private, max-age={YEAR_S}, immutable" if is_of_this_reading else "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
@in_project()
def file(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The file as it was received, always as a download: nothing in it may run in this site."""
    row = queries.document(request.access.project, pk)
    try:
        opened = blobs.store().open(row.sha256)
    except FileNotFoundError as e:
        raise NotFound(_("The file of this document is missing in the store.")) from e
    response = FileResponse(opened, as_attachment=True, filename=row.name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@in_project(Right.UPLOAD)
def retry(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Read a failed document again."""
    services.retry(request.access, queries.document(request.access.project, pk))
    return redirect("document", request.access.project.slug, pk)


@require_POST
@in_project(Right.UPLOAD)
def password(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Take the password of an encrypted document and read it."""
    row = queries.document(request.access.project, pk)
    services.give_password(request.access, row, password=request.POST.get("password", ""))
    return redirect("document", request.access.project.slug, pk)


def _bar(progress: queries.Progress) -> list[dict[str, Any]]:
    """The bar of states as rectangles: x and width in [0, 1], with label and number."""
    counts = progress.counts
    S = DocumentState
    parts = [
        ("approved", _("approved"), counts[S.APPROVED]),
        ("review", _("to review"), counts[S.REVIEW]),
        ("needs_password", _("need a password"), counts[S.NEEDS_PASSWORD]),
        ("failed", _("failed"), counts[S.FAILED]),
        ("rejected", _("rejected or split"), counts[S.REJECTED] + counts[S.SPLIT]),
        ("working", _("reading"), counts[S.READING] + counts[S.EXTRACTING]),
        ("received", _("received"), counts[S.RECEIVED]),
    ]
    bar, x = [], 0.0
    for kind, label, number in parts:
        if number:
            width = number / progress.total
            bar.append({"kind": kind, "label": label, "number": number, "x": f"{x:.4f}", "width": f"{width:.4f}"})
            x += width
    return bar


def _poll_s(progress: queries.Progress) -> int:
    """Seconds until the page looks again: soon while a little is left, slower in a long batch, 0 = not any more."""
    if not progress.working:
        return 0
    if progress.eta_s is None:
        return FASTEST_POLL_S * 2
    return min(SLOWEST_POLL_S, max(FASTEST_POLL_S, progress.eta_s // 30))
