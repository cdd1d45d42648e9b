"""Writes of export layouts."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.kernel import audit
from invex.kernel.errors import BadInput, Conflict, NotFound

from . import export_queries as queries
from .layouts import Layout, checked, layout_to_json
from .models import ExportLayout

MAX_NAME = 100


@transaction.atomic
def save_layout(
    access: Access, *, name: str, template: str, layout: Layout, row: ExportLayout | None = None
) -> ExportLayout:
    """Save a layout under a name; row: the one that is changed. Exports that were asked for keep the old one.

    Raises BadInput that says what to change, Conflict when the name is taken.
    """
    access.require(Right.TEMPLATES)
    if row is not None and row.project_id != access.project.pk:
        raise NotFound(_("There is no such export layout in this project."))
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or name.startswith(queries.LINES):
        raise BadInput(
            _("Give the layout a name of at most %(n)d characters, which does not begin with “%(prefix)s”.")
            % {"n": MAX_NAME, "prefix": queries.LINES},
            code="bad_name",
        )
    spec = layout_to_json(checked(layout, queries.sources(access.project, template, rows=layout.rows)))
    row = row or ExportLayout(project=access.project)
    is_new = row.pk is None
    row.name, row.template, row.spec, row.created_by = name, template, spec, str(access.actor)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as e:
        raise Conflict(
            _("There is a layout “%(name)s” already; choose another name, or change that one.") % {"name": name},
            code="name_taken",
        ) from e
    action = "created" if is_new else "changed"
    audit.record(access.actor, action, "export layout", row.pk, project=access.project.slug, name=name, spec=spec)
    return row


@transaction.atomic
def delete_layout(access: Access, row: ExportLayout) -> None:
    """Forget a layout. Exports that were asked for keep it."""
    access.require(Right.TEMPLATES)
    if row.project_id != access.project.pk:
        raise NotFound(_("There is no such export layout in this project."))
    audit.record(access.actor, "deleted", "export layout", row.pk, project=access.project.slug, name=row.name)
    row.delete()
