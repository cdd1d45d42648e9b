"""Pages of webhooks: endpoints under Settings, the log of what was sent to them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from invex.accounts.pages import ProjectRequest, in_project
from invex.accounts.roles import Right
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.pager import one_page
from invex.kernel.sent import sent_whole

from . import deliveries, payloads, webhooks
from . import webhook_queries as queries
from .models import WebhookEndpoint
from .states import DeliveryState, EndpointState

SHOWN = 10  # deliveries on the page of an endpoint
POLL_S = 2
ON_THEIR_WAY = (DeliveryState.PENDING, DeliveryState.SENDING)
LABELS = {
    payloads.APPROVED: gettext_lazy("A document is approved"),
    payloads.CORRECTED: gettext_lazy("An approved document is approved again, with what changed"),
    "document.reopened": gettext_lazy("An approved or rejected document is opened again"),
    "document.rejected": gettext_lazy("A document is rejected"),
    "document.failed": gettext_lazy("A document cannot be read"),
    "document.needs_password": gettext_lazy("A document needs a password"),
    "export.ready": gettext_lazy("An export can be downloaded"),
    "export.failed": gettext_lazy("An export could not be written"),
}
USUAL = (payloads.APPROVED, payloads.CORRECTED)


@require_http_methods(["GET", "POST"])
@in_project(Right.ADMIN, query=())
def endpoint_list(request: ProjectRequest) -> HttpResponseBase:
    """List the endpoints; POST makes one and shows its secret, this once."""
    url, events, problem = "", list(USUAL), ""
    if request.method == "POST":
        url, events = request.POST.get("url", ""), request.POST.getlist("event")
        try:
            row = webhooks.create_endpoint(request.access, url=url, events=events)
        except (BadInput, Conflict) as e:
            problem = e.message
        else:
            return _endpoint(request, row.pk, secret=row.secret)
    context = {
        "endpoints": queries.endpoints(request.access),
        "url": url,
        "choices": _choices(events),
        "problem": problem,
    }
    return render(request, "results/webhooks.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@in_project(Right.ADMIN)
def endpoint(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show one endpoint; POST does what its `action` says."""
    row = queries.endpoint(request.access, pk)
    if request.method != "POST":
        return _endpoint(request, pk)
    try:
        return _act(request, row, request.POST.get("action", ""))
    except (BadInput, Conflict) as e:
        return _endpoint(request, pk, problem=e.message)


def _act(request: ProjectRequest, row: WebhookEndpoint, action: str) -> HttpResponseBase:
    access, slug = request.access, request.access.project.slug
    match action:
        case "change":
            url, events = request.POST.get("url", ""), request.POST.getlist("event")
            webhooks.change_endpoint(access, row, url=url, events=events)
            messages.success(request, _("Saved."))
        case "ping":
            sent = webhooks.ping(access, row)
            return redirect("webhook-delivery", slug, sent.pk)
        case "rotate":
            return _endpoint(request, row.pk, secret=webhooks.rotate_secret(access, row))
        case "end-old":
            webhooks.end_old_secret(access, row)
            messages.success(request, _("Only the new secret signs now."))
        case "disable":
            webhooks.disable(access.actor, row, why=f"Disabled by {access.actor}.")
        case "enable":
            webhooks.enable(access, row, catch_up=request.POST.get("catch_up") == "on")
            messages.success(request, _("Messages are sent again."))
        case "delete":
            webhooks.delete_endpoint(access, row)
            messages.success(request, _("The webhook is deleted."))
            return redirect("webhooks", slug)
        case _:
            raise BadInput(_("Choose what to do."), code="bad_action")
    return redirect("webhook", slug, row.pk)


def _endpoint(request: ProjectRequest, pk: int, *, secret: str = "", problem: str = "") -> HttpResponse:
    row = queries.endpoint(request.access, pk)
    until = row.old_secret_until
    context = {
        "endpoint": row,
        "choices": _choices(row.events),
        "deliveries": queries.deliveries(request.access, endpoint=pk)[:SHOWN],
        "old_secret_until": until if until and until > timezone.now() else None,
        "is_active": row.state == EndpointState.ACTIVE,
        "secret": secret,
        "problem": problem,
    }
    response = render(request, "results/webhook.html", context, status=422 if problem else 200)
    response["Cache-Control"] = "no-store"  # a secret may be in it
    return response


def _choices(chosen: list[str]) -> list[dict[str, Any]]:
    return [{"type": type, "label": label, "is_chosen": type in chosen} for type, label in LABELS.items()]


@require_GET
@in_project(Right.ADMIN, query=("endpoint", "state", "page"))
def log(request: ProjectRequest) -> HttpResponseBase:
    """List the messages by the filters in the address: endpoint, state."""
    state, asked = request.GET.get("state") or None, request.GET.get("endpoint", "")
    if state is not None and state not in DeliveryState.values:
        raise BadInput(_("There is no state %(state)s.") % {"state": state})
    chosen = queries.endpoint(request.access, sent_whole(asked) or 0) if asked else None
    found = queries.deliveries(request.access, endpoint=chosen.pk if chosen else None, state=state)
    rows, pager = one_page(request.GET, found)
    context = {
        "deliveries": rows,
        "endpoints": queries.endpoints(request.access),
        "states": DeliveryState.choices,
        "chosen": {"state": state, "endpoint": chosen},
        **pager,
    }
    return render(request, "results/webhook_log.html", context)


@require_GET
@in_project(Right.ADMIN)
def delivery(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Show one message: what was sent, and what came of each attempt."""
    row = queries.delivery(request.access, pk)
    context = {
        "delivery": row,
        "body": deliveries.example(row),
        "attempts": row.log.all(),
        "has_ended": row.state not in ON_THEIR_WAY,
        "poll_s": POLL_S
        if (row.state in ON_THEIR_WAY and row.attempts < 1) or row.state == DeliveryState.SENDING
        else 0,
    }
    return render(request, "results/_delivery.html" if request.htmx else "results/delivery.html", context)


@require_POST
@in_project(Right.ADMIN)
def resend(request: ProjectRequest, pk: int) -> HttpResponseBase:
    """Send a message that has ended once more."""
    webhooks.resend(request.access, queries.delivery(request.access, pk))
    return redirect("webhook-delivery", request.access.project.slug, pk)
