"""Addresses of retraining, below a project; found by the dotted names in settings.PROJECT_PAGES."""

from __future__ import annotations

from django.urls import path

from . import views

project_pages = [
    path("models/retraining/", views.retraining, name="retraining"),
    path("models/retraining/under-way/", views.under_way, name="retraining-under-way"),
    path("models/retraining/act/", views.act, name="retraining-act"),
    path("models/retraining/now/<str:kind>/", views.evidence, name="retraining-evidence"),
    path("models/retraining/decisions/<int:pk>/", views.decision, name="retraining-decision"),
]
