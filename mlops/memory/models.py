from __future__ import annotations

from typing import ClassVar

from django.db import models

from invex.accounts.models import Project


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
    fitted = models.JSONField(default=dict)  # template name -> {"blob", "examples": n, "documents", "digest", "build"}
    changed = models.JSONField(default=list)  # names of the templates that differ from the revision before
    index = models.CharField(max_length=64, blank=True)  # blob
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "revision"], name="memory_revision_once")]

    def __str__(self) -> str:
        return f"memory {self.revision} of {self.project_id}"
