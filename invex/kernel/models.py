from __future__ import annotations

from django.db import models


class Event(models.Model):
    """The outbox: a row written with the change that caused it, and dispatched to jobs after the commit."""

    name = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)  # primary key of what it is about
    project = models.CharField(max_length=64, blank=True)
    payload = models.JSONField(default=dict)  # ids and figures, never document text; see outbox.forget_words
    request_id = models.CharField(max_length=64, blank=True)  # the request that caused it
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)  # the monitoring has counted it and written it to a file

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="event_undispatched", condition=models.Q(dispatched_at__isnull=True)),
            models.Index(fields=["id"], name="event_unrecorded", condition=models.Q(recorded_at__isnull=True)),
            models.Index(fields=["project", "id"], name="event_project"),
            models.Index(fields=["subject", "name"], name="event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.name}({self.subject})"


class AuditEntry(models.Model):
    """Who did what to what, and when. Names as text: the entry outlives the user, the token and the project."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=200)
    project = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="audit_project"),
            models.Index(fields=["subject_type", "subject"], name="audit_subject"),
        ]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject_type} {self.subject}"


class DoomedBlob(models.Model):
    """A blob that lost a row that needed it; it is deleted once no row does (doomed.py)."""

    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class IdempotencyKey(models.Model):
    """The answer that a write with this key got: the same key and body get it again."""

    scope = models.CharField(max_length=200)  # token or user, method and path
    key = models.CharField(max_length=200)
    body_hmac = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first request is still running
    answer = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    leased_until = models.DateTimeField()  # while it runs: after that its process is gone

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
