"""Addresses of the monitoring, below a project; found by the dotted names in settings.PROJECT_PAGES."""

from __future__ import annotations

from django.urls import path

from . import views

project_pages = [
    path("monitoring/", views.overview, name="monitoring"),
    path("monitoring/work/", views.working, name="monitoring-work"),
    path("monitoring/drift/", views.drifted, name="monitoring-drift"),
    path("monitoring/hardware/", views.hardware, name="monitoring-hardware"),
    path("monitoring/documents/", views.point, name="monitoring-documents"),
    path("monitoring/<slug:name>.csv", views.chart_file, name="monitoring-file"),
]
