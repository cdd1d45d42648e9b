from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project
from invex.extraction.models import REREAD
from mlops.datasets.models import DatasetVersion
from mlops.registry.models import Build

from .states import MOVES, REPLAY_MOVES, REREAD_MOVES, Mode, ModelRole, ReplayState, RereadState, RevisionState


class DeploymentRevision(models.Model):
    """What a project read with from one moment on: builds, routing, thresholds; and who wanted that, and why.

    A revision never changes once it is live, but for its evidence: every switch is a new one.
    """

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = MOVES

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deployments")
    revision = models.PositiveIntegerField()  # counts from 1 within the project
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.SINGLE)
    share = models.JSONField(default=dict)  # role -> part of the documents, [0, 1], summing to 1; {} in one-model modes
    salt = models.CharField(max_length=32, blank=True)  # of the assignment; kept while one experiment goes on
    thresholds = models.JSONField(default=dict)  # template -> Thresholds as JSON; a person looks at the others
    fixed_versions = models.JSONField(default=list)  # versions whose builds are never evicted
    asks_first = models.BooleanField(default=False)  # a challenger that has won waits for a person
    repository = models.CharField(max_length=64, blank=True)  # where packages come from; "" = this installation

    state = models.CharField(max_length=16, choices=RevisionState.choices, default=RevisionState.PREPARING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # to prepare it
    reason_message = models.TextField(blank=True)  # why it failed
    evidence = models.JSONField(default=dict)  # of the test between its arms, as last computed

    made_by = models.CharField(max_length=200)
    why = models.TextField(blank=True)
    replaced = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by")
    restores = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="restored_by")
    created_at = models.DateTimeField(auto_now_add=True)
    live_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "revision"], name="deployment_revision_once"),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(state=RevisionState.LIVE), name="one_live_deployment"
            ),
        ]

    def __str__(self) -> str:
        return f"deployment {self.revision} of {self.project_id}"


class DeployedModel(models.Model):
    """A build in a revision, and what it is for there."""

    deployment = models.ForeignKey(DeploymentRevision, on_delete=models.CASCADE, related_name="models")
    role = models.CharField(max_length=16, choices=ModelRole.choices)
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="deployed_in")
    path = models.CharField(max_length=500, blank=True)  # in the repository, as the deployment file says it

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "role", "build"], name="deployed_model_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.deployment_id}: {self.build_id}"


class CodeReplay(models.Model):
    """What a deployed build reads from a frozen set with one version of the code, beside what it read with the last."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = REPLAY_MOVES

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="code_replays")
    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="code_replays")
    code = models.CharField(max_length=64)  # see reading_code.py
    dataset = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="code_replays")
    before = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)  # None = the first code seen

    state = models.CharField(max_length=16, choices=ReplayState.choices, default=ReplayState.WAITING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)  # why it failed
    read = models.JSONField(default=dict)  # see frozen_set.py
    report = models.JSONField(default=dict)  # rules, and documents that were read otherwise
    override_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "build", "code"], name="code_replayed_once_a_build"),
        ]

    def __str__(self) -> str:
        return f"code {self.code} with {self.build_id}"


class Reread(models.Model):
    """Documents that one build read, and that another one reads for comparison; what stands is not touched."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = REREAD_MOVES

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rereads")
    read = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="+")  # whose work is looked at
    anew = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="+")
    documents = models.JSONField(default=list)  # primary keys
    state = models.CharField(max_length=16, choices=RereadState.choices, default=RereadState.WAITING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"re-read {self.pk} of {self.project_id}"

    @property
    def arm(self) -> str:
        return f"{REREAD}{self.pk}"
