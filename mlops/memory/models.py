from __future__ import annotations

from typing import ClassVar

from django.db import models

from invex.accounts.models import Project
from invex.review.models import ConfirmedLabel


class MemoryRevision(models.Model):
    """What was confirmed since the build, as fitted models. The newest revision of a project's build is in use.

    build + revision reproduces a prediction exactly: `fitted` maps a template's name to the blob of its fitted
    model, `index` is the blob of the template recogniser. When a document is erased, every revision before loses what
    it had learned from it.
    """

    BLOBS: ClassVar[tuple[str, ...]] = ("index", "fitted.*.blob")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memory_revisions")
    revision = models.PositiveIntegerField()  # counts from 1 within the project, over all of its builds
    build = models.CharField(max_length=200)  # on top of which it is fitted; an entry of another build: not all yet
    # template name -> {"blob", "examples": n, "documents", "digest", "build", "basis", "held"}; held: the examples that
    # the others contradict and that it did not learn from, [{"label", "document", "field", "labelled", "predicted"}].
    fitted = models.JSONField(default=dict)
    changed = models.JSONField(default=list)  # names of the templates that differ from the revision before
    index = models.CharField(max_length=64, blank=True)  # blob
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "revision"], name="memory_revision_once")]

    def __str__(self) -> str:
        return f"memory {self.revision} of {self.project_id}"


class ExampleDecision(models.Model):
    """What a person decided about an example that the others contradict: learned from all the same, or never."""

    KEEP, OUT = "keep", "out"

    label = models.OneToOneField(ConfirmedLabel, on_delete=models.CASCADE, related_name="example_decision")
    choice = models.CharField(max_length=4, choices=[(KEEP, KEEP), (OUT, OUT)])
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.choice} {self.label}"
