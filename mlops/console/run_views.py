"""Pages of training runs: which there were, one of them live, two side by side, and starting another."""

from __future__ import annotations

import csv

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.models import Project
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.kernel.errors import BadInput
from invex.kernel.pager import one_page
from invex.kernel.sent import sent_whole
from invex.kernel.spreadsheets import harmless
from mlops.datasets import queries as datasets
from mlops.datasets import services as freezing
from mlops.datasets.selection import Selection
from mlops.datasets.states import DatasetState
from mlops.registry import queries as builds
from mlops.training import queries, services
from mlops.training.states import OPEN, RunState

from . import area, learning_curves, rule_names, run_report
from .dataset_views import choice, contents
from .forms import read_seed, read_selection

OFFERED = 50  # datasets to train with
ACTIONS = {
    "yield": services.ask_to_yield,
    "resume": services.resume,
    "on-cpu": services.start_on_cpu,
    "cancel": services.cancel,
}


@require_GET
@in_project(query=("page",))
def runs(request: ProjectRequest) -> HttpResponseBase:
    """Every run, the newest first; two of them can be compared."""
    found, pager = one_page(request.GET, queries.runs(request.access.project).order_by("-id"))
    context = {
        "rows": [{"row": row, **run_report.scores(row)} for row in found],
        "may_change": request.access.may(Right.MODELS),
        **pager,
    }
    return render(request, "console/runs.html", context)


@require_http_methods(["GET", "POST"])
@in_project(Right.MODELS)
def new(request: ProjectRequest) -> HttpResponseBase:
    """Say what a build shall be learned from; POST with action=train starts the run.

    A frozen dataset is learned from as it is: nothing is selected of it, and no such fields are shown.
    """
    access, problem, selection = request.access, "", Selection()
    said = request.POST if request.method == "POST" else request.GET
    pk = sent_whole(said.get("dataset"))
    offered = datasets.versions(access.project).filter(state=DatasetState.FROZEN)
    frozen = offered.filter(pk=pk).first() if pk else None
    if request.method == "POST":
        try:
            selection = read_selection(request.POST) if frozen is None else selection
            if request.POST.get("action") == "train":
                if said.get("dataset") and pk is None:
                    raise BadInput(_("Choose a dataset of the list."), code="bad_dataset")
                chosen = datasets.by_id(access.project, pk) if pk else freezing.request(access, selection)
                version = request.POST.get("version", "").strip()
                row = services.request(
                    access, chosen, version=version, seed=read_seed(request.POST), pretrains="pretrain" in request.POST
                )
                return redirect("run", access.project.slug, row.pk)
        except BadInput as e:
            problem = e.message
    context = {
        **(choice(access.project, selection) if frozen is None else contents(frozen)),
        "datasets": {one.pk: one for one in (*offered[:OFFERED], *([frozen] if frozen else []))}.values(),
        "frozen": frozen,
        "version": request.POST.get("version") or _next_version(access.project),
        "seed": request.POST.get("seed", "0"),
        "pretrains": "pretrain" in request.POST,
        "problem": problem,
    }
    return render(request, "console/run_new.html", context, status=422 if problem else 200)


@require_GET
@in_project(query=("still",))
def run(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """A run: its steps, what stopped it, what it measured; the page follows it until it has ended.

    ?still=1: as it is now, with the figures of its curves as a table, which nothing takes away while somebody reads.
    """
    row = queries.run(request.access.project, pk)
    is_still = row.state in OPEN and bool(request.GET.get("still"))
    context = {
        "row": row,
        "forbidding": run_report.forbidding(row),
        "ladder": run_report.ladder(row),
        "progress": run_report.progress(row),
        "charts": [chart for chart in (learning_curves.of_networks(row), learning_curves.of_run(row)) if chart],
        "learning_runs": [row],
        "yields": run_report.yields(row),
        "log": run_report.log_tail(row),
        "rules": rule_names.named(row.report.get("rules", [])),
        "beside": run_report.beside(row),
        "differences": run_report.differences(row),
        "is_still": is_still,
        "poll_s": run_report.poll_s(row) if row.state in OPEN and not is_still else 0,
        "actions": run_report.actions(row) if request.access.may(Right.MODELS) else [],
    }
    return render(request, "console/_run.html" if request.htmx else "console/run.html", context)


@require_GET
@in_project()
def curves(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """What a run told of its learning, as CSV: a row a step of optimisation."""
    row = queries.run(request.access.project, pk)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{row.pk}.csv"'
    out = csv.writer(response)
    out.writerow(["template", "step", "objective"])
    for name, step, loss in learning_curves.lines(row):
        out.writerow([harmless(name), step, loss])
    return response


@require_POST
@in_project(Right.MODELS)
def act(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Let a run yield or go on, or end it."""
    row = queries.run(request.access.project, pk)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadInput(_("Choose what the run shall do."), code="bad_action")
    action(request.access, row)
    if row.state == RunState.RUNNING:
        messages.success(request, _("It stops at its next step."))
    return redirect("run", request.access.project.slug, pk)


@require_GET
@in_project(query=("run",))
def compare(request: ProjectRequest) -> HttpResponseBase:
    """Two runs side by side: what they were made of, and how they scored."""
    chosen = area.numbers(request.GET.getlist("run"))
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise BadInput(_("Choose two runs to compare."), code="bad_choice")
    pair = [queries.run(request.access.project, n) for n in sorted(chosen)]
    context = {
        "pair": pair,
        "facts": run_report.facts(pair),
        "figures": run_report.compared(pair),
        "charts": [chart for chart in (learning_curves.compared(pair),) if chart],
        "learning_runs": pair,
        "is_fair": pair[0].dataset_id == pair[1].dataset_id,
    }
    return render(request, "console/run_compare.html", context)


def _next_version(project: Project) -> str:
    """Propose the version after the newest: its minor number plus one."""
    newest = builds.builds(project).filter(project=project).order_by("-id").first()
    major, minor, _patch = newest.version.split(".") if newest else ("0", "0", "0")
    return f"{major}.{int(minor) + 1}.0"
