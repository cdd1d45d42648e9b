from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from invex.accounts.models import Project

from .states import MOVES, DocumentState


class Batch(models.Model):
    """Documents that came together."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=200)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="batch_newest")]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """A file that was received, and where it stands. The file itself is the blob `sha256`."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = MOVES
    BLOBS: ClassVar[tuple[str, ...]] = ("sha256", "words_blob", "einvoice_blob")
    PASSING: ClassVar[tuple[str, ...]] = ("password",)  # texts that no backup keeps

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="documents")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=255)  # as the uploader called it
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()  # bytes
    uploaded_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)
    # The same bytes, received before.
    twin = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="twins")

    state = models.CharField(max_length=16, choices=DocumentState.choices, default=DocumentState.RECEIVED)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    reason_code = models.CharField(max_length=64, blank=True)  # why it failed, or why it needs a person
    reason_message = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # of the present step
    # A worker is on it; afterwards the sweeper takes it back.
    leased_until = models.DateTimeField(null=True, blank=True)

    # In clear from the moment that a person gives it until the read that needs it ends; nothing keeps it after that.
    password = models.CharField(max_length=200, blank=True)

    page_count = models.PositiveIntegerField(null=True, blank=True)
    # Of pages that a person turned, by index: degrees clockwise from how the file shows them. The reader obeys.
    rotations = models.JSONField(default=dict, blank=True)
    words_blob = models.CharField(max_length=64, blank=True)  # see readings.py
    einvoice_blob = models.CharField(max_length=64, blank=True)
    reader = models.CharField(max_length=64, blank=True)
    read_seconds = models.FloatField(null=True, blank=True)
    warnings = models.JSONField(default=list, blank=True)

    template = models.CharField(max_length=200, blank=True, db_index=True)  # its name; "" = unknown
    approved_by = models.CharField(max_length=200, blank=True)  # a person, "token:NAME", or "auto"
    approved_at = models.DateTimeField(null=True, blank=True)
    postponed_until = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)  # grows with every save by a person: a stale save is a conflict

    doubt = models.FloatField(default=0)  # how many of its values are expected to be wrong (extraction/doubt.py)
    # A person is on it: who, until when if they do nothing more, and which of their pages said so last. They stand in
    # this row, so that taking it and reading it over are the same compare-and-swap.
    held_by = models.CharField(max_length=200, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    held_key = models.CharField(max_length=32, blank=True)
    has_draft = models.BooleanField(default=False)  # somebody's unsaved work is kept: it is not read over

    class Meta:
        indexes = [
            models.Index(fields=["project", "state", "-id"], name="document_by_state"),
            models.Index(fields=["batch", "state"], name="document_by_batch"),
            models.Index(fields=["state", "leased_until"], name="document_leased"),
            models.Index(fields=["project", "updated_at", "id"], name="document_updated"),
            models.Index(fields=["project", "state", "-doubt", "id"], name="document_doubted"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reading(self) -> str:
        """Names what was read: it changes, and the pictures of the pages with it, when a page is turned."""
        return self.words_blob[:12]

    @property
    def turned_pages(self) -> dict[int, int]:
        """The pages that a person turned: Page.rotation by index."""
        return {int(page): degrees for page, degrees in self.rotations.items()}


class IdenticalFiles(models.TextChoices):
    """What happens to a file whose bytes the project has received before."""

    LINK = "link", gettext_lazy("Accept it, and link it to the first one")
    REFUSE = "refuse", gettext_lazy("Refuse it")


class DocumentPolicy(models.Model):
    """What an owner decided about the documents of a project; a project without a row has the defaults."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="document_policy")
    identical = models.CharField(max_length=8, choices=IdenticalFiles.choices, default=IdenticalFiles.LINK)
    retention_days = models.PositiveIntegerField(null=True, blank=True)  # after it is done; null = kept

    def __str__(self) -> str:
        return f"documents of {self.project}"


class PageSource(models.Model):
    """Where pages of a document come from, that was made by splitting or joining others."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="sources")
    source = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="made")
    pages = models.JSONField()  # of the source, from 0, in their order

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["document", "source"], name="page_source_once")]

    def __str__(self) -> str:
        return f"pages of {self.source_id} in {self.document_id}"


class PageImage(models.Model):
    """The picture of a page as a person sees it, a WebP blob."""

    BLOBS: ClassVar[tuple[str, ...]] = ("blob",)

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="page_images")
    index = models.PositiveIntegerField()  # from 0
    is_sharp = models.BooleanField(default=False)  # drawn once more, larger, for somebody who looked closer
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    blob = models.CharField(max_length=64, blank=True)  # "" = it cannot be drawn

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["document", "index", "is_sharp"], name="page_drawn_once")]

    def __str__(self) -> str:
        return f"page {self.index} of {self.document_id}"
