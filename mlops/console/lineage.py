"""Which datasets and builds saw a document: the erase page asks (settings.ERASURE_WITNESSES)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.documents.witnesses import Witness, Witnesses
from mlops.datasets import queries as datasets
from mlops.datasets.models import DatasetVersion
from mlops.registry import queries as builds
from mlops.registry.states import BuildState


def witnesses(access: Access, document: int) -> Witnesses:
    """Name every dataset version that has the document, and every build that was learned from or judged by one."""
    slug = access.project.slug
    versions = list(datasets.saw(access.project, document))
    seen_by = [
        Witness(_("dataset %(name)s") % {"name": _named(row)}, reverse("dataset", args=[slug, row.pk]))
        for row in versions
    ]
    made = builds.builds(access.project).filter(dataset__in=[row.hash for row in versions if row.hash])
    seen_by += [
        Witness(
            _("build %(name)s (its package is deleted already)") % {"name": row.name}
            if row.state == BuildState.EVICTED
            else _("build %(name)s") % {"name": row.name},
            reverse("build", args=[slug, row.name]),
        )
        for row in made.order_by("-id")
    ]
    remedy = None
    if made and access.may(Right.MODELS):
        remedy = Witness(_("Train a build without it"), reverse("run-new", args=[slug]))
    return Witnesses(_("These datasets and builds saw it:"), tuple(seen_by), remedy)


def _named(row: DatasetVersion) -> str:
    return f"{row.name} ({row.hash[:8]})" if row.hash else row.name
