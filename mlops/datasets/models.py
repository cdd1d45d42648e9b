from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from invex.accounts.models import Project

from .states import MOVES, DatasetState, Side


class DatasetVersion(models.Model):
    """What a model is learned from and judged by: frozen, and named by the sha256 of its manifest.

    The manifest (see manifest.py) names files, words and labels by their hashes, so the name pins all of them.
    """

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = MOVES
    BLOBS: ClassVar[tuple[str, ...]] = ("blob",)

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="dataset_versions")
    name = models.CharField(max_length=200)  # for people
    hash = models.CharField(max_length=64, blank=True, db_index=True)  # sha256 of the manifest; "" until it is frozen
    blob = models.CharField(max_length=64, blank=True)  # the manifest
    selection = models.JSONField(default=dict)  # see selection.py; {"imported": NAME} for one that came as a folder
    distribution = models.JSONField(default=dict)  # template -> {side: documents}
    # What was left out since others of its template contradicted it: [{"label", "document", "template"}], primary keys
    # and a name. Written when the version is asked for, so that what is frozen is what was chosen.
    held_back = models.JSONField(default=list, blank=True)
    validation = models.JSONField(null=True)  # report of mlops.learning.validation, null until it was made

    state = models.CharField(max_length=16, choices=DatasetState.choices, default=DatasetState.FREEZING)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True)  # why it failed
    same_as = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)  # the version that it equals
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "hash"], condition=~models.Q(hash=""), name="dataset_version_once"
            )
        ]
        indexes = [models.Index(fields=["project", "-id"], name="dataset_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.hash[:8]}"


class DatasetDocument(models.Model):
    """A document in a dataset version: lineage in both directions, and the blobs that the version needs.

    document: primary key in this installation, null when the version was imported. It is no foreign key: the row stays
    when the document is erased, without its blobs, and says so.
    """

    BLOBS: ClassVar[tuple[str, ...]] = ("file_blob", "words_blob", "label_blob")

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="documents")
    name = models.CharField(max_length=64)  # its id within the version
    document = models.BigIntegerField(null=True, blank=True, db_index=True)
    label_revision = models.PositiveIntegerField(null=True, blank=True)
    template = models.CharField(max_length=200, blank=True)  # "" = unknown
    side = models.CharField(max_length=8, choices=Side.choices)
    file_blob = models.CharField(max_length=64, blank=True)
    words_blob = models.CharField(max_length=64, blank=True)
    label_blob = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="dataset_document_once")]

    def __str__(self) -> str:
        return f"{self.name} in {self.version_id}"


class SideAssignment(models.Model):
    """The side of a paper: said once, kept for ever, also when the document is erased and comes again.

    paper: sha256 of the file, of the words where there is no file. numbers: digest of all numbers printed on it, by
    which near-duplicates are found (mlops.learning.duplicates); "" when it has too few words.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="side_assignments")
    paper = models.CharField(max_length=64)
    side = models.CharField(max_length=8, choices=Side.choices)
    group = models.CharField(max_length=64)  # the paper that it shares its side with; itself when it is alone
    numbers = models.CharField(max_length=64, blank=True, db_index=True)
    words = models.CharField(max_length=64, blank=True)  # blob, to compare the next ones with; may be erased
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "paper"], name="side_said_once")]

    def __str__(self) -> str:
        return f"{self.paper[:8]}: {self.side}"
