"""Addresses of the automation, below a project; found by the dotted names in settings.PROJECT_PAGES."""

from __future__ import annotations

from django.urls import path

from . import views

project_pages = [
    path("settings/automation/", views.automation, name="automation"),
    path("settings/automation/switch/", views.switch, name="automation-switch"),
]
