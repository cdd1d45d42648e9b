"""Writes of webhooks: endpoints, their secrets, and the messages to them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.actor import Actor
from invex.kernel.errors import BadInput, Conflict, NotFound
from invex.kernel.models import Event
from invex.kernel.queue import wake
from invex.kernel.states import move

from . import payloads, signing
from . import webhook_queries as queries
from .addresses import BadAddress, parse, resolve
from .models import WebhookDelivery, WebhookEndpoint
from .states import DeliveryState, EndpointState

MAX_ENDPOINTS = 20  # a project
BOTH_SECRETS_FOR = datetime.timedelta(hours=24)
LATE = datetime.timedelta(hours=1)  # no transaction stays open for longer: an older event has been seen
SENT_BY = ("invex.results.jobs.deliver", "results")


def create_endpoint(access: Access, *, url: str, events: Sequence[str]) -> WebhookEndpoint:
    """Return a new endpoint with its secret; it is told what happens from now on. Raises BadInput, Conflict.

    The same address twice would be told everything twice, as happens when a browser sends a form again.
    """
    access.require(Right.ADMIN)
    values = {"url": _checked_url(url), "events": _checked_events(events)}
    if queries.endpoints(access).count() >= MAX_ENDPOINTS:
        raise Conflict(_("A project has at most %(n)d webhooks; delete one.") % {"n": MAX_ENDPOINTS}, code="too_many")
    if queries.endpoints(access).filter(url=values["url"]).exists():
        raise Conflict(_("There is a webhook with this address: change that one."), code="same_address")
    with transaction.atomic():
        row = WebhookEndpoint.objects.create(
            project=access.project, secret=signing.new_secret(), announced_until=timezone.now(),
            created_by=str(access.actor), **values,
        )  # fmt: skip
        _note(access, "created", row, **values)
    return row


def change_endpoint(access: Access, row: WebhookEndpoint, *, url: str, events: Sequence[str]) -> None:
    """Change the address and the events. Raises BadInput."""
    _require(access, row)
    row.url, row.events = _checked_url(url), _checked_events(events)
    row.quiet_until = None  # what was wrong may be right now
    with transaction.atomic():
        row.save(update_fields=["url", "events", "quiet_until"])
        _note(access, "changed", row, url=row.url, events=row.events)


def delete_endpoint(access: Access, row: WebhookEndpoint) -> None:
    """Forget the endpoint and its log."""
    _require(access, row)
    with transaction.atomic():
        _note(access, "deleted", row, url=row.url)
        row.delete()


def rotate_secret(access: Access, row: WebhookEndpoint) -> str:
    """Return a new secret; the one before signs too for a day, so that the receiver can change over meanwhile.

    Raises Conflict while there are two already: a third would end one that a receiver may rely on.
    """
    _require(access, row)
    now = timezone.now()
    with transaction.atomic():
        present = WebhookEndpoint.objects.select_for_update().get(pk=row.pk)
        if present.old_secret_until is not None and present.old_secret_until > now:
            until = date_format(timezone.localtime(present.old_secret_until), "DATETIME_FORMAT")
            raise Conflict(
                _("A new secret was made already; the one before signs beside it until %(until)s. End that one first.")
                % {"until": until},
                code="two_secrets",
            )
        present.old_secret, present.old_secret_until = present.secret, now + BOTH_SECRETS_FOR
        present.secret = signing.new_secret()
        present.save(update_fields=["secret", "old_secret", "old_secret_until"])
        _note(access, "rotated", row)
    return present.secret


def end_old_secret(access: Access, row: WebhookEndpoint) -> None:
    """Sign with the new secret alone from now on."""
    _require(access, row)
    with transaction.atomic():
        row.old_secret, row.old_secret_until = "", None
        row.save(update_fields=["old_secret", "old_secret_until"])
        _note(access, "ended the old secret of", row)


def disable(actor: Actor, row: WebhookEndpoint, *, why: str) -> bool:
    """Send nothing any more. What waits, waits. Return False when it was disabled already."""
    if row.state == EndpointState.DISABLED:
        return False
    return move(row, EndpointState.DISABLED, actor=actor, project=row.project.slug, reason=why,
                detail={"reason": why})  # fmt: skip


def enable(access: Access, row: WebhookEndpoint, *, catch_up: bool) -> None:
    """Send again: what waits, and what happens from now on.

    catch_up: also what happened since it was disabled, as far back as the log is kept.
    """
    _require(access, row)
    if row.state == EndpointState.ACTIVE:
        return
    now = timezone.now()
    since = max(row.announced_until, now - queries.KEPT_FOR + datetime.timedelta(days=1)) if catch_up else now
    move(row, EndpointState.ACTIVE, actor=access.actor, project=access.project.slug, reason="", failures=0,
         failing_since=None, quiet_until=None, announced_until=since)  # fmt: skip


def ping(access: Access, row: WebhookEndpoint) -> WebhookDelivery:
    """Send a message that says nothing, now. Raises Conflict while the endpoint is disabled."""
    _require(access, row)
    _require_active(row)
    data = {"project": access.project.slug, "by": str(access.actor)}
    body = payloads.envelope(payloads.PING, timezone.now(), data)
    with transaction.atomic():
        delivery = _deliver(row, payloads.PING, body)
        _note(access, "pinged", row)
        WebhookEndpoint.objects.filter(pk=row.pk).update(quiet_until=None)
    return delivery


def resend(access: Access, row: WebhookDelivery) -> None:
    """Send a message that has ended once more, under its own id. Raises Conflict while it is on its way."""
    _require(access, row.endpoint)
    _require_active(row.endpoint)
    if row.state not in (DeliveryState.DELIVERED, DeliveryState.FAILED):
        raise Conflict(_("This message is on its way already."), code="wrong_state", state=row.state)
    with transaction.atomic():
        won = move(row, DeliveryState.PENDING, actor=access.actor, project=access.project.slug, attempts=0,
                   next_attempt_at=timezone.now())  # fmt: skip
        if not won:
            raise Conflict(_("Somebody else has just sent it."), code="moved")
        WebhookEndpoint.objects.filter(pk=row.endpoint_id).update(quiet_until=None)
        _wake(row)


def announce(subject: str) -> int:
    """Make the messages about what happened to a document or an export. Return how many are new."""
    return sum(
        _announce(endpoint, queries.to_announce(endpoint, subject=subject))
        for endpoint in queries.active(with_events_about=subject)
    )


def announce_missed() -> int:
    """Make the messages whose job was lost, or that were put off while the endpoint was disabled."""
    made = 0
    for endpoint in queries.active():
        now = timezone.now()
        events = queries.to_announce(endpoint)
        made += _announce(endpoint, events)
        if len(events) < queries.MOST_AT_ONCE and endpoint.announced_until < now - 2 * LATE:
            # By swap: whoever enables it meanwhile says anew from when on.
            same = WebhookEndpoint.objects.filter(pk=endpoint.pk, announced_until=endpoint.announced_until)
            same.update(announced_until=now - LATE)
    return made


def _announce(endpoint: WebhookEndpoint, events: Iterable[Event]) -> int:
    made = 0
    for event in events:
        type = payloads.type_of(event)
        body = payloads.body_of(event) if type in endpoint.events else None
        if body is None:
            continue
        try:
            with transaction.atomic():
                _deliver(endpoint, type, body, event=event)
        except IntegrityError:  # another job was faster
            continue
        made += 1
    return made


def _deliver(endpoint: WebhookEndpoint, type: str, body: str, *, event: Event | None = None) -> WebhookDelivery:
    row = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event=event.pk if event else None,
        document=payloads.document_of(event) if event else None,
        message_id=f"msg_{uuid.uuid4().hex}",
        type=type,
        body=body,
        next_attempt_at=timezone.now(),
    )
    _wake(row)
    return row


def _wake(row: WebhookDelivery) -> None:
    job, queue = SENT_BY
    transaction.on_commit(lambda: wake(job, row.pk, queue=queue))


def _checked_url(url: str) -> str:
    """Return the address. Raises BadInput when nothing may be sent there; a name that resolves to nothing is too."""
    try:
        resolve(parse(url.strip()), settings.WEBHOOK_ALLOW)
    except BadAddress as e:
        raise BadInput(str(e), code="bad_address") from e
    return url.strip()


def _checked_events(events: Sequence[str]) -> list[str]:
    unknown = sorted(set(events) - set(payloads.TYPES))
    if unknown or not events:
        raise BadInput(_("Choose at least one event from the list."), code="bad_events", unknown=unknown)
    return [type for type in payloads.TYPES if type in events]


def _require(access: Access, row: WebhookEndpoint) -> None:
    access.require(Right.ADMIN)
    if row.project_id != access.project.pk:
        raise NotFound(_("There is no such webhook in this project."))


def _require_active(row: WebhookEndpoint) -> None:
    if row.state != EndpointState.ACTIVE:
        raise Conflict(_("This webhook is disabled; enable it first."), code="disabled")


def _note(access: Access, action: str, row: WebhookEndpoint, **detail: object) -> None:
    audit.record(access.actor, action, "webhook", row.pk, project=access.project.slug, **detail)
