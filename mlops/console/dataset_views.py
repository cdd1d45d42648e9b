"""Pages of dataset versions: which there are, what one is made of, and freezing another."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from invex.accounts.models import Project
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog.field_names import names_of
from invex.documents.models import Document
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.pager import one_page
from invex.review import queries as reviews
from mlops.datasets import folder, queries, services
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.datasets.states import DatasetState, Side
from mlops.memory import held
from mlops.registry import queries as builds

from . import area, findings
from .forms import read_selection

POLL_S = 3
SHOWN = 100  # documents of a list; the export has them all


@require_GET
@in_project(query=("page",))
def datasets(request: ProjectRequest) -> HttpResponseBase:
    """Every version, the newest first."""
    rows = queries.versions(request.access.project).annotate(
        erased=Count("documents", filter=Q(documents__erased_at__isnull=False))
    )
    found, pager = one_page(request.GET, rows)
    context = {
        "rows": [{"row": row, "documents": _size(row), "bar": _sides(row)} for row in found],
        "is_freezing": any(row.state == DatasetState.FREEZING for row in found),
        "poll_s": POLL_S,
        "may_change": request.access.may(Right.MODELS),
        **pager,
    }
    return render(request, "console/datasets.html", context)


@require_http_methods(["GET", "POST"])
@in_project(Right.MODELS)
def new(request: ProjectRequest) -> HttpResponseBase:
    """Choose documents and see what they are before they are frozen; POST with action=freeze freezes them."""
    selection, problem = Selection(), ""
    if request.method == "POST":
        try:
            selection = read_selection(request.POST)
            if request.POST.get("action") == "freeze":
                row = services.request(request.access, selection, name=request.POST.get("name", ""))
                return redirect("dataset", request.access.project.slug, row.pk)
        except BadInput as e:
            problem = e.message
    context = {**choice(request.access.project, selection), "problem": problem, "name": request.POST.get("name", "")}
    return render(request, "console/dataset_new.html", context, status=422 if problem else 200)


def choice(project: Project, selection: Selection) -> dict[str, Any]:
    """Return what the form of a selection shows: the templates there are, and a preview of what it selects."""
    told = queries.preview(project, selection)
    confirmed = reviews.confirmed(project).order_by().values_list("template", flat=True).distinct()
    return {
        "selection": selection,
        "share_percent": f"{100 * selection.share:g}",
        "templates": sorted({*confirmed, *selection.templates}),
        "balance": area.balance(told.distribution, told.held_back),
        "sides": list(Side),
        "total": sum(sum(counts.values()) for counts in told.distribution.values()),
        "held_back": sum(told.held_back.values()),
        "contradicted": len(held.left_out(project.pk)),
        "suspected": len(queries.suspected(project)),
    }


def contents(row: DatasetVersion) -> dict[str, Any]:
    """Return how many documents of which template lie on which side of a version."""
    return {
        "balance": area.balance(row.distribution, queries.held_back(row)),
        "sides": list(Side),
        "total": _size(row),
    }


@require_GET
@in_project(query=())
def dataset(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What is in a version, how good its labels are, what it was used for, and what it can no longer reproduce."""
    project = request.access.project
    row = queries.by_id(project, pk)
    before = queries.before(row) if row.state == DatasetState.FROZEN else None
    numbers = dict(row.documents.filter(erased_at__isnull=True).values_list("name", "document"))
    context = {
        "row": row,
        "is_freezing": row.state == DatasetState.FREEZING,
        "poll_s": POLL_S,
        "wholeness": queries.wholeness(row),
        "chosen": words_of(row.selection),
        **contents(row),
        "held_back": _held_back(row),
        "groups": findings.grouped(row.validation, numbers, names_of(project)) if row.validation else [],
        "before": before,
        "changes": _changes(queries.difference(before, row), numbers) if before else [],
        "runs": row.training_runs.order_by("-id"),
        "builds": builds.builds(project).filter(dataset=row.hash).order_by("-id") if row.hash else [],
        "may_change": request.access.may(Right.MODELS),
    }
    return render(request, "console/dataset.html", context)


@require_GET
@in_project(Right.MODELS)
def dataset_file(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """The version as a ZIP archive of a dataset folder, with the documents' files."""
    row = queries.by_id(request.access.project, pk)
    if row.state != DatasetState.FROZEN:
        raise Conflict(_("Only a frozen dataset can be exported."), code="wrong_state")
    Path(settings.TMP_DIR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=settings.TMP_DIR) as scratch:
        folder.export(row, Path(scratch) / "dataset", with_files=True)
        archive = shutil.make_archive(str(Path(scratch) / "archive"), "zip", Path(scratch) / "dataset")
        file = Path(archive).open("rb")  # noqa: SIM115  # it is read after its name is gone
    name = f"dataset-{row.hash[:12]}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


def words_of(selection: dict[str, Any]) -> list[str]:
    """Return what a selection says, for people."""
    words = {
        "since": _("confirmed since %(value)s"),
        "share": _("a share of %(value)s"),
        "newest": _("the newest %(value)s"),
        "per_template": _("at most %(value)s of each template"),
        "imported": _("imported from %(value)s"),
        "templates": _("only %(value)s"),
    }
    found = []
    for key, value in selection.items():
        if key == "without_suspects":
            found.append(_("without suspected label errors"))
        elif key == "with_held":
            found.append(_("with examples that others contradict"))
        elif key in words:
            said = ", ".join(name or _("unknown") for name in value) if key == "templates" else value
            found.append(words[key] % {"value": f"{100 * value:g} %" if key == "share" else said})
    return found or [_("every confirmed document")]


def _size(row: DatasetVersion) -> int:
    return sum(sum(counts.values()) for counts in row.distribution.values())


def _held_back(row: DatasetVersion) -> list[tuple[str, int | None]]:
    """Return the documents that contradict others and were left out, as `findings.linked` does."""
    there = set(Document.objects.filter(pk__in=[one["document"] for one in row.held_back]).values_list("pk", flat=True))
    return [(str(one["document"]), one["document"] if one["document"] in there else None) for one in row.held_back]


def _sides(row: DatasetVersion) -> list[area.Part]:
    counts = {side.value: sum(c.get(side.value, 0) for c in row.distribution.values()) for side in Side}
    return area.sides_bar(counts, _size(row))


def _changes(difference: queries.Difference, numbers: dict[str, int | None]) -> list[dict[str, Any]]:
    """Return the kinds of change that there are, each with its documents as (name, primary key or None)."""
    kinds = [
        (_("added"), difference.added),
        (_("left out"), difference.removed),
        (_("labelled anew"), difference.relabelled),
        (_("read anew"), difference.reread),
        (_("on another side"), difference.moved),
    ]
    return [
        {"label": label, "count": len(names), "documents": findings.linked(names[:SHOWN], numbers)}
        for label, names in kinds
        if names
    ]
