"""What a change of a template would mean for the documents that are confirmed already, before it is saved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from invex.catalog import queries as catalog
from invex.catalog.field_names import field_name
from invex.catalog.models import Template
from invex.documents.models import Document
from invex.fields.confirmed import failures
from invex.fields.labels import Label, label_from_json
from invex.fields.master_data import Lists
from invex.fields.spec import TemplateSpec
from invex.masterdata.queries import ProjectLists
from invex.review import queries as reviews

from .unsaid import added, says

MOST = 500  # confirmed documents that are looked at, the newest: about a second
LONGEST = 60  # characters of a value in a sentence


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes on one confirmed document: checks that would fail, checks that would hold, values not asked for."""

    document: Document
    fails: tuple[str, ...]
    holds: tuple[str, ...]
    loses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """effects: of the documents on which something changes, of `examined` ones; total: confirmed ones.

    unsaid: what is asked for anew, by name, and how many of the examined documents say nothing of it.
    """

    examined: int
    total: int
    effects: tuple[Effect, ...]
    unsaid: tuple[tuple[str, int], ...] = ()


def replay(row: Template, changed: TemplateSpec) -> Replay:
    """Return what would be different on the template's confirmed documents if it asked for `changed`."""
    now = catalog.spec(row)
    lists = ProjectLists(row.project_id)
    labels = reviews.confirmed(row.project_id, template=row.name)
    effects = []
    examined = 0
    new = added(now, changed)
    silent: Counter[str] = Counter()
    for one in labels[:MOST]:
        examined += 1
        silent.update(name for path, name in new if not says(one.label, path))
        label = label_from_json(one.label)
        before, after = _failures(now, label, lists), _failures(changed, label, lists)
        fails = tuple(text for text in after if text not in before)
        holds = tuple(text for text in before if text not in after)
        loses = tuple(_lost(now, changed, label))
        if fails or holds or loses:
            effects.append(Effect(one.document, fails, holds, loses))
    return Replay(examined, labels.count(), tuple(effects), tuple((n, silent[n]) for _, n in new if silent[n]))


def _failures(spec: TemplateSpec, label: Label, lists: Lists) -> tuple[str, ...]:
    """Return the sentences of the checks that fail on what was confirmed, values that are not asked for left out."""
    return tuple(dict.fromkeys(f.message for f in failures(spec, label, lists=lists)))


def _lost(now: TemplateSpec, changed: TemplateSpec, label: Label) -> list[str]:
    lost = []
    for field in now.fields:
        values = label.fields.get(field.key, ())
        if values and changed.field(field.key) is None:
            lost.append(f"{field_name(field.key, field.label)}: {' · '.join(v.value for v in values)[:LONGEST]}")
    columns = {t.key: {c.key for c in t.columns} for t in changed.tables}
    for table in now.tables:
        for column in table.columns:
            filled = sum(column.key in row for row in label.tables.get(table.key, ()))
            if filled and column.key not in columns.get(table.key, set()):
                lost.append(f"{field_name(f'{table.key}.{column.key}', column.label)} ({filled})")
    return lost
