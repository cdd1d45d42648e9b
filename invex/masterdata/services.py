"""Writes of the master data. A list changes as a whole and at once: its next version, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.fields.spec import KEY
from invex.kernel import audit
from invex.kernel.errors import BadInput, Conflict, NotFound
from invex.kernel.outbox import emit

from . import queries
from .csv_file import LONGEST_CELL, MOST_ROWS, Problems, Table, check_columns
from .models import MasterList, MasterListVersion, MasterRow

LONGEST_KEY = 200
CHUNK = 500  # rows a statement: SQLite limits the variables of one
REST = "REST"


def replace(
    access: Access, name: str, table: Table, *, key_column: str | None = None, source: str = REST
) -> MasterListVersion:
    """Make `table` what the list `name` holds, as its next version; the list is made when it is not there.

    key_column: what identifies a row, "" = the whole row; None = as it was, for a new list its first column where
    that differs on every row. The same content again is no new version. Raises BadInput with the lines that are wrong.
    """
    access.require(Right.TEMPLATES)
    _require_name(name)
    check_columns(table.columns)
    with transaction.atomic():
        row = _locked(access, name, table.columns)
        key = _key_column(row, table, key_column)
        wanted = _keyed(table, key)
        is_same_shape = row.columns == list(table.columns) and row.key_column == key
        held = dict(queries.rows(row).values_list("key", "pk"))
        values = dict(queries.rows(row).values_list("key", "values")) if is_same_shape else {}
        new = {k: v for k, v in wanted.items() if values.get(k) != list(v)}
        gone = [pk for k, pk in held.items() if k not in wanted or k in new or not is_same_shape]
        if row.version and is_same_shape and not new and not gone:
            return queries.version(row, row.version)
        row.columns, row.key_column = list(table.columns), key
        return _next_version(access, row, new, gone, table, source)


def upsert(access: Access, name: str, rows: Sequence[Mapping[str, str]]) -> MasterListVersion:
    """Add rows, or change those with the same key; a column that a row leaves out keeps its value, or is empty.

    Raises NotFound, BadInput.
    """
    access.require(Right.TEMPLATES)
    with transaction.atomic():
        row = _existing(access, name)
        if not row.key_column:
            raise BadInput(f"Rows of {name!r} have no key: replace the list as a whole.", code="no_key")
        cleaned = [{column: " ".join(value.split()) for column, value in sent.items()} for sent in rows]
        _require_columns(row, cleaned)
        merged = {r.key: dict(zip(row.columns, r.values, strict=True)) for r in _with_keys(row, _keys(row, cleaned))}
        for key, sent in zip(_keys(row, cleaned), cleaned, strict=True):
            merged[key] = merged.get(key, {}) | sent
        values = (tuple(merged[key].get(c, "") for c in row.columns) for key in dict.fromkeys(_keys(row, cleaned)))
        table = Table(tuple(row.columns), tuple(values))
        wanted = _keyed(table, row.key_column)
        before = {r.key: r for r in _with_keys(row, wanted)}
        new = {k: v for k, v in wanted.items() if k not in before or before[k].values != list(v)}
        if not new:
            return queries.version(row, row.version)
        if row.row_count + len(new) - len(before) > MOST_ROWS:
            raise BadInput(f"A list holds at most {MOST_ROWS} rows.", code="bad_list")
        return _next_version(access, row, new, [before[k].pk for k in new if k in before], table, REST)


def remove_rows(access: Access, name: str, keys: Sequence[str]) -> MasterListVersion:
    """Take the rows with these keys out of the list. Raises NotFound, also when one of them is not there."""
    access.require(Right.TEMPLATES)
    with transaction.atomic():
        row = _existing(access, name)
        found = {r.key: r.pk for r in _with_keys(row, keys)}
        missing = next((k for k in keys if k not in found), None)
        if missing is not None:
            raise NotFound(f"The list {name!r} has no row {missing!r}.")
        return _next_version(access, row, {}, list(found.values()), Table(tuple(row.columns), ()), REST)


def delete(access: Access, name: str) -> None:
    """Delete the list with all its versions. Raises NotFound, Conflict while a template has a rule about it."""
    access.require(Right.TEMPLATES)
    with transaction.atomic():
        row = _existing(access, name)
        users = queries.used_by(access.project, name)
        if users:
            raise Conflict(f"Rules of {', '.join(users)} ask for {name!r}; change them first.", code="in_use")
        row.delete()
        audit.record(access.actor, "delete", "list", name, project=access.project.slug)


def _require_name(name: str) -> None:
    if not KEY.fullmatch(name):
        raise BadInput(f"{name!r} is no name of a list: use lower-case letters, digits and _.", code="bad_name")


def _existing(access: Access, name: str) -> MasterList:
    return MasterList.objects.select_for_update().get(pk=queries.master_list(access.project, name).pk)


def _locked(access: Access, name: str, columns: Sequence[str]) -> MasterList:
    try:
        with transaction.atomic():
            row, _ = MasterList.objects.get_or_create(
                project=access.project, name=name, defaults={"columns": list(columns)}
            )
    except IntegrityError:  # somebody else was first
        row = queries.master_list(access.project, name)
    return MasterList.objects.select_for_update().get(pk=row.pk)


def _key_column(row: MasterList, table: Table, wanted: str | None) -> str:
    if wanted is None and row.version:
        wanted = row.key_column
    if wanted is None:
        first = [values[0] if values else "" for values in table.rows]
        is_unique = len(set(first)) == len(first) and all(0 < len(v) <= LONGEST_KEY for v in first)
        return table.columns[0] if is_unique else ""
    if wanted and wanted not in table.columns:
        raise BadInput(
            f"There is no column {wanted!r} to tell rows apart by; columns: {', '.join(table.columns)}.", code="bad_key"
        )
    return wanted


def _keyed(table: Table, key_column: str) -> dict[str, tuple[str, ...]]:
    """Return the rows by key. Raises BadInput with the lines whose key or values are wrong."""
    at = table.columns.index(key_column) if key_column else None
    problems = Problems()
    found: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    for number, values in enumerate(table.rows):
        line = table.lines[number] if table.lines else number + 1
        if len(values) != len(table.columns):
            problems.add(line, f"{len(values)} values, but {len(table.columns)} columns")
            continue
        long = next((c for c, v in zip(table.columns, values) if len(v) > LONGEST_CELL or "\0" in v), None)
        key = values[at] if at is not None else _hash(values)
        if long is not None:
            problems.add(line, f"{long}: at most {LONGEST_CELL} characters")
        elif not key or len(key) > LONGEST_KEY:
            problems.add(line, f"{key_column} tells rows apart and needs 1 to {LONGEST_KEY} characters")
        elif key in found and at is not None:
            problems.add(line, f"{key_column} {key!r} is on line {lines[key]} already")
        else:
            found[key] = values
            lines[key] = line
    problems.raise_if_any()
    return found


def _hash(values: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _with_keys(row: MasterList, keys: Iterable[str]) -> list[MasterRow]:
    wanted = list(keys)
    chunks = (wanted[i : i + CHUNK] for i in range(0, len(wanted), CHUNK))
    return [found for chunk in chunks for found in queries.rows(row).filter(key__in=chunk)]


def _keys(row: MasterList, rows: Sequence[Mapping[str, str]]) -> list[str]:
    return [sent.get(row.key_column, "") for sent in rows]


def _require_columns(row: MasterList, rows: Sequence[Mapping[str, str]]) -> None:
    problems = Problems()
    for number, sent in enumerate(rows, start=1):
        unknown = next((column for column in sent if column not in row.columns), None)
        if unknown is not None:
            problems.add(number, f"there is no column {unknown!r}; columns: {', '.join(row.columns)}")
    problems.raise_if_any()


def _next_version(
    access: Access, row: MasterList, new: Mapping[str, tuple[str, ...]], gone: list[int], table: Table, source: str
) -> MasterListVersion:
    """Write what changes; call it in the transaction that holds the list."""
    row.version += 1
    for start in range(0, len(gone), CHUNK):
        MasterRow.objects.filter(pk__in=gone[start : start + CHUNK]).update(removed_in=row.version)
    MasterRow.objects.bulk_create(
        (MasterRow(list=row, key=key, values=list(values), added_in=row.version) for key, values in new.items()),
        batch_size=CHUNK,
    )
    row.row_count = queries.rows(row).count()
    row.updated_at = timezone.now()
    row.save()
    made = MasterListVersion.objects.create(
        list=row,
        version=row.version,
        columns=row.columns,
        source=source,
        encoding=table.encoding,
        delimiter=table.delimiter,
        row_count=row.row_count,
        added=len(new),
        removed=len(gone),
        created_by=str(access.actor),
    )
    project = access.project.slug
    figures: dict[str, Any] = {"version": row.version, "rows": row.row_count, "added": len(new), "removed": len(gone)}
    audit.record(access.actor, "change", "list", row.name, project=project, source=source, **figures)
    emit("masterdata.changed", row.pk, project=project, list=row.name, **figures)
    return made
