from __future__ import annotations

from django.db import models

from invex.accounts.models import Project


class VocabularyField(models.Model):
    """A field of the project's vocabulary: the same key always has the same type, in every template."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="vocabulary")
    key = models.CharField(max_length=130)  # of a field, of a table, or "table.column"
    type = models.CharField(max_length=16)
    label = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="vocabulary_key_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.type}"


class Template(models.Model):
    """A kind of document. What it asks for is its newest version; a template in use is retired, not deleted."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=200)
    spec = models.JSONField()  # as invex.fields.template_json writes it: fields, tables, rules, locale
    learned_locale = models.JSONField(default=dict)  # from confirmed documents: {"date_order", "decimal"}
    version = models.PositiveIntegerField(default=1)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="template_name_once")]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template asked for at some time; never changed, never rewound."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    spec = models.JSONField()
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "version"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template} v{self.version}"
