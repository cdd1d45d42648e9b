"""Writes of the studio: a template, or a change of it, and an example, at once."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.catalog.models import Template
from invex.catalog.services import create_template, update_template
from invex.documents.models import Document
from invex.fields.template_json import template_to_json
from invex.kernel.errors import BadInput, Conflict
from invex.review import leases
from invex.review.services import confirm

from .design import Design


def save(
    access: Access,
    document: Document,
    design: Design,
    *,
    version: int | None,
    edited: Template | None = None,
    edited_version: int | None = None,
) -> Template:
    """Create the template that was drawn, or change `edited`, and confirm its sample as an example.

    version, edited_version: of the document and of the template that the page was made of. Raises NotAllowed, BadInput
    for what was not understood, and Conflict when the name is taken, a key has another type, somebody has changed the
    template meanwhile, or is at the document or has decided it.
    """
    access.require(Right.TEMPLATES)
    if design.errors:
        named = "; ".join(f"{label}: {text}" for label, text in design.errors.items())
        raise BadInput(_("Some values are not understood: %(named)s") % {"named": named}, code="bad_values")
    if not design.spec.fields and not design.spec.tables:
        raise BadInput(_("Click a value on the page first: a template asks for at least one field."), code="no_fields")
    holder = leases.holder(document)
    if holder not in ("", str(access.actor)):
        raise Conflict(_("%(holder)s is at this document; ask them to leave it.") % {"holder": holder}, code="held")
    with transaction.atomic():
        data = template_to_json(design.spec)
        if edited is None:
            row = create_template(access, data)
        else:
            row = update_template(access, edited.name, data, version=edited_version)
        confirm(access, document.pk, design.label, version=version)
    return row
