"""The lives of an export, of a webhook's endpoint, and of one delivery to it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    WRITING = "writing", _("Writing")  # a worker writes the file
    READY = "ready", _("Ready")  # to be downloaded until it expires
    FAILED = "failed", _("Failed")  # with a code and a sentence
    EXPIRED = "expired", _("Expired")  # the file is deleted


E = ExportState
EXPORT_MOVES: dict[str, frozenset[str]] = {
    E.WAITING: frozenset({E.WRITING}),
    E.WRITING: frozenset({E.READY, E.FAILED, E.WAITING}),
    E.READY: frozenset({E.EXPIRED}),
    E.FAILED: frozenset({E.EXPIRED}),
    E.EXPIRED: frozenset(),
}


class EndpointState(models.TextChoices):
    ACTIVE = "active", _("Active")
    DISABLED = "disabled", _("Disabled")  # by a person, or because nothing arrived for a day


ENDPOINT_MOVES: dict[str, frozenset[str]] = {
    EndpointState.ACTIVE: frozenset({EndpointState.DISABLED}),
    EndpointState.DISABLED: frozenset({EndpointState.ACTIVE}),
}


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")  # for its first or its next attempt
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")  # after the last attempt


D = DeliveryState
DELIVERY_MOVES: dict[str, frozenset[str]] = {
    D.PENDING: frozenset({D.SENDING}),
    D.SENDING: frozenset({D.DELIVERED, D.PENDING, D.FAILED}),
    D.DELIVERED: frozenset({D.PENDING}),  # sent again by a person
    D.FAILED: frozenset({D.PENDING}),
}
