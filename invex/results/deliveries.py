"""Sending a message: one attempt, what becomes of it, and when an endpoint is given up.

At least once: a worker that dies between sending and noting it leaves a message that is sent again, under the same id
(header webhook-id), by which the receiver knows it.
"""

from __future__ import annotations

import datetime
import json
import random
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from invex.kernel import leases
from invex.kernel.actor import SYSTEM
from invex.kernel.states import move

from . import payloads, sender, signing, webhooks
from .addresses import BadAddress, parse, resolve
from .models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from .states import DeliveryState, EndpointState

S = DeliveryState
FIRST_PAUSE_S = 15.0
FACTOR = 4  # 15 s, 1, 4, 16, 64 minutes, 4 and 17 hours: 23 hours in all
ATTEMPTS = 8
JITTER = 0.1  # of a pause, either way: many messages that failed together do not come back together
LONGEST_QUIET_S = 3600.0  # between two probes of an endpoint that fails
GIVEN_UP_AFTER = datetime.timedelta(hours=20)  # without an attempt that worked
GONE = 410  # by which a receiver says that it wants no more
AGENT = "Invex-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. status: None when there was no answer. problem: "" when it worked."""

    seconds: float
    status: int | None
    answer: str
    problem: str


def pause_s(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row, from 1."""
    jitter = random.uniform(1 - JITTER, 1 + JITTER)
    return float(FIRST_PAUSE_S * FACTOR ** (failures - 1) * jitter)


def deliver(row: WebhookDelivery) -> bool:
    """Try once to deliver a message that is due. Return False when it is not to be sent now, or by somebody else."""
    endpoint, now = row.endpoint, timezone.now()
    is_quiet = endpoint.quiet_until is not None and endpoint.quiet_until > now
    if row.state != S.PENDING or row.next_attempt_at > now or is_quiet or endpoint.state != EndpointState.ACTIVE:
        return False
    if not leases.take(row, S.SENDING, project=endpoint.project.slug):
        return False
    with leases.kept(leases.held(row)):
        outcome = _send(row)
    with transaction.atomic():
        WebhookAttempt.objects.create(
            delivery=row, at=now, seconds=round(outcome.seconds, 3), status=outcome.status,
            answer=outcome.answer, problem=outcome.problem,
        )  # fmt: skip
        if not _settle(row, outcome, only_if=leases.ours(row)):
            return False
        _judge(endpoint, outcome)
    return True


def _send(row: WebhookDelivery) -> Outcome:
    started = time.perf_counter()
    body, endpoint, timestamp = row.body.encode(), row.endpoint, int(time.time())
    keys = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > timezone.now():
        keys.append(endpoint.old_secret)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": row.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.signature_header(keys, message_id=row.message_id, timestamp=timestamp, body=body),
    }
    try:
        target = parse(endpoint.url)
        answer = sender.post(target, resolve(target, settings.WEBHOOK_ALLOW), headers, body)
    except (BadAddress, sender.NotSent) as e:
        return Outcome(time.perf_counter() - started, None, "", str(e))
    return Outcome(time.perf_counter() - started, answer.status, answer.text, _problem(answer.status))


def _problem(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"The answer was {status}: redirects are not followed. Enter the final address."
    return f"The answer was {status}, not 2xx."


def _settle(row: WebhookDelivery, outcome: Outcome, *, only_if: Q) -> bool:
    """Move the message on after an attempt. Return False when somebody else has."""
    project = row.endpoint.project.slug
    if not outcome.problem:
        return move(row, S.DELIVERED, actor=SYSTEM, project=project, only_if=only_if, leased_until=None)
    if row.attempts >= ATTEMPTS or row.type == payloads.PING:  # whoever pings waits for the answer
        return move(row, S.FAILED, actor=SYSTEM, project=project, only_if=only_if, leased_until=None)
    again = timezone.now() + datetime.timedelta(seconds=pause_s(row.attempts))
    return move(row, S.PENDING, actor=SYSTEM, project=project, only_if=only_if, leased_until=None,
                next_attempt_at=again)  # fmt: skip


def _judge(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    """Note how the endpoint does; disable one that wants no more, or that nothing has reached for long."""
    now = timezone.now()
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if not outcome.problem:
        mine.update(failures=0, failing_since=None, quiet_until=None)
        return
    quiet_s = min(pause_s(min(endpoint.failures + 1, ATTEMPTS)), LONGEST_QUIET_S)
    mine.update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", now),
        quiet_until=now + datetime.timedelta(seconds=quiet_s),
    )
    endpoint.refresh_from_db()
    since = endpoint.failing_since or now
    if outcome.status == GONE:
        webhooks.disable(SYSTEM, endpoint, why="The receiver answered 410: it wants no more messages.")
    elif since <= now - GIVEN_UP_AFTER:
        day, failures, last = f"{timezone.localtime(since):%Y-%m-%d %H:%M}", endpoint.failures, outcome.problem
        webhooks.disable(
            SYSTEM, endpoint, why=f"No message has arrived since {day} ({failures} attempts). The last one: {last}"
        )


def take_back(row: WebhookDelivery) -> bool:
    """Let a message be sent again whose worker is gone in the middle: perhaps it arrived, perhaps not."""
    lost = leases.lost(row)
    outcome = Outcome(0.0, None, "", "The worker that sent it ended; nobody knows whether it arrived.")
    with transaction.atomic():
        if not _settle(row, outcome, only_if=lost):
            return False
        WebhookAttempt.objects.create(delivery=row, at=timezone.now(), seconds=0, problem=outcome.problem)
    return True


def example(row: WebhookDelivery) -> str:
    """Return the message as people read it."""
    return json.dumps(json.loads(row.body), indent=2, ensure_ascii=False)
