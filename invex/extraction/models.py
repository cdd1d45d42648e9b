from __future__ import annotations

from django.db import models

from invex.accounts.models import Project
from invex.documents.models import Document

REREAD = "reread:"  # before the number of a re-read, in the arm of what another build read for comparison
REOPENED = "reopened"  # reason code of a document that a person opened again: it is not read over


class Extraction(models.Model):
    """What one build with one memory read from a document. A re-read adds a row; which is current moves by swap."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="extractions")
    number = models.PositiveIntegerField()  # counts from 1 within the document
    is_current = models.BooleanField(default=False)
    template = models.CharField(max_length=200, blank=True)  # "" = unknown
    template_confidence = models.FloatField()
    prediction = models.JSONField()  # fields and tables of invex-prediction/1
    reasons = models.JSONField(default=list)  # why a person must look: [{"code", "message", "field"}]
    build = models.CharField(max_length=200)
    memory = models.PositiveIntegerField(null=True, blank=True)  # memory revision
    checked_memory = models.PositiveIntegerField(null=True, blank=True)  # the newest one that reads the same
    deployment = models.PositiveIntegerField(null=True, blank=True)  # deployment revision
    arm = models.CharField(
        max_length=16, blank=True
    )  # the part of the deployment that read it, where there are several
    reader = models.CharField(max_length=64)
    template_version = models.PositiveIntegerField(null=True, blank=True)
    thresholds = models.JSONField(default=dict)  # of its template, copied from the deployment revision
    # A number drawn from [0, 1) once a document: it belongs to the random sample by which promises are judged when that
    # is below `sampled`, the probability that this revision of the thresholds gave every document of the template.
    draw = models.FloatField(default=1.0)
    sampled = models.FloatField(default=0.0)
    lists = models.JSONField(default=dict)  # master data that was asked: {name: version, 0 = it was not there}
    seconds = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="extraction_number_once"),
            models.UniqueConstraint(
                fields=["document"], condition=models.Q(is_current=True), name="one_current_extraction"
            ),
        ]
        indexes = [models.Index(fields=["build"], name="extraction_by_build")]

    def __str__(self) -> str:
        return f"extraction {self.number} of {self.document_id}"

    @property
    def is_of_test(self) -> bool:
        """Whether it was read by one of several builds whose work people judge side by side, without knowing whose."""
        return bool(self.arm) and not self.arm.startswith(REREAD)


class ApprovalHalt(models.Model):
    """While there is one, nothing is approved automatically: in its project, or without one, in no project."""

    project = models.OneToOneField(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="halt")
    by = models.CharField(max_length=200)
    why = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(project__isnull=True), name="one_halt_of_all_projects"
            )
        ]

    def __str__(self) -> str:
        return f"halt of {self.project or 'all projects'}"


class BusinessKey(models.Model):
    """By what a document is recognised as a duplicate: a hash of supplier, number and amount (duplicates.py)."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="business_keys")
    key = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "key"], name="business_key_once")]

    def __str__(self) -> str:
        return f"{self.key} of {self.document_id}"
