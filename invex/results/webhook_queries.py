"""Reads of webhooks: endpoints, the log of deliveries, and what is due."""

from __future__ import annotations

import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel.errors import NotFound
from invex.kernel.models import Event

from .models import WebhookDelivery, WebhookEndpoint
from .payloads import EVENTS, TYPES
from .states import DeliveryState, EndpointState

MOST_AT_ONCE = 500
IN_FLIGHT = datetime.timedelta(seconds=10)  # a younger event is on its way to its own job
KEPT_FOR = datetime.timedelta(days=30)  # the log of what has ended
D = DeliveryState


def endpoints(access: Access) -> QuerySet[WebhookEndpoint]:
    """The project's endpoints, with `waiting` and `failed` deliveries counted."""
    access.require(Right.ADMIN)
    counts = {
        "waiting": Count("deliveries", filter=Q(deliveries__state__in=(D.PENDING, D.SENDING))),
        "failed": Count("deliveries", filter=Q(deliveries__state=D.FAILED)),
    }
    return WebhookEndpoint.objects.filter(project=access.project).annotate(**counts).order_by("pk")


def endpoint(access: Access, pk: int) -> WebhookEndpoint:
    """Return one endpoint. Raises NotFound, also for one of another project."""
    found = endpoints(access).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such webhook in this project."))
    return found


def deliveries(access: Access, *, endpoint: int | None = None, state: str | None = None) -> QuerySet[WebhookDelivery]:
    """The project's deliveries, the newest first; of one endpoint or state where given."""
    access.require(Right.ADMIN)
    rows = WebhookDelivery.objects.filter(endpoint__project=access.project).select_related("endpoint", "document")
    if endpoint is not None:
        rows = rows.filter(endpoint=endpoint)
    if state is not None:
        rows = rows.filter(state=state)
    return rows.order_by("-id")


def delivery(access: Access, pk: int) -> WebhookDelivery:
    """Return one delivery. Raises NotFound, also for one of another project."""
    found = deliveries(access).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such delivery in this project."))
    return found


def to_announce(endpoint: WebhookEndpoint, *, subject: str | None = None) -> list[Event]:
    """Return events that the endpoint asks for and that have no delivery yet, the oldest first.

    subject: only those about it; None: all that are not on their way any more.
    """
    names = {name for type in endpoint.events for name in TYPES.get(type, ())}
    told = WebhookDelivery.objects.filter(endpoint=endpoint, event=OuterRef("pk"))
    rows = Event.objects.filter(
        ~Exists(told), project=endpoint.project.slug, name__in=names, created_at__gte=endpoint.announced_until
    )
    if subject is not None:
        rows = rows.filter(subject=subject)
    else:
        rows = rows.filter(created_at__lt=timezone.now() - IN_FLIGHT)
    return list(rows.order_by("pk")[:MOST_AT_ONCE])


def active(*, with_events_about: str | None = None) -> QuerySet[WebhookEndpoint]:
    """Endpoints that are told; with_events_about: only of projects in which something happened to that subject."""
    rows = WebhookEndpoint.objects.filter(state=EndpointState.ACTIVE).select_related("project")
    if with_events_about is not None:
        slugs = Event.objects.filter(subject=with_events_about, name__in=EVENTS).values("project")
        rows = rows.filter(project__slug__in=slugs)
    return rows.order_by("pk")


def due() -> list[int]:
    """Return the ids of deliveries whose next attempt is due; of an endpoint that fails, only the oldest one."""
    now = timezone.now()
    rows = WebhookDelivery.objects.filter(
        Q(endpoint__quiet_until__isnull=True) | Q(endpoint__quiet_until__lte=now),
        state=D.PENDING, next_attempt_at__lte=now, endpoint__state=EndpointState.ACTIVE,
    )  # fmt: skip
    probed: set[int] = set()
    found = []
    for pk, endpoint, failures in rows.order_by("next_attempt_at").values_list("pk", "endpoint", "endpoint__failures")[
        :MOST_AT_ONCE
    ]:
        if not failures or endpoint not in probed:
            found.append(pk)
        probed.add(endpoint)
    return found


def stranded() -> QuerySet[WebhookDelivery]:
    """Deliveries whose worker is gone in the middle of an attempt: nobody knows whether it arrived."""
    rows = WebhookDelivery.objects.filter(state=D.SENDING, leased_until__lt=timezone.now())
    return rows.select_related("endpoint__project")


def forgotten() -> QuerySet[WebhookDelivery]:
    """Deliveries that have ended so long ago that nobody asks for them any more."""
    before = timezone.now() - KEPT_FOR
    return WebhookDelivery.objects.filter(state__in=(D.DELIVERED, D.FAILED), created_at__lt=before)
