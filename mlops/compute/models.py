from __future__ import annotations

from django.db import models


class ComputePolicy(models.Model):
    """When this installation may train: one row for all projects, since they share the machines."""

    # [{"days": [0 = Monday, ...], "from": "20:00", "to": "06:00"}], local time; [] = at any time
    windows = models.JSONField(default=list)
    most_load = models.FloatField(default=1.0)  # what others use of the cores, 1 = all; above it training waits
    changed_by = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "compute policies"

    def __str__(self) -> str:
        return f"{len(self.windows)} windows, load up to {self.most_load:.0%}"
