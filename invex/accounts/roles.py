"""Roles and what they may do (FORMATS.md, section 7)."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    VIEWER = "viewer", gettext_lazy("Viewer")
    REVIEWER = "reviewer", gettext_lazy("Reviewer")
    AUTHOR = "author", gettext_lazy("Author")
    ML_ADMIN = "ml_admin", gettext_lazy("ML admin")
    OWNER = "owner", gettext_lazy("Owner")


MEANINGS: dict[str, str | Promise] = {
    Role.VIEWER: gettext_lazy("reads"),
    Role.REVIEWER: gettext_lazy("also uploads, corrects, approves"),
    Role.AUTHOR: gettext_lazy("a reviewer who also makes templates"),
    Role.ML_ADMIN: gettext_lazy("a reviewer who also trains and deploys models"),
    Role.OWNER: gettext_lazy("everything, and members, tokens, settings"),
}


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
