from __future__ import annotations

from django.db import models

from invex.accounts.models import Project
from invex.documents.models import Document


class Observation(models.Model):
    """What came, and what was read from it at first, in figures: no text of the document.

    It stays when the document is erased, without saying which one it was, so that no curve changes by that.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="observations")
    document = models.OneToOneField(Document, null=True, on_delete=models.SET_NULL, related_name="observation")
    at = models.DateTimeField()  # of the first reading
    day = models.DateField()  # the same, local

    hour = models.PositiveSmallIntegerField()  # of its arrival, local, 0 to 23
    pages = models.PositiveIntegerField()
    words = models.PositiveIntegerField()
    ocr_share = models.FloatField()  # of the words, [0, 1]
    locale = models.CharField(max_length=8, blank=True)  # order of dates and decimal mark: "dmy,"; "" = it shows none

    template = models.CharField(max_length=200, blank=True)  # "" = unknown
    build = models.CharField(max_length=200)
    template_confidence = models.FloatField()
    confidence = models.FloatField(null=True)  # mean over the values of fields; null without any
    absent = models.FloatField(null=True)  # share of the template's fields that have no value; null when unknown
    kinds = models.JSONField(default=dict)  # type of field -> number of values
    seconds = models.FloatField()  # that the prediction took

    class Meta:
        indexes = [models.Index(fields=["project", "day"], name="observation_by_day")]

    def __str__(self) -> str:
        return f"document {self.document_id} as it came"


class Judgement(models.Model):
    """What the first look of a person at a document said about what was read from it. It is never changed.

    probability: with which it was drawn to be looked at, whatever was read; null when it was not drawn, but looked at
    because somebody doubted or chose it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="judgements")
    document = models.OneToOneField(Document, null=True, on_delete=models.SET_NULL, related_name="judgement")
    day = models.DateField()  # local, of the first reading: the day of its observation
    template = models.CharField(max_length=200, blank=True)  # as it was read
    build = models.CharField(max_length=200)
    probability = models.FloatField(null=True)
    is_audit = models.BooleanField()  # it would have been approved automatically, had it not been drawn
    template_right = models.BooleanField()
    asked = models.PositiveIntegerField()  # fields and tables that the person spoke of
    corrected = models.PositiveIntegerField()  # of them

    class Meta:
        indexes = [models.Index(fields=["project", "day"], name="judgement_by_day")]

    def __str__(self) -> str:
        return f"judgement of {self.document_id}"


class FieldJudgement(models.Model):
    """One field or table of a judgement; project, day, template and probability are copied, to be summed up fast."""

    judgement = models.ForeignKey(Judgement, on_delete=models.CASCADE, related_name="fields")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    template = models.CharField(max_length=200, blank=True)
    probability = models.FloatField(null=True)
    field = models.CharField(max_length=64)  # key of a field or table
    is_right = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["judgement", "field"], name="field_judged_once")]
        indexes = [models.Index(fields=["project", "field", "day"], name="field_judgement_by_day")]

    def __str__(self) -> str:
        return f"{self.field} of judgement {self.judgement_id}"


class Approval(models.Model):
    """When a document was approved for the first time, and by whom: Invex or somebody."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="approvals")
    document = models.OneToOneField(Document, null=True, on_delete=models.SET_NULL, related_name="approval")
    day = models.DateField()  # local
    template = models.CharField(max_length=200, blank=True)  # as it was approved
    is_automatic = models.BooleanField()
    hours = models.FloatField()  # since its arrival

    class Meta:
        indexes = [models.Index(fields=["project", "day"], name="approval_by_day")]

    def __str__(self) -> str:
        return f"approval of {self.document_id}"


class QueueSample(models.Model):
    """What waited for a person at some time."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="queue_samples")
    at = models.DateTimeField(auto_now_add=True)
    day = models.DateField()  # local
    waiting = models.PositiveIntegerField()  # documents
    oldest_hours = models.FloatField()  # since the arrival of the one that waits longest

    class Meta:
        indexes = [models.Index(fields=["project", "day"], name="queue_by_day")]

    def __str__(self) -> str:
        return f"{self.waiting} documents wait in {self.project_id}"


class Tally(models.Model):
    """A counter of the whole installation that only grows; it outlives the events that it counted."""

    key = models.CharField(max_length=100, unique=True)  # see tallies.py
    count = models.PositiveBigIntegerField(default=0)
    total = models.FloatField(default=0.0)  # sum of what was counted, where that means something

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class EventFile(models.Model):
    """A file of events as JSON lines. Bytes beyond `size` were written by somebody whose transaction failed."""

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)  # on whose disk it lies
    size = models.PositiveBigIntegerField(default=0)  # bytes
    lines = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # nothing is added after that

    def __str__(self) -> str:
        return self.name


class DriftReading(models.Model):
    """How far what came, or what was read, had moved on one day (drift.py)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="drift_readings")
    kind = models.CharField(max_length=8)  # drift.Kind
    day = models.DateField()
    at = models.DateTimeField(auto_now=True)
    figure = models.FloatField(null=True)  # null = too few documents
    detail = models.JSONField(default=dict)  # Drift.to_json, without the documents

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind", "day"], name="drift_once_a_day")]

    def __str__(self) -> str:
        return f"{self.kind} drift of {self.project_id} on {self.day}: {self.figure}"


class HardwareSample(models.Model):
    """How busy a machine of this installation was."""

    host = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    cpu = models.FloatField()  # percent of all cores
    memory = models.FloatField()  # percent of what is there
    disk = models.FloatField()  # percent of the file system that DATA lies on
    read_rate = models.FloatField()  # bytes a second
    write_rate = models.FloatField()
    gpus = models.JSONField(default=list)  # [{"name", "utilisation", "memory"}], percent; [] = none

    def __str__(self) -> str:
        return f"{self.host} at {self.at}"
