from __future__ import annotations

from django.db import models

from invex.accounts.models import Project
from invex.documents.models import Document


class LookGroup(models.Model):
    """Documents of no template that look alike: together they ask for a new one."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="look_groups")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"group {self.pk} of {self.project_id}"


class Look(models.Model):
    """A document of no template that was compared with the others; without a group it resembles none of them."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="look")
    group = models.ForeignKey(LookGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="looks")

    def __str__(self) -> str:
        return f"look of {self.document_id}"
