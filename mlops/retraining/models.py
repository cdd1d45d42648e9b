from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project
from mlops.datasets.models import DatasetVersion
from mlops.deployment.models import DeploymentRevision
from mlops.registry.models import Build
from mlops.training.models import TrainingRun

from .states import MOVES, OPEN, CircleState, Hold, Kind, Outcome, Step


class RetrainingPolicy(models.Model):
    """What a project decided about retraining; without a row only a person starts one."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="retraining_policy")
    policy = models.JSONField(default=dict)  # see policy.py
    next_run_at = models.DateTimeField(null=True, blank=True)  # of the schedule, null = none
    considered_at = models.DateTimeField(null=True, blank=True)  # the triggers were last looked at
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "retraining policies"

    def __str__(self) -> str:
        return f"retraining of {self.project_id}"


class Decision(models.Model):
    """A trigger reached its threshold: what was decided, and by which figure over which documents.

    A refusal that repeats the last one of its trigger is counted there.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="retraining_decisions")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    hold = models.CharField(max_length=16, choices=Hold.choices, blank=True)  # why not now
    why = models.TextField(blank=True)  # the same as a sentence, with its figures
    trigger = models.CharField(max_length=16, choices=Kind.choices)
    figure = models.FloatField(null=True, blank=True)  # null = the trigger measures nothing
    threshold = models.FloatField(null=True, blank=True)
    evidence = models.PositiveIntegerField(default=0)  # documents that the figure is taken over
    documents = models.JSONField(default=list)  # their primary keys, at most policy.MOST_DOCUMENTS
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    times = models.PositiveIntegerField(default=1)  # that it was decided so, the last time at `last_at`
    last_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="retraining_decided")]

    def __str__(self) -> str:
        return f"{self.trigger} of {self.project_id}: {self.outcome}"


class Circle(models.Model):
    """One way around: from a decision over dataset, run and gate to a build that reads, or does not."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = MOVES

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="circles")
    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="circle")
    state = models.CharField(max_length=16, choices=CircleState.choices, default=CircleState.FIRED)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    waits_for = models.CharField(max_length=8, choices=Step.choices, blank=True)  # a person lets it go on with this
    allowed = models.JSONField(default=list)  # steps that a person let it go on with
    reason = models.TextField(blank=True)  # why it ended as it did

    dataset = models.ForeignKey(DatasetVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(TrainingRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="circles")
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deployment = models.ForeignKey(
        DeploymentRevision, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(state__in=OPEN), name="one_open_circle_a_project"
            )
        ]

    def __str__(self) -> str:
        return f"circle {self.pk} of {self.project_id}: {self.state}"


class DailyFigure(models.Model):
    """What a trigger measured on a day, the last time that somebody looked: the history of its gauge."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="retraining_figures")
    trigger = models.CharField(max_length=16, choices=Kind.choices)
    day = models.DateField()
    figure = models.FloatField()
    evidence = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "trigger", "day"], name="retraining_figure_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.trigger} of {self.project_id} on {self.day}: {self.figure:g}"
