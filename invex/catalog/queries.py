"""Reads of the catalogue: templates, what they ask for, and the project's vocabulary."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.db.models import QuerySet

from invex.accounts.models import Project
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.fields.spec import FIELD_TYPES, FieldSpec, LocaleSpec, TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.fields.template_json import template_from_json
from invex.kernel.errors import NotFound

from .models import Template, VocabularyField


def templates(project: Project, *, with_retired: bool = False) -> QuerySet[Template]:
    """Return the project's templates by name."""
    rows = Template.objects.filter(project=project).order_by("name")
    return rows if with_retired else rows.filter(retired_at__isnull=True)


def template(project: Project, name: str) -> Template:
    """Return one template, also a retired one. Raises NotFound."""
    found = Template.objects.filter(project=project, name=name).first()
    if found is None:
        raise NotFound(f"There is no template {name!r} in this project.")
    return found


def locked_template(project: Project, name: str) -> Template:
    """Return one template for this transaction alone to change. Raises NotFound."""
    return Template.objects.select_for_update().get(pk=template(project, name).pk)


def asked(row: Template) -> TemplateSpec:
    """Return what the template asks for, as its author wrote it."""
    return template_from_json(row.spec)


def spec(row: Template) -> TemplateSpec:
    """Return what the template asks for; where it leaves the locale open, as it was learned from its documents."""
    written, learned = asked(row), row.learned_locale
    locale = LocaleSpec(
        written.locale.date_order or learned.get("date_order"), written.locale.decimal or learned.get("decimal")
    )
    return replace(written, locale=locale)


def asked_since(row: Template) -> dict[str, datetime.datetime]:
    """Return since when the template asks for what it asks for now, and did not from its beginning.

    By the key of a field or table, and "table.column"; labels from before say nothing of it.
    """
    since: dict[str, datetime.datetime] = {}
    before: frozenset[str] | None = None
    for written, made_at in row.versions.order_by("version").values_list("spec", "created_at"):
        now = frozenset(_paths(template_from_json(written)))
        if before is not None:
            since = {path: at for path, at in since.items() if path in now} | dict.fromkeys(now - before, made_at)
        before = now
    return since


def _paths(spec: TemplateSpec) -> Iterator[str]:
    yield from (field.key for field in spec.fields)
    for table in spec.tables:
        yield from (table.key, *(f"{table.key}.{column.key}" for column in table.columns))


def specs(project_id: int) -> dict[str, TemplateSpec]:
    """Return what the project's templates in use ask for, by name."""
    rows = Template.objects.filter(project=project_id, retired_at__isnull=True).order_by("name")
    return {row.name: spec(row) for row in rows}


def is_used(row: Template) -> bool:
    """Say whether a document of the project was read or confirmed as this template."""
    return Document.objects.filter(project=row.project_id, template=row.name).exists()


def newest_to_draw(row: Template) -> Document | None:
    """Return the document on which the studio can change the template: the newest that waits as it, else approved."""
    rows = Document.objects.filter(project=row.project_id, template=row.name).order_by("-pk")
    states = (DocumentState.REVIEW, DocumentState.APPROVED)
    return next((found for state in states if (found := rows.filter(state=state).first()) is not None), None)


def vocabulary(project: Project, keys: Iterable[str] | None = None) -> dict[str, str]:
    """Return key -> type of the project's fields; a column of a table has the key "table.column"."""
    rows = VocabularyField.objects.filter(project=project).order_by("key")
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    return dict(rows.values_list("key", "type"))


def offered(project: Project) -> tuple[list[FieldSpec], dict[str, list[FieldSpec]]]:
    """Return the fields, and by the key of their table the columns, that the project knows by name.

    They are its own and the standard ones; a table that no template asks for any more is still known.
    """
    rows = VocabularyField.objects.filter(project=project, type__in=FIELD_TYPES).order_by("key")
    own = {row.key: FieldSpec(row.key.partition(".")[2] or row.key, row.type, row.label) for row in rows}
    fields = {f.key: f for f in STANDARD_FIELDS} | {k: f for k, f in own.items() if "." not in k}
    tables: dict[str, dict[str, FieldSpec]] = {LINE_ITEMS.key: {c.key: c for c in LINE_ITEMS.columns}}
    for key, field in own.items():
        table, is_column, _ = key.partition(".")
        if is_column:
            tables.setdefault(table, {})[field.key] = field
    return list(fields.values()), {table: list(columns.values()) for table, columns in tables.items()}
