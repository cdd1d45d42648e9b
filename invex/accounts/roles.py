"""Roles and what they may do (FORMATS.md, section 7)."""

from __future__ import annotations

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    REVIEWER = "reviewer", "Reviewer"
    AUTHOR = "author", "Author"
    ML_ADMIN = "ml_admin", "ML admin"
    OWNER = "owner", "Owner"


class Right(StrEnum):
    """One thing that a role may do."""

    READ = "read"
    UPLOAD = "upload"
    REVIEW = "review"  # correct, approve, reject
    TEMPLATES = "templates"
    MODELS = "models"  # datasets, training, builds, deployment
    ADMIN = "admin"  # members, tokens, settings


_REVIEWER = frozenset({Right.READ, Right.UPLOAD, Right.REVIEW})
RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.REVIEWER: _REVIEWER,
    Role.AUTHOR: _REVIEWER | {Right.TEMPLATES},
    Role.ML_ADMIN: _REVIEWER | {Right.MODELS},
    Role.OWNER: frozenset(Right),
}
