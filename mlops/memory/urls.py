"""Addresses of the memory, below a project; found by the dotted names in settings.PROJECT_PAGES."""

from __future__ import annotations

from django.urls import path

from . import views

project_pages = [path("examples/<int:label>/", views.decide, name="example-decide")]
