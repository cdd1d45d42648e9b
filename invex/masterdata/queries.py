"""Reads of the master data: lists, their rows and versions, and look-ups in an index that each process keeps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q, QuerySet

from invex.accounts.models import Project
from invex.catalog import queries as catalog
from invex.fields.master_data import MASTER_DATA, columns_of
from invex.fields.spec import TemplateSpec
from invex.kernel.errors import NotFound

from .index import ListIndex, Suggestion
from .models import MasterList, MasterListVersion, MasterRow

INDEXES_KEPT = 32  # lists whose newest version a process keeps in memory

# pk of a list -> when it last changed, and how it was then, indexed
_kept: OrderedDict[int, tuple[datetime, ListIndex]] = OrderedDict()
_lock = threading.Lock()


def lists(project: Project | int) -> QuerySet[MasterList]:
    """Return the project's lists by name."""
    return MasterList.objects.filter(project=project).order_by("name")


def master_list(project: Project | int, name: str) -> MasterList:
    """Return one list. Raises NotFound."""
    found = lists(project).filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no list {name!r} in this project.")
    return found


def rows(row: MasterList) -> QuerySet[MasterRow]:
    """Return what the list holds today, in the order in which it came."""
    return MasterRow.objects.filter(list=row, removed_in__isnull=True).order_by("id")


def versions(row: MasterList) -> QuerySet[MasterListVersion]:
    """Return the versions of the list, the newest first."""
    return MasterListVersion.objects.filter(list=row).order_by("-version")


def version(row: MasterList, number: int) -> MasterListVersion:
    """Return one version. Raises NotFound."""
    found = versions(row).filter(version=number).first()
    if found is None:
        raise NotFound(f"The list {row.name!r} has no version {number}.")
    return found


def rows_in(row: MasterList, number: int) -> QuerySet[MasterRow]:
    """Return what the list held in one of its versions."""
    there = Q(removed_in__isnull=True) | Q(removed_in__gt=number)
    return MasterRow.objects.filter(there, list=row, added_in__lte=number).order_by("id")


def used_by(project: Project | int, name: str) -> list[str]:
    """Return the templates in use that have a rule about the list."""
    return users(project).get(name, [])


def users(project: Project | int) -> dict[str, list[str]]:
    """Return for each list that a rule asks for the templates in use with such a rule."""
    pk = project if isinstance(project, int) else project.pk
    found: dict[str, list[str]] = {}
    for template, spec in catalog.specs(pk).items():
        for name in {rule.params["list"] for rule in spec.rules if rule.kind == MASTER_DATA}:
            found.setdefault(name, []).append(template)
    return found


def look_ups(spec: TemplateSpec) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return for each field that a rule looks up: the list, its column, and column -> field of the rule's others."""
    found: dict[str, tuple[str, str, dict[str, str]]] = {}
    for rule in spec.rules:
        if rule.kind == MASTER_DATA:
            columns = columns_of(rule)
            for key, column in columns.items():
                found.setdefault(key, (rule.params["list"], column, {c: k for k, c in columns.items() if k != key}))
    return found


def index(row: MasterList) -> ListIndex:
    """Return the list as it is now, indexed; kept in this process until it changes."""
    with _lock:
        kept = _kept.get(row.pk)
        if kept is not None and kept[0] == row.updated_at:
            _kept.move_to_end(row.pk)
            return kept[1]
    loaded = ListIndex(row.columns, list(rows(row).values_list("values", flat=True)))
    with _lock:
        _kept[row.pk] = (row.updated_at, loaded)
        _kept.move_to_end(row.pk)
        while len(_kept) > INDEXES_KEPT:
            _kept.popitem(last=False)
    return loaded


def suggestions(
    project: Project | int,
    name: str,
    column: str,
    text: str,
    *,
    others: Mapping[str, str] | None = None,
    limit: int = 5,
) -> list[Suggestion]:
    """Return the rows of a list that `text` may mean (see ListIndex.suggest). Raises NotFound."""
    row = master_list(project, name)
    if column not in row.columns:
        raise NotFound(f"The list {name!r} has no column {column!r}. Columns: {', '.join(row.columns)}.")
    known = {c: v for c, v in (others or {}).items() if c in row.columns}
    return index(row).suggest(column, text, others=known, limit=limit)


class ProjectLists:
    """The project's lists as the checks of a document ask for them (invex.fields.master_data.Lists).

    A list is read when it is first asked for. used: the version of each list that was asked for, 0 = there is none.
    """

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._indexes: dict[str, ListIndex | None] = {}
        self.used: dict[str, int] = {}

    def has(self, name: str, column: str) -> bool:
        found = self._index(name)
        return found is not None and column in found.columns

    def rows_with(self, name: str, column: str, value: str) -> frozenset[int]:
        found = self._index(name)
        return found.rows_with(column, value) if found is not None else frozenset()

    def _index(self, name: str) -> ListIndex | None:
        if name not in self._indexes:
            row = lists(self._project_id).filter(name=name).first()
            self._indexes[name] = index(row) if row is not None else None
            self.used[name] = row.version if row is not None else 0
        return self._indexes[name]


def current_versions(project: Project | int) -> dict[str, int]:
    """Return the version of each list that a rule of a template in use asks for; 0 = there is no such list."""
    pk = project if isinstance(project, int) else project.pk
    asked = {
        rule.params["list"] for spec in catalog.specs(pk).values() for rule in spec.rules if rule.kind == MASTER_DATA
    }
    known = dict(lists(pk).filter(name__in=asked).values_list("name", "version"))
    return {name: known.get(name, 0) for name in sorted(asked)}
