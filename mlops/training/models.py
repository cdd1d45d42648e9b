from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project
from mlops.datasets.models import DatasetVersion
from mlops.registry.models import Build

from .states import MOVES, Purpose, RunState, Step, Wish


class TrainingRun(models.Model):
    """One way from a dataset version to a build: its steps, what it measured, and what became of it.

    One that judges has its build from the beginning: it evaluates that, and lets the gate decide.

    dataset, base, seed, code, version, and whether it pretrains, are all that the package depends on (rule 12 of
    docs/design.md).
    """

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = MOVES
    BLOBS: ClassVar[tuple[str, ...]] = ("package_blob",)

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="training_runs")
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.TRAIN)
    version = models.CharField(max_length=64)  # Major.Minor.Patch of the build, said by a person
    dataset = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="training_runs")
    seed = models.PositiveIntegerField(default=0)
    pretrains = models.BooleanField(default=False)  # the network is trained anew, on the dataset's documents first
    base = models.CharField(max_length=200)  # build that it is learned on top of
    code = models.CharField(max_length=64)  # version of the code that learns
    device = models.CharField(max_length=16, default="cpu")
    only_cpu = models.BooleanField(default=False)  # a person had it start again there, after it began on a GPU
    trigger = models.JSONField(default=dict)  # {"kind": button | rest | command | ..., and its figure}

    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.WAITING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    step = models.CharField(max_length=16, choices=Step.choices, blank=True)  # the one at hand
    steps = models.JSONField(default=list)  # [{"name", "started_at", "ended_at", "detail"}], those begun
    progress = models.JSONField(default=list)  # of the training step, as mlops.learning.checkpoints tells it
    yields = models.JSONField(default=list)  # [{"at", "cause", "until"}], the last without "until" while it lasts
    wish = models.CharField(max_length=8, choices=Wish.choices, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # since somebody last looked at it
    leased_until = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)  # why it failed or waits

    package_blob = models.CharField(max_length=64, blank=True)  # what training made, until it is registered as a build
    package_sha256 = models.CharField(max_length=64, blank=True)  # of the same, for ever
    report = models.JSONField(default=dict)  # candidate beside incumbent, and the gate's rules
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="training_runs")

    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="run_newest"),
            models.Index(fields=["state", "leased_until"], name="run_leased"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.project_id}: {self.version}"

    @property
    def judges(self) -> bool:
        return self.purpose == Purpose.JUDGE

    def is_step_done(self, name: Step) -> bool:
        return any(step["name"] == name and step["ended_at"] for step in self.steps)
