from __future__ import annotations

from django.db import models

from invex.documents.models import Document
from invex.extraction.models import Extraction


class ConfirmedLabel(models.Model):
    """What somebody confirmed about a document: never changed, only superseded by the next revision."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="labels")
    revision = models.PositiveIntegerField()  # counts from 1 within the document
    is_current = models.BooleanField(default=True)
    template = models.CharField(max_length=200, blank=True, db_index=True)  # "" = unknown
    label = models.JSONField()  # labels/ID.json of the dataset folder
    source = models.CharField(max_length=8)  # person | token | bulk | xml
    actor = models.CharField(max_length=200)
    corrected = models.JSONField(default=list)  # keys whose value differs from what was shown
    failed = models.JSONField(default=list, blank=True)  # sentences of the checks that the values fail all the same
    extraction = models.ForeignKey(Extraction, null=True, on_delete=models.SET_NULL)  # what was shown
    seconds = models.FloatField(null=True, blank=True)  # that a person was at the document; None = nobody counted
    field_seconds = models.JSONField(default=dict, blank=True)  # of them at each field or table
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "revision"], name="label_revision_once"),
            models.UniqueConstraint(fields=["document"], condition=models.Q(is_current=True), name="one_current_label"),
        ]

    def __str__(self) -> str:
        return f"label {self.revision} of {self.document_id}"


class Draft(models.Model):
    """What a person has changed on a document's page and not saved yet; it survives a crash of the browser."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="drafts")
    owner = models.CharField(max_length=200)
    version = models.PositiveIntegerField()  # of the document that it started from
    extraction = models.ForeignKey(Extraction, null=True, on_delete=models.SET_NULL)  # what was shown
    template = models.CharField(max_length=200, blank=True)  # the one chosen; "" = unknown
    data = models.JSONField(default=dict)  # the inputs of the form by name, as typed
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "owner"], name="draft_once_a_person")]

    def __str__(self) -> str:
        return f"draft of {self.owner} on {self.document_id}"


class Comment(models.Model):
    """What a person noted about a document for whoever looks at it next."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="comments")
    author = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author} on {self.document_id}"
