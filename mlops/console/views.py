"""Pages of models: what is deployed, builds, the timeline of deployments."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import FileResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.extraction.models import Extraction
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput
from invex.kernel.sent import sent_whole
from mlops.datasets import queries as datasets
from mlops.deployment import queries as deployments
from mlops.deployment import services as deployment
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.routing import DIVIDED
from mlops.deployment.states import Mode, RevisionState
from mlops.registry import queries as builds
from mlops.registry import repositories
from mlops.registry import services as registry
from mlops.registry.models import Build
from mlops.registry.states import BuildState, Origin
from mlops.training import services as training

from . import build_report, rule_names
from .code_views import is_held

SHOWN_REVISIONS = 50
POLL_S = 3


@require_GET
@in_project(query=())
def models(request: ProjectRequest) -> HttpResponseBase:
    """What reads now, every build, and what was deployed before."""
    project = request.access.project
    registry.shipped()
    live, waiting = deployments.live(project), deployments.waiting(project)
    timeline = deployments.revisions(project).order_by("-revision")[:SHOWN_REVISIONS]
    context = {
        "live": live,
        "is_held": is_held(project),
        "arms": _arms(live),
        "waiting": waiting,
        "poll_s": POLL_S if waiting else 0,
        "rows": _rows(request, live),
        "timeline": [{"row": row, "may_return": _may_return(row)} for row in timeline],
        "may_change": request.access.may(Right.MODELS),
        "decides": live is not None and Mode(live.mode) in DIVIDED,
        "has_arms": live is not None and live.mode in (Mode.AB, Mode.CANARY, Mode.SHADOW),
    }
    return render(request, "console/models.html", context)


@require_GET
@in_project(query=())
def build(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Where a build comes from, how it was judged, what it read; and what can be done with it."""
    project = request.access.project
    row = builds.build(project, name)
    live = deployments.live(project)
    read = Extraction.objects.filter(document__project=project, build=row.name)
    curve = build_report.curve(row)
    is_unjudged = row.state == BuildState.REGISTERED and row.origin != Origin.SHIPPED
    is_stopped = row.state == BuildState.REFUSED or (is_unjudged and live is not None)
    context = {
        "build": row,
        "roles": [arm["role"] for arm in _arms(live) if arm["build"].pk == row.pk],
        "facts": _facts(row),
        "learned_from": datasets.versions(project).filter(hash=row.dataset).first() if row.dataset else None,
        "runs": row.training_runs.filter(project=project),
        "metrics": _scalars(row.metrics),
        "figures": build_report.figures(row),
        "rules": rule_names.named(row.report.get("rules", [])),
        "curve": curve,
        "curve_line": build_report.line(curve),
        "confusions": build_report.confusions(row),
        "is_measured": bool(build_report.on_test_side(row)),
        "documents": read.values("document").distinct().count(),
        "by_template": read.values("template").order_by().annotate(n=Count("document", distinct=True)).order_by("-n"),
        "deployed_in": row.deployed_in.filter(deployment__project=project)
        .select_related("deployment")
        .order_by("-deployment__revision")[:SHOWN_REVISIONS],
        "repositories": repositories.names(),
        "is_deployable": row.state != BuildState.EVICTED and not is_stopped,
        "is_stopped": is_stopped,
        "may_be_judged": row.project_id == project.pk and bool(row.blob),
        "may_change": request.access.may(Right.MODELS),
    }
    return render(request, "console/build.html", context)


@require_POST
@in_project(Right.MODELS)
def register(request: ProjectRequest) -> HttpResponseBase:
    """Take a package that was made elsewhere."""
    file = request.FILES.get("file")
    if file is None:
        raise BadInput(_("Choose a model package, a zip file that `learn` made."), code="no_file")
    row = registry.register(
        request.access, file.read(), file_name=file.name or "", version=request.POST.get("version", "").strip()
    )
    messages.success(request, _("Registered as %(build)s.") % {"build": row.name})
    return redirect("build", request.access.project.slug, row.name)


@require_GET
@in_project()
def package(request: ProjectRequest, name: str) -> HttpResponseBase:
    row = registry.with_bytes(builds.build(request.access.project, name))
    return FileResponse(
        store().open(row.blob), as_attachment=True, filename=f"{row.name}.zip", content_type="application/zip"
    )


@require_POST
@in_project(Right.MODELS)
def deploy(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Let a build read in place of what is live, or beside it."""
    row = builds.build(request.access.project, name)
    mode = request.POST.get("mode", Mode.SINGLE)
    if mode not in Mode.values:
        raise BadInput(_("Choose how the build shall read."), code="bad_mode")
    wanted = deployment.beside(request.access, row, mode, part=_part(request))
    wanted = replace(wanted, asks_first="asks_first" in request.POST)
    revision = deployment.deploy(request.access, wanted, why=request.POST.get("why", ""))
    return _deployed(request, revision)


@require_POST
@in_project(Right.MODELS)
def deploy_file(request: ProjectRequest) -> HttpResponseBase:
    """Deploy what an uploaded deployment.json says."""
    file = request.FILES.get("file")
    if file is None:
        raise BadInput(_("Choose a deployment.json."), code="no_file")
    try:
        data = json.loads(file.read(1 << 20))
    except ValueError as e:
        raise BadInput(_("The file is no JSON: %(why)s.") % {"why": e}, code="bad_deployment") from e
    return _deployed(request, deployment.deploy_file(request.access, data, why=request.POST.get("why", "")))


@require_GET
@in_project()
def deployment_file(request: ProjectRequest) -> HttpResponseBase:
    """The live deployment as its file."""
    project = request.access.project
    said = deployments.as_file(project, deployments.live(project)).to_json()
    headers = {"Content-Disposition": 'attachment; filename="deployment.json"'}
    return JsonResponse(said, json_dumps_params={"indent": 1}, headers=headers)


@require_POST
@in_project(Right.MODELS)
def rollback(request: ProjectRequest) -> HttpResponseBase:
    """Go back to a deployment of the timeline."""
    number = sent_whole(request.POST.get("revision"))
    if number is None:
        raise BadInput(_("Choose a deployment to go back to."), code="bad_revision")
    return _deployed(request, deployment.rollback(request.access, number, why=request.POST.get("why", "")))


@require_POST
@in_project(Right.MODELS)
def decide(request: ProjectRequest) -> HttpResponseBase:
    """End an experiment: one of its arms reads everything."""
    live = deployments.live(request.access.project)
    if live is None:
        raise BadInput(_("Nothing is tried at the moment."), code="nothing_live")
    winner = request.POST.get("winner", "")
    revision = deployment.end_experiment(request.access, live, winner, why="Decided by hand")
    return _deployed(request, revision)


@require_POST
@in_project(Right.MODELS)
def override(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Let through what the gate refused or has not judged, with a reason."""
    row = builds.build(request.access.project, name)
    registry.override(request.access, row, why=request.POST.get("why", ""))
    messages.success(request, _("%(build)s may be deployed now.") % {"build": row.name})
    return redirect("build", request.access.project.slug, row.name)


@require_POST
@in_project(Right.MODELS)
def judge(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Have the gate judge a build beside what reads now."""
    run = training.request_judgement(request.access, builds.build(request.access.project, name))
    return redirect("run", request.access.project.slug, run.pk)


@require_POST
@in_project(Right.MODELS)
def push(request: ProjectRequest, name: str) -> HttpResponseBase:
    """Store a build in a repository."""
    row = builds.build(request.access.project, name)
    path = registry.push(request.access, row, request.POST.get("repository", ""))
    messages.success(request, _("Pushed to %(path)s.") % {"path": path})
    return redirect("build", request.access.project.slug, row.name)


def _deployed(request: ProjectRequest, revision: DeploymentRevision) -> HttpResponseBase:
    if revision.state == RevisionState.LIVE:
        messages.success(request, _("Deployment %(n)s is live.") % {"n": revision.revision})
    else:
        messages.success(request, _("Deployment %(n)s is being prepared.") % {"n": revision.revision})
    return redirect("models", request.access.project.slug)


def _part(request: ProjectRequest) -> float | None:
    if not request.POST.get("percent"):
        return None
    try:
        percent = float(request.POST["percent"])
    except ValueError:
        percent = 0
    if not 1 <= percent <= 99:
        raise BadInput(_("The build reads 1 to 99 percent of the documents."), code="bad_share")
    return percent / 100


def _arms(live: DeploymentRevision | None) -> list[dict[str, Any]]:
    """Return what reads now: role, build, and percent of the documents where they are divided."""
    if live is None:
        return [{"role": _("Model"), "build": registry.shipped(), "percent": None, "key": "model"}]
    return [
        {
            "role": model.get_role_display(),
            "key": model.role,
            "build": model.build,
            "percent": round(100 * live.share[model.role], 1) if model.role in live.share else None,
        }
        for model in live.models.all()
    ]


def _rows(request: ProjectRequest, live: DeploymentRevision | None) -> list[dict[str, Any]]:
    fixed = set(live.fixed_versions) if live is not None else set()
    roles: dict[int, list[str]] = {}
    for arm in _arms(live):
        roles.setdefault(arm["build"].pk, []).append(str(arm["role"]))
    return [
        {
            "row": row,
            "roles": roles.get(row.pk, []),
            "is_fixed": row.version in fixed,
            "f1": build_report.f1_percent(row),
            "weakest": build_report.weakest(row),
            "recognised": build_report.recognised_percent(row),
            "ms_a_page": build_report.milliseconds_a_page(row),
            "score": None if (score := builds.score_of(row)) is None else 100 * score,
        }
        for row in builds.builds(request.access.project).order_by("-id")
    ]


def _may_return(row: DeploymentRevision) -> bool:
    return row.state == RevisionState.REPLACED and row.live_at is not None


def _facts(row: Build) -> list[tuple[str, str]]:
    """Return what the manifest says of how the build was made, for people."""
    about = row.manifest
    dataset = about.get("dataset") if isinstance(about.get("dataset"), dict) else {}
    said = [
        (_("Made"), f"{date_format(timezone.localtime(row.created_at), 'DATETIME_FORMAT')}, {row.made_by}"),
        (_("Dataset"), f"{dataset.get('name', '')} {row.dataset[:12]}".strip()),
        (_("Documents"), dataset.get("documents", "")),
        (_("Base"), about.get("base", "")),
        (_("Code"), about.get("code", "")),
        (_("Seed"), about.get("seed", "")),
        (_("Device class"), about.get("device_class", "")),
        (_("sha256"), row.sha256),
    ]
    return [(label, str(value)) for label, value in said if str(value)]


def _scalars(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the figures and texts of what the manifest measured; what is nested is in the package."""
    return [
        (build_report.metric_name(key), f"{value:.4g}" if isinstance(value, float) else str(value))
        for key, value in data.items()
        if isinstance(value, str | int | float)
    ]
