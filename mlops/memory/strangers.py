"""Documents that a person confirmed as of no template: what looks like one of them is unknown again.

A stranger that resembles a template by chance would be mistaken for it again and again; its own look is closer. One
that a person overruled, by giving a template to a document that looks like it and was shown as unknown, is forgotten.
"""

from __future__ import annotations

import hashlib
import json

from django.db.models import QuerySet

from invex.review import queries as reviews
from invex.review.models import ConfirmedLabel
from mlops.learning.templates import TemplateIndex

from . import queries

STRANGERS = "/unknown"  # no template has a slash in its name
MOST = 30  # the newest


def name_of(label: ConfirmedLabel) -> str:
    return f"{STRANGERS}/{label.pk}"


def is_stranger(name: str) -> bool:
    """Say whether a name in the recogniser is a stranger's, not a template's."""
    return name.startswith(f"{STRANGERS}/")


def known(project_id: int) -> list[ConfirmedLabel]:
    """Return the confirmed labels without a template, the newest first."""
    return list(reviews.confirmed(project_id, template="")[:MOST])


def overruling(project_id: int) -> QuerySet[ConfirmedLabel]:
    """Return the newest labels that gave a template to a document that was shown as unknown."""
    return reviews.confirmed(project_id).exclude(template="").filter(extraction__template="")[:MOST]


def digest(project_id: int, build: str) -> str:
    """sha256 of all that `looks` depends on; labels never change."""
    content = [build, [row.pk for row in known(project_id)], [row.pk for row in overruling(project_id)]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def looks(project_id: int) -> TemplateIndex:
    """Return the strangers that nobody overruled, each under a name of its own."""
    later = [(row.pk, queries.sample(row)) for row in overruling(project_id)]
    found = TemplateIndex()
    for row in known(project_id):
        sample = queries.sample(row)
        if sample is None:
            continue
        look = TemplateIndex().with_example(name_of(row), sample.document)
        if not any(pk > row.pk and s is not None and look.match(s.document).name is not None for pk, s in later):
            found = found.with_example(name_of(row), sample.document)
    return found
