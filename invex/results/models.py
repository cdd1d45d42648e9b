from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project

from .states import EXPORT_MOVES, ExportState


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
