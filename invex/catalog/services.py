"""Writes of the catalogue. A template's versions stay for ever; a key of the vocabulary has one type."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.fields.spec import BadSpec, LocaleSpec, TemplateSpec
from invex.fields.template_json import template_from_json, template_to_json
from invex.kernel import audit
from invex.kernel.errors import BadInput, Conflict
from invex.kernel.outbox import emit

from . import queries
from .models import Template, TemplateVersion, VocabularyField

TABLE_TYPE = "table"  # how the vocabulary marks the key of a table, so that no field takes it


def create_template(access: Access, data: dict[str, Any]) -> Template:
    """Create the template that `data` describes (FORMATS section 7).

    Raises BadInput when the description is wrong, Conflict when the name is taken or a key has another type.
    """
    access.require(Right.TEMPLATES)
    spec = _parse(data)
    author = str(access.actor)
    with transaction.atomic():
        if Template.objects.filter(project=access.project, name=spec.name).exists():
            raise _name_taken(spec.name)
        _enter_vocabulary(access.project, spec)
        stored = template_to_json(spec)
        try:
            with transaction.atomic():
                row = Template.objects.create(project=access.project, name=spec.name, spec=stored, created_by=author)
        except IntegrityError as e:  # somebody else was first
            raise _name_taken(spec.name) from e
        TemplateVersion.objects.create(template=row, version=1, spec=stored, created_by=author)
        _announce(access, row, "create")
    return row


def update_template(access: Access, name: str, data: dict[str, Any], *, version: int | None = None) -> Template:
    """Replace what template `name` asks for by a new version; a retired template is in use again.

    `version`: the version that the caller edited. Raises NotFound, BadInput, and Conflict when it is no longer the
    newest or a key has another type in the vocabulary. A template keeps its name.
    """
    access.require(Right.TEMPLATES)
    with transaction.atomic():
        row = queries.locked_template(access.project, name)
        spec = _parse({**data, "name": data.get("name") or name})
        if spec.name != name:
            raise BadInput(f"A template keeps its name: send {name!r}, or create a new template {spec.name!r}.")
        if version is not None and version != row.version:
            raise Conflict(
                f"Version {row.version} of {name!r} was saved meanwhile; look at it and save again.",
                yours=version,
                theirs=row.version,
            )
        _enter_vocabulary(access.project, spec, replacing=row)
        stored = template_to_json(spec)
        if stored == row.spec and row.retired_at is None:
            return row
        row.spec, row.version, row.retired_at = stored, row.version + 1, None
        row.save(update_fields=["spec", "version", "retired_at", "updated_at"])
        TemplateVersion.objects.create(template=row, version=row.version, spec=stored, created_by=str(access.actor))
        _announce(access, row, "update", version=row.version)
    return row


def remove_template(access: Access, name: str) -> bool:
    """Delete template `name`, or retire it when a document was read with it. Return True when it is gone for good.

    Raises NotFound.
    """
    access.require(Right.TEMPLATES)
    with transaction.atomic():
        row = queries.locked_template(access.project, name)
        if queries.is_used(row):
            if row.retired_at is None:
                row.retired_at = timezone.now()
                row.save(update_fields=["retired_at", "updated_at"])
                _announce(access, row, "retire")
            return False
        _announce(access, row, "delete")
        row.delete()
    return True


def learn_locale(row: Template, found: LocaleSpec) -> bool:
    """Remember how the template's confirmed documents write dates and numbers. Return True when that was news."""
    news = {"date_order": found.date_order, "decimal": found.decimal}
    learned = {**row.learned_locale, **{k: v for k, v in news.items() if v is not None}}
    if learned == row.learned_locale:
        return False
    row.learned_locale = learned
    row.save(update_fields=["learned_locale", "updated_at"])
    return True


def _parse(data: dict[str, Any]) -> TemplateSpec:
    try:
        return template_from_json(data)
    except BadSpec as e:
        raise BadInput(str(e), code="bad_template") from e


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is a template {name!r} already; choose another name, or edit that one.", code="name_taken")


def _entries(spec: TemplateSpec) -> dict[str, tuple[str, str]]:
    """Return key -> (type, label) of everything that the template asks for."""
    found = {f.key: (f.type, f.label) for f in spec.fields}
    for table in spec.tables:
        found[table.key] = (TABLE_TYPE, "")
        found.update({f"{table.key}.{c.key}": (c.type, c.label) for c in table.columns})
    return found


def _enter_vocabulary(project: Project, spec: TemplateSpec, *, replacing: Template | None = None) -> None:
    """Add the template's keys to the vocabulary. Raises Conflict when a key has another type there.

    The type of a key may change as long as only `replacing` asks for it and nothing was read with that template.
    """
    wanted = _entries(spec)
    known = queries.vocabulary(project, wanted)
    differing = {k: known[k] for k, (kind, _) in wanted.items() if known.get(k, kind) != kind}
    if differing and not (replacing is not None and _is_alone_with(replacing, differing)):
        conflicts = [{"key": k, "type": t, "wanted": wanted[k][0]} for k, t in sorted(differing.items())]
        first = conflicts[0]
        raise Conflict(
            f"{first['key']!r} has the type {first['type']} in this project, not {first['wanted']}; "
            "use that type or another key.",
            code="type_conflict",
            conflicts=conflicts,
        )
    for key in differing:
        VocabularyField.objects.filter(project=project, key=key).update(type=wanted[key][0])
    VocabularyField.objects.bulk_create(
        VocabularyField(project=project, key=key, type=kind, label=label)
        for key, (kind, label) in wanted.items()
        if key not in known
    )


def _is_alone_with(row: Template, keys: dict[str, str]) -> bool:
    if queries.is_used(row):
        return False
    others = queries.templates(row.project, with_retired=True).exclude(pk=row.pk)
    return not any(set(keys) & set(_entries(queries.spec(other))) for other in others)


def _announce(access: Access, row: Template, action: str, **detail: Any) -> None:
    project = access.project.slug
    audit.record(access.actor, action, "template", row.name, project=project, **detail)
    emit("template.changed", row.pk, project=project, template=row.name)
