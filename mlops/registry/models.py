from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project

from .states import MOVES, BuildState, Origin


class BuildSequence(models.Model):
    """The one row that build numbers come from. It is locked while a number is taken; numbers never repeat."""

    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"last build number {self.last}"


class Build(models.Model):
    """A model package of a project, under the name that every extraction and deployment knows it by.

    The package that Invex ships has no project: every project may use it.
    """

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = MOVES
    BLOBS: ClassVar[tuple[str, ...]] = ("blob",)

    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="builds")
    name = models.CharField(max_length=200, unique=True)  # <Project>-<major>.<minor>.<patch>-build.<n>
    version = models.CharField(max_length=64)  # Major.Minor.Patch, said by a person
    number = models.PositiveIntegerField(
        db_index=True
    )  # of the global sequence; of its maker's when it came from there
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.LOCAL)
    blob = models.CharField(max_length=64, blank=True)  # the package; "" once it was evicted
    sha256 = models.CharField(max_length=64)  # of the package, also of an evicted one
    size = models.PositiveBigIntegerField()  # bytes
    source_sha256 = models.CharField(max_length=64, blank=True)  # of the file that was registered, before its stamp
    manifest = models.JSONField()  # package.json
    card = models.TextField(blank=True)  # card.md
    metrics = models.JSONField(default=dict)
    dataset = models.CharField(max_length=64, blank=True)  # hash of the dataset version that it was learned from

    state = models.CharField(max_length=16, choices=BuildState.choices, default=BuildState.REGISTERED)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    report = models.JSONField(default=dict)  # of the gate
    override_reason = models.TextField(blank=True)  # why a person let through what the gate had refused
    pushed_to = models.JSONField(default=dict)  # name of a repository -> path in it
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=models.Q(origin=Origin.LOCAL), name="build_number_never_repeats"
            )
        ]
        indexes = [models.Index(fields=["project", "-id"], name="build_newest")]

    def __str__(self) -> str:
        return self.name
