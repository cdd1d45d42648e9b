"""Every address as everybody: each row of `access_table.py` (which says how to add one) is asked by everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from invex.accounts.roles import RIGHTS, Right, Role
from invex.api import api
from invex.kernel.models import AuditEntry
from invex.urls import project_pages

from .access_table import FILE, OPERATIONS, PAGES, Door, Row
from .access_world import MARKER, PDF, STRANGER, World

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Answers = dict[str, int | str]


def _names(patterns: list[Any], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name}"


# Operation id -> method and path, e.g. "get_batch": ("GET", "/api/v1/batches/{id}").
ALL_OPERATIONS: dict[str, tuple[str, str]] = {
    operation["operationId"]: (method.upper(), path)
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method, operation in operations.items()
}
ALL_PAGES = set(_names(get_resolver().url_patterns)) - {f"api:{name}" for name in ALL_OPERATIONS}
IN_A_PROJECT = {str(p.name) for p in project_pages if isinstance(p, URLPattern)}


@pytest.fixture(autouse=True)
def data_dir() -> None:
    """The blobs are those of the world."""


@pytest.fixture(autouse=True)
def no_redis(run_jobs: Any) -> None:
    """Nobody waits for a worker."""
    run_jobs.is_away = True


def test_every_address_has_a_row() -> None:
    assert {row.name for row in PAGES} == ALL_PAGES, "see the docstring of access_table.py"
    assert {row.name for row in OPERATIONS} == set(ALL_OPERATIONS), "see the docstring of access_table.py"


@pytest.mark.parametrize("row", [r for r in PAGES if r.name in IN_A_PROJECT], ids=str)
def test_a_page_of_a_project(row: Row, world: World) -> None:
    here, at_home = _page(row, world, "demo"), _page(row, world, "other")
    answers = {
        "nobody": _ask(world, world.browser(None), row, here),
        "a program": _ask(world, world.program(Role.OWNER), row, here),
        "stranger": _ask(world, world.browser(STRANGER), row, here),
        "stranger at home": _ask(world, world.browser(STRANGER), row, at_home),
    } | {role: _ask(world, world.browser(role), row, here) for role in Role.values}
    assert answers == {
        "nobody": "login",
        "a program": "login",
        "stranger": 404,
        "stranger at home": row.answer_elsewhere,
    } | _by_role(row)


@pytest.mark.parametrize("row", [r for r in PAGES if r.name not in IN_A_PROJECT], ids=str)
def test_a_page_outside_of_the_projects(row: Row, world: World) -> None:
    assert isinstance(row.needs, Door)
    address = reverse(row.name, args=_arguments(row, world))
    people = [STRANGER, *Role.values]
    answers = {
        "nobody": _ask(world, world.browser(None), row, address),
        "a program": _ask(world, world.program(Role.OWNER), row, address),
    } | {who: _ask(world, world.browser(who), row, address) for who in people}
    unknown = row.answer if row.needs is Door.OPEN else "login"
    assert answers == {"nobody": unknown, "a program": unknown} | dict.fromkeys(people, row.answer)


@pytest.mark.parametrize("row", OPERATIONS, ids=str)
def test_an_operation(row: Row, world: World) -> None:
    method, path = ALL_OPERATIONS[row.name]
    for argument in _arguments(row, world):
        before, _, after = path.partition("{")
        path = f"{before}{argument}{after.partition('}')[2]}"
    assert "{" not in path, f"{row.name} has more arguments"
    answers = {
        "nobody": _ask(world, Client(), row, path, method),
        "a cookie": _ask(world, world.browser(Role.OWNER), row, path, method),
        "stranger": _ask(world, world.program(STRANGER), row, path, method),
    } | {role: _ask(world, world.program(role), row, path, method) for role in Role.values}
    assert answers == {"nobody": 401, "a cookie": 401, "stranger": row.answer_elsewhere} | _by_role(row)


def test_the_dashboard_of_a_project_without_documents_counts_none(world: World) -> None:
    answer = world.browser(STRANGER).get(reverse("dashboard", args=["other"]))
    counted = {name: answer.context[name] for name in ("total", "waiting", "working", "approved_week")}
    counted |= answer.context["by_whom"]
    assert set(counted.values()) == {0}
    assert not any(answer.context["counts"].values())
    assert (answer.context["oldest"], list(answer.context["failures"])) == ("", [])
    assert list(answer.context["by_template"]) == []
    figures = world.browser(STRANGER).get(reverse("dashboard-csv", args=["other"]), {"chart": "received"})
    rows = [line.split(",")[1:] for line in figures.content.decode().splitlines()[1:]]
    assert {value for row in rows for value in row} <= {"0", ""}
    assert rows


@pytest.mark.parametrize("name", sorted(IN_A_PROJECT))
def test_a_page_takes_no_method_that_has_no_row(name: str, world: World) -> None:
    rows = [row for row in PAGES if row.name == name]
    others = set(METHODS) - {row.method for row in rows}
    address = _page(rows[0], world, "demo")
    answers = {method: world.browser(Role.OWNER).generic(method, address).status_code for method in others}
    assert answers == dict.fromkeys(others, 405)


def _by_role(row: Row) -> Answers:
    assert isinstance(row.needs, Right)
    return {role: row.answer if row.needs in RIGHTS[role] else 403 for role in Role.values}


def _page(row: Row, world: World, project: str) -> str:
    return reverse(row.name, args=[project, *_arguments(row, world)])


def _arguments(row: Row, world: World) -> list[int | str]:
    return [world.ids[one] if isinstance(one, str) else one for one in row.arguments]


def _ask(world: World, client: Client, row: Row, path: str, method: str | None = None) -> int | str:
    """Send the request of `row`, undo what it changed, and return the status; "login" for the way there.

    method: of an operation, whose body is JSON. Whoever is refused, or is at home elsewhere, sees nothing of demo, and
    whoever is refused has changed nothing. Whoever may, has left an audit row.
    """
    body = {key: _filled(value, world) for key, value in row.body.items()}
    has_file = any(isinstance(value, SimpleUploadedFile) for value in body.values())
    address = f"{path}?{_filled(row.query, world)}" if row.query else path
    changes_something = row.audited and isinstance(row.needs, Right) and (method or row.method) != "GET"
    stranger = f"Bearer {world.tokens[STRANGER]}"
    home = "other" if path.startswith("/p/other/") or client.defaults.get("HTTP_AUTHORIZATION") == stranger else "demo"
    before, before_elsewhere = _changes(home)
    with transaction.atomic():
        if method is not None and not has_file:
            answer: Any = client.generic(method, address, json.dumps(body), content_type="application/json")
        else:
            answer = client.get(address) if row.method == "GET" and not body else client.post(address, body)
        seen = b"".join(answer.streaming_content) if answer.streaming else answer.content
        is_login = answer.status_code == 302 and answer["Location"].startswith("/login/?next=")
        after, after_elsewhere = _changes(home)
        if is_login or answer.status_code in (401, 403, 404):
            assert after == before, f"{answer.status_code}, and yet something has changed"
            assert MARKER.encode() not in seen
        assert after_elsewhere == before_elsewhere, "a change in another project"
        if home == "other":
            assert MARKER.encode() not in seen
        elif changes_something and not is_login and answer.status_code < 400:
            assert after > before, "a change without an audit row"
        transaction.set_rollback(True)
    return "login" if is_login else answer.status_code


def _changes(home: str) -> tuple[int, int]:
    """Return how many changes were written down, and how many of them in other projects than `home`."""
    table = AuditEntry._meta.db_table
    with connection.cursor() as cursor:  # it is asked thousands of times, and the ORM would take longer than the answer
        cursor.execute(f"SELECT count(*), count(*) FILTER (WHERE project NOT IN (%s, '')) FROM {table}", [home])
        everywhere, elsewhere = cursor.fetchone()
    return everywhere, elsewhere


def _filled(value: Any, world: World) -> Any:
    """`value` with an upload for FILE, and ids of the world for what begins with "$"."""
    if value == FILE:
        return SimpleUploadedFile("new.pdf", PDF)
    if isinstance(value, list):
        return [_filled(one, world) for one in value]
    if isinstance(value, str):
        for name, pk in world.ids.items():
            value = value.replace(f"${name}", str(pk))
        assert "$" not in value, f"{value}: MAKERS of access_world.py has no such row"
    return value
