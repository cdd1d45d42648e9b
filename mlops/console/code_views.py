"""The page of the code that reads: what the gate found when it changed, and letting it through by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from invex.accounts.models import Project
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.catalog.field_names import names_of
from invex.kernel.errors import NotFound
from mlops.deployment import queries as deployments
from mlops.deployment import replay
from mlops.deployment.models import CodeReplay
from mlops.deployment.reading_code import reading_code
from mlops.deployment.states import ReplayState

from .rule_names import named

SHOWN = 20  # trials
SHOWN_DIFFERENCES = 100  # documents of a trial


@require_GET
@in_project(query=())
def code(request: ProjectRequest) -> HttpResponseBase:
    """Every trial of the code that reads, the newest first."""
    project = request.access.project
    rows = CodeReplay.objects.filter(project=project).select_related("build", "dataset", "before").order_by("-pk")
    context = {
        "rows": [_shown(row) for row in rows[:SHOWN]],
        "code": reading_code(),
        "is_held": is_held(project),
        "may_change": request.access.may(Right.MODELS),
    }
    return render(request, "console/code.html", context)


@require_POST
@in_project(Right.MODELS)
def override(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Let the present code through with a reason."""
    replay.override(request.access, _trial(request, pk), why=request.POST.get("why", ""))
    messages.success(request, _("The code may approve documents again."))
    return redirect("code", request.access.project.slug)


@require_POST
@in_project(Right.MODELS)
def again(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Have the present code tried once more where that failed."""
    replay.try_again(request.access, _trial(request, pk))
    messages.success(request, _("The code is tried again; until it has passed, a person looks at every document."))
    return redirect("code", request.access.project.slug)


def _trial(request: ProjectRequest, pk: int) -> CodeReplay:
    rows = CodeReplay.objects.filter(project=request.access.project, pk=pk)
    row = rows.select_related("project", "build").first()
    if row is None:
        raise NotFound(f"There is no trial {pk} of the code in this project.")
    return row


def is_held(project: Project) -> bool:
    """Say whether every document goes to a person because the code that reads has changed."""
    live = deployments.live(project)
    return live is not None and replay.is_held(project.pk, [model.build_id for model in live.models.all()])


def _shown(row: CodeReplay) -> dict[str, Any]:
    called = names_of(row.project)
    numbers = dict(row.dataset.documents.filter(erased_at__isnull=True).values_list("name", "document"))
    return {
        "row": row,
        "rules": named(row.report.get("rules", [])),
        "differences": [
            {
                **one,
                "fields": [called(key) for key in one["fields"]],
                "pk": numbers.get(one["document"]),
                "gain": one["then"] - one["now"],
            }
            for one in row.report.get("differences", [])[:SHOWN_DIFFERENCES]
        ],
        "documents": len(row.read.get("documents", {})),
        "may_try": replay.may_try_again(row),
        "may_override": row.state in (ReplayState.REFUSED, ReplayState.FAILED),
    }
