from __future__ import annotations

from django.db import models

from invex.accounts.models import Project


class MasterList(models.Model):
    """A list of the project's master data: suppliers, purchase orders, cost centres. What it holds has versions."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="master_lists")
    name = models.CharField(max_length=64)  # how rules of templates call it: invex.fields.spec.KEY
    columns = models.JSONField()  # their names, in order
    key_column = models.CharField(max_length=64, blank=True)  # what identifies a row; "" = the whole row
    version = models.PositiveIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="master_list_name_once")]

    def __str__(self) -> str:
        return self.name


class MasterListVersion(models.Model):
    """Who changed the list, when, from what, and by how many rows; never changed."""

    list = models.ForeignKey(MasterList, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    columns = models.JSONField()  # as they were
    source = models.CharField(max_length=255)  # the name of the file, or "REST"
    encoding = models.CharField(max_length=32, blank=True)  # of the file, as detected
    delimiter = models.CharField(max_length=1, blank=True)
    row_count = models.PositiveIntegerField()
    added = models.PositiveIntegerField()  # a changed row counts as one added and one removed
    removed = models.PositiveIntegerField()
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "version"], name="master_list_version_once")]

    def __str__(self) -> str:
        return f"{self.list} v{self.version}"


class MasterRow(models.Model):
    """A row as it stood from one version of its list until another: old values stay traceable."""

    list = models.ForeignKey(MasterList, on_delete=models.CASCADE, related_name="rows")
    key = models.CharField(max_length=200)  # the value of the key column, else a hash of the row
    values = models.JSONField()  # texts, in the order of the columns of the version that added it
    added_in = models.PositiveIntegerField()
    removed_in = models.PositiveIntegerField(null=True, blank=True)  # null = it is there today

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["list", "key"], condition=models.Q(removed_in__isnull=True), name="master_row_once"
            )
        ]
        indexes = [
            models.Index(fields=["list", "id"], name="master_row_today", condition=models.Q(removed_in__isnull=True)),
            models.Index(fields=["list", "removed_in"], name="master_row_removed"),
            models.Index(fields=["list", "added_in"], name="master_row_added"),
        ]

    def __str__(self) -> str:
        return self.key
