"""The page of computing: when training may run, whose GPU is whose, at which load it waits, and what trains now."""

from __future__ import annotations

import datetime
import os
from typing import Any

import psutil
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invex.accounts.models import Project
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.kernel.errors import BadInput
from mlops.compute import gpus, services
from mlops.compute.models import ComputePolicy
from mlops.compute.windows import Window, is_open, next_opening
from mlops.training import queries
from mlops.training.states import RunState

from .forms import read_gpu, read_load, read_windows

HOUR_MINUTES, HOURS = 60, 24
MOST_WINDOWS = 12  # on the form
EMPTY_WINDOWS = 1  # offered for another


@require_http_methods(["GET", "POST"])
@in_project(query=())
def compute(request: ProjectRequest) -> HttpResponseBase:
    """Show when training may run; POST changes it, for every project of the installation."""
    access, problem = request.access, ""
    row = services.policy()
    windows = row.windows
    said = {
        "most_load": f"{100 * row.most_load:g}",
        "gpu_share": f"{100 * row.gpu_share:g}",
        "gpu_free_mb": row.gpu_free_mb,
        "gpu_others_mb": row.gpu_others_mb,
    }
    if request.method == "POST":
        access.require(Right.MODELS)
        windows = read_windows(request.POST, MOST_WINDOWS)
        said = {name: request.POST.get(name, value) for name, value in said.items()}
        try:
            load = read_load(request.POST)
            services.set_policy(access, windows=windows, most_load=load, **read_gpu(request.POST))
        except BadInput as e:
            problem = e.message
        else:
            messages.success(request, _("Saved."))
            return redirect("compute", access.project.slug)
    kept = [Window.from_json(window) for window in row.windows]
    now = timezone.localtime()
    runs = queries.runs(access.project).order_by("id")
    running = queries.running()
    context = {
        "policy": row,
        "days": _week(kept),
        "hours": range(HOURS),
        "is_open": is_open(kept, now),
        "next": next_opening(kept, now),
        "now": now,
        "load": f"{os.getloadavg()[0]:.1f}",
        "cores": psutil.cpu_count() or 1,
        "mine": runs.filter(state=RunState.RUNNING),
        "others": running.exclude(project=access.project).count(),
        "waiting": runs.filter(state=RunState.WAITING),
        "forms": _forms(windows),
        "said": said,
        "gpus": _gpus(access.project, row),
        "problem": problem,
        "may_change": access.may(Right.MODELS),
    }
    return render(request, "console/compute.html", context, status=422 if problem else 200)


def _gpus(project: Project, policy: ComputePolicy) -> list[dict[str, Any]]:
    """Return the GPUs that were seen lately: how they are, and who is on them; another project's run has no number."""
    now = timezone.now()
    found = []
    for gpu in gpus.known():
        is_leased = bool(gpu.holder) and gpu.leased_until is not None and gpu.leased_until >= now
        is_mine = is_leased and gpu.project == project.slug
        is_theirs = not is_leased and gpu.others_mb > policy.gpu_others_mb
        found.append(
            {
                "gpu": gpu,
                "used": f"{1 - gpu.free_mb / max(1, gpu.memory_mb):.3f}",
                "percent": round(100 * gpu.utilisation),
                "run": gpu.run if is_mine else None,
                "is_leased": is_leased,
                "is_theirs": is_theirs,
                "is_small": not is_leased and not is_theirs and gpu.free_mb < policy.gpu_free_mb,
            }
        )
    return found


def _week(windows: list[Window]) -> list[dict[str, Any]]:
    """Return the days with their hours: the share of each, in [0, 1], in which training may run."""
    monday = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= datetime.timedelta(days=monday.weekday())
    days = []
    for day, name in WEEKDAYS.items():
        hours: list[dict[str, Any]] = []
        for hour in range(HOURS):
            begin = monday + datetime.timedelta(days=day, hours=hour)
            minutes = sum(is_open(windows, begin + datetime.timedelta(minutes=m)) for m in range(HOUR_MINUTES))
            hours.append({"hour": hour, "x": hour, "height": f"{minutes / HOUR_MINUTES:.3f}", "is_open": minutes > 0})
        days.append({"name": str(name), "hours": hours, "said": _spans([hour["is_open"] for hour in hours])})
    return days


def _spans(open_hours: list[bool]) -> str:
    """Return the open hours of a day in words, for who cannot see the grid."""
    spans, begin = [], None
    for hour, open_now in enumerate([*open_hours, False]):
        if open_now and begin is None:
            begin = hour
        elif not open_now and begin is not None:
            spans.append(f"{begin:02d}–{hour:02d}")
            begin = None
    return ", ".join(spans) or _("closed")


def _forms(windows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the windows as the form shows them, and one more that is empty."""
    empty: list[dict[str, Any]] = [{"days": [], "from": "20:00", "to": "06:00"}] * EMPTY_WINDOWS
    return [
        {
            "begin": window["from"],
            "end": window["to"],
            "days": [(day, str(name), day in window["days"]) for day, name in WEEKDAYS.items()],
        }
        for window in [*windows, *empty][:MOST_WINDOWS]
    ]
