"""Pages of retraining: its triggers, what would happen now, the circle that is under way, and the policy."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.access import Access
from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.documents.models import Document
from invex.kernel.errors import BadInput, NotFound

from . import circle, page, queries, services
from .forms import SHARES, read_policy
from .models import Circle
from .policy import MODES, Policy
from .states import MEASURED, OPEN, Kind, Step

SHOWN = 30  # decisions and circles


@require_http_methods(["GET", "POST"])
@in_project(query=())
def retraining(request: ProjectRequest) -> HttpResponseBase:
    """Show how retraining stands; POST changes the policy."""
    access, problem = request.access, ""
    if request.method == "POST":
        access.require(Right.MODELS)
        try:
            services.set_policy(access, read_policy(request.POST, queries.policy(access.project)))
        except BadInput as e:
            problem = e.message
        else:
            messages.success(request, _("Saved."))
            return redirect("retraining", access.project.slug)
    return render(
        request, "retraining/retraining.html", _context(access, problem, request.POST), status=422 if problem else 200
    )


@require_GET
@in_project()
def under_way(request: ProjectRequest) -> HttpResponseBase:
    """The retraining that is under way, alone: what its page asks for again and again. It measures nothing."""
    return render(request, "retraining/_circle.html", _under_way(request.access))


@require_POST
@in_project(Right.MODELS)
def act(request: ProjectRequest) -> HttpResponseBase:
    """Start one by hand, let the one that is under way go on, stop it, or hold the schedule."""
    access = request.access
    match request.POST.get("action"):
        case "start":
            services.start(access)
            messages.success(request, _("It has begun."))
        case "continue":
            circle.go_on(access, _open_circle(access))
            messages.success(request, _("It goes on."))
        case "stop":
            circle.stop(access, _open_circle(access))
            messages.success(request, _("It is stopped."))
        case "pause":
            services.set_paused(access, paused=True)
            messages.success(request, _("The schedule is held."))
        case "resume":
            services.set_paused(access, paused=False)
            messages.success(request, _("The schedule goes on."))
        case _:
            raise BadInput(_("Choose what shall happen."), code="bad_action")
    return redirect("retraining", access.project.slug)


@require_GET
@in_project(query=())
def evidence(request: ProjectRequest, kind: str) -> HttpResponseBase:
    """The documents that a trigger's figure is taken over now."""
    project = request.access.project
    if kind not in MEASURED:
        raise NotFound(f"There is no trigger {kind[:20]!r}.")
    reading = queries.reading(project, Kind(kind))
    context = {
        "title": Kind(kind).label,
        "figure": page.show(kind, reading.figure),
        "threshold": page.show(kind, reading.trigger.threshold),
        "count": reading.evidence,
        "documents": _documents(access=request.access, pks=reading.documents),
    }
    return render(request, "retraining/evidence.html", context)


@require_GET
@in_project(query=())
def decision(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """A decision: which figure against which threshold, over which documents."""
    project = request.access.project
    row = queries.decisions(project).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no decision {pk} in this project.")
    context = {
        "title": row.get_trigger_display(),
        "decision": row,
        "figure": page.show(row.trigger, row.figure),
        "threshold": page.show(row.trigger, row.threshold),
        "count": row.evidence,
        "documents": _documents(access=request.access, pks=row.documents),
    }
    return render(request, "retraining/evidence.html", context)


def _context(access: Access, problem: str, sent: QueryDict) -> dict[str, Any]:
    project = access.project
    found = queries.outlook(project)
    row = queries.policy_row(project)
    return {
        "outlook": found,
        "first": services.said(found, found.reached[0]) if found.reached else "",
        "gauges": page.gauges(project, found),
        "plan": page.plan(project, found),
        "usage": queries.usage(project),
        **_under_way(access),
        "circles": queries.circles(project).exclude(state__in=OPEN).order_by("-id")[:SHOWN],
        "decisions": [
            {
                "row": one,
                "figure": page.show(one.trigger, one.figure),
                "threshold": page.show(one.trigger, one.threshold),
            }
            for one in queries.decisions(project).select_related("circle").order_by("-last_at")[:SHOWN]
        ],
        "changed": row,
        "policy": found.policy,
        "form": _form(found.policy, sent if problem else None),
        "problem": problem,
    }


def _under_way(access: Access) -> dict[str, Any]:
    now = queries.open_circle(access.project)
    return {
        "circle": now,
        "ladder": page.ladder(now) if now is not None else [],
        "poll_s": page.poll_s(now),
        "may_change": access.may(Right.MODELS),
    }


def _form(policy: Policy, sent: QueryDict | None) -> dict[str, Any]:
    """Return what the form shows: the policy, or what was just sent and is to be mended."""

    def value(name: str, default: object) -> str:
        shown = "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)
        return shown if sent is None else sent.get(name, "")

    def is_on(name: str, default: bool) -> bool:
        return default if sent is None else sent.get(name) == "on"

    triggers = []
    for kind in MEASURED:
        trigger = policy.triggers[kind]
        threshold = 100 * trigger.threshold if kind in SHARES else trigger.threshold
        triggers.append(
            {
                "kind": kind.value,
                "label": kind.label,
                "is_on": is_on(f"on:{kind}", trigger.on),
                "unit": "%" if kind in SHARES else "",
                "threshold": value(f"threshold:{kind}", threshold),
                "newest": value(f"newest:{kind}", trigger.newest) if kind in SHARES else None,
                "least": value(f"least:{kind}", trigger.least) if kind != Kind.LABELS else None,
            }
        )
    return {
        "triggers": triggers,
        "steps": [(step.value, step.label, is_on(f"automatic:{step}", step in policy.automatic)) for step in Step],
        "modes": [(mode.value, mode.label, value("mode", policy.mode) == mode) for mode in MODES],
        "without_suspects": is_on("without_suspects", policy.selection.without_suspects),
        **{
            name: value(name, getattr(policy, name))
            for name in ("cron", "cooldown_h", "runs", "cpu_h", "gpu_h", "trial_days")
        },
    }


def _documents(*, access: Access, pks: tuple[int, ...] | list[int]) -> list[Document]:
    """Return those that still exist, in the given order."""
    found = Document.objects.filter(project=access.project).in_bulk(list(pks))
    return [found[pk] for pk in pks if pk in found]


def _open_circle(access: Access) -> Circle:
    row = queries.open_circle(access.project)
    if row is None:
        raise NotFound("No retraining is under way.")
    return row
