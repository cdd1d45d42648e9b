from __future__ import annotations

from django.db import models


class ComputePolicy(models.Model):
    """When this installation may train: one row for all projects, since they share the machines."""

    # [{"days": [0 = Monday, ...], "from": "20:00", "to": "06:00"}], local time; [] = at any time
    windows = models.JSONField(default=list)
    most_load = models.FloatField(default=1.0)  # what others use of the cores, 1 = all; above it training waits
    gpu_share = models.FloatField(default=0.0)  # of the GPUs that are seen, training holds at once; 0 = it uses none
    gpu_free_mb = models.PositiveIntegerField(default=4096)  # free memory that a GPU must have to be taken
    gpu_others_mb = models.PositiveIntegerField(default=1024)  # memory of others above which a GPU is theirs
    changed_by = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "compute policies"

    def __str__(self) -> str:
        return f"{len(self.windows)} windows, load up to {self.most_load:.0%}, GPUs up to {self.gpu_share:.0%}"


class Gpu(models.Model):
    """A GPU that some host has seen, how it was then, and the lease on it.

    Its uuid is that of the hardware: two hosts (containers, virtual machines) that see the same GPU share this row, and
    whoever moves `holder` by compare-and-swap has it.
    """

    uuid = models.CharField(max_length=100, unique=True)
    host = models.CharField(max_length=200)  # that looked last
    index = models.PositiveSmallIntegerField()  # on that host
    name = models.CharField(max_length=200)
    memory_mb = models.PositiveIntegerField()
    free_mb = models.PositiveIntegerField()
    utilisation = models.FloatField()  # [0, 1]
    others_mb = models.PositiveIntegerField(default=0)  # held by processes that are not the looking process's own
    others = models.PositiveSmallIntegerField(default=0)  # such processes
    seen_at = models.DateTimeField()

    holder = models.CharField(max_length=64, blank=True)  # secret of the lease; "" = nobody has it
    holder_host = models.CharField(max_length=200, blank=True)
    run = models.PositiveBigIntegerField(null=True, blank=True)  # training run that computes on it
    project = models.CharField(max_length=100, blank=True)  # short name of that run's project
    leased_until = models.DateTimeField(null=True, blank=True)
    leased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.uuid}"
