from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project
from invex.documents.models import Document

from .states import DELIVERY_MOVES, ENDPOINT_MOVES, EXPORT_MOVES, DeliveryState, EndpointState, ExportState


class ExportLayout(models.Model):
    """Which columns an export has, called by name; see layouts.py."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="export_layouts")
    name = models.CharField(max_length=100)
    template = models.CharField(max_length=200, blank=True)  # the template that it is for, by name; "" = any
    spec = models.JSONField()
    created_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="export_layout_name_once")]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """A file of results that a worker writes, and that expires."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = EXPORT_MOVES
    BLOBS: ClassVar[tuple[str, ...]] = ("blob",)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=8)
    layout = models.CharField(max_length=100, blank=True)  # its name, for people
    sheets = models.JSONField()  # what is written, as the layouts were when it was asked for
    filters = models.JSONField(default=dict)  # as they stand in an address
    state = models.CharField(max_length=16, choices=ExportState.choices, default=ExportState.WAITING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    reason_code = models.CharField(max_length=64, blank=True)
    reason_message = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField()  # documents, when it was asked for
    written = models.PositiveIntegerField(default=0)  # documents so far
    blob = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)  # bytes
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="export_newest"),
            models.Index(fields=["state", "leased_until"], name="export_leased"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportedDocument(models.Model):
    """A document that an export holds, or may hold, as long as there is its file."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="documents")
    document_id = models.PositiveBigIntegerField(db_index=True)  # no foreign key: it outlives an erased document

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "document_id"], name="exported_document_once")]

    def __str__(self) -> str:
        return f"document {self.document_id} in export {self.export_id}"


class WebhookEndpoint(models.Model):
    """An address that is told what happens in a project (Standard Webhooks)."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = ENDPOINT_MOVES

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    events = models.JSONField()  # types, of payloads.TYPES
    # In clear: what signs cannot be a hash. While the old one lives, both sign.
    secret = models.CharField(max_length=100)
    old_secret = models.CharField(max_length=100, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True)  # why it is disabled
    failures = models.PositiveIntegerField(default=0)  # attempts since the last one that worked
    failing_since = models.DateTimeField(null=True, blank=True)
    quiet_until = models.DateTimeField(null=True, blank=True)  # after a failure: nothing is sent before
    announced_until = models.DateTimeField()  # every event before it has its delivery, or never gets one
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One message to one endpoint. Its body never changes, so that each attempt says the same."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = DELIVERY_MOVES

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.PositiveBigIntegerField(null=True, blank=True)  # of the outbox; null for a ping
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    message_id = models.CharField(max_length=64, unique=True)  # the header webhook-id
    type = models.CharField(max_length=64)
    body = models.TextField()  # JSON
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # since a person asked for it last
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="delivery_once")]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="delivery_due"),
            models.Index(fields=["endpoint", "-id"], name="delivery_newest"),
        ]
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return self.message_id


class WebhookAttempt(models.Model):
    """What came of sending a message once."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    seconds = models.FloatField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of the answer; null = there was none
    answer = models.TextField(blank=True)  # its beginning
    problem = models.TextField(blank=True)  # why it did not work; "" = it did

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"attempt at {self.delivery_id}: {self.status or self.problem}"
