from __future__ import annotations

from django.db import models

from invex.accounts.models import Project


class Promise(models.Model):
    """At most so many of a template's automatically approved documents are wrong; and what came of it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="promises")
    template = models.CharField(max_length=200)  # its name
    is_wanted = models.BooleanField(default=False)  # the switch
    promised_error = models.FloatField()  # share of the documents, (0, 1)
    audited = models.FloatField()  # share of what passes that a person looks at all the same
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField(auto_now=True)

    # What the looks are about: other builds or another version of the template begin anew.
    builds = models.JSONField(default=list)
    version = models.PositiveIntegerField(null=True, blank=True)
    looks = models.PositiveSmallIntegerField(default=0)
    next_look = models.PositiveIntegerField(default=0)  # confirmed documents

    # What the last look said that allowed anything.
    threshold = models.FloatField(null=True, blank=True)  # null = not enough evidence yet
    confirmed = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(null=True, blank=True)  # audits from then on judge it

    considered_at = models.DateTimeField(null=True, blank=True)  # evidence and audits were last looked through

    stopped_at = models.DateTimeField(null=True, blank=True)  # audits broke the promise; a person may begin anew
    stopped_why = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "template"], name="promise_once")]

    def __str__(self) -> str:
        return f"at most {self.promised_error:.1%} of {self.template} wrong"
