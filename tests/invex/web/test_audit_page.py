"""The audit log as an owner reads it."""

from __future__ import annotations

import ast
import csv
import datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

from invex.accounts.roles import Role
from invex.kernel import audit
from invex.kernel.actor import SYSTEM, Actor
from invex.kernel.models import AuditEntry
from invex.web import audit_names
from invex.web.audit import PER_PAGE
from invex.web.sentences import sentence

ROOT = Path(__file__).resolve().parents[3]
ADDRESS = "/p/demo/settings/audit/"
ANN, ERP = Actor("user", "ann"), Actor("token", "erp")
OF_A_PERSON = {"person", "password"}  # in no project, so on no page


@pytest.fixture
def browser(person) -> Client:
    client = Client()
    client.force_login(person(Role.OWNER))
    audit.record(ANN, "review -> approved", "document", 7, project="demo")
    audit.record(ERP, "created", "batch", 3, project="demo", name="March")
    audit.record(SYSTEM, "received -> reading", "document", 7, project="demo")
    audit.record(ANN, "created", "batch", 4, project="other", name="April")
    return client


def shown(browser: Client, query: str = "") -> list[str]:
    """The sentences on the page, the newest first."""
    answer = browser.get(f"{ADDRESS}?{query}")
    assert answer.status_code == 200
    return [row["sentence"] for row in answer.context["rows"]]


def test_changes_are_sentences_and_steps_of_the_machine_are_asked_for(browser) -> None:
    assert shown(browser) == ["opened batch March", "approved document 7"]
    assert shown(browser, "actor=*")[0] == "began to read document 7"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("actor=ann", 1), ("actor=token:erp", 1), ("actor=system:invex", 1), ("action=created", 1), ("subject_type=document", 1),
        ("subject_type=document&subject=7&actor=*", 2), ("subject=8", 0), ("since=2000-01-01&until=2999-01-01", 2), ("until=2000-01-01", 0),
        ("since=2999-01-01", 0),
    ],
)  # fmt: skip
def test_filters(browser, query, count) -> None:
    assert len(shown(browser, query)) == count


def test_a_day_is_whole(browser) -> None:
    AuditEntry.objects.filter(actor="ann").update(at=datetime.datetime(2026, 3, 29, 23, 59, 59, tzinfo=datetime.UTC))
    assert shown(browser, "since=2026-03-29&until=2026-03-29") == ["approved document 7"]


@pytest.mark.parametrize(
    "query", ["since=soon", "until=2026-02-30", "until=9999-12-31", "cursor=x", "cursor=" + "x" * 1001]
)
def test_nonsense_is_said(browser, query) -> None:
    assert browser.get(f"{ADDRESS}?{query}").status_code == 422


def test_pages_follow_each_other_also_while_rows_come(browser) -> None:
    for n in range(PER_PAGE):
        audit.record(ANN, "comment", "document", n, project="demo")
    first = browser.get(f"{ADDRESS}?actor=*")
    audit.record(ANN, "comment", "document", 1000, project="demo")
    second = browser.get(first.context["older"])
    seen = [row["entry"].pk for answer in (first, second) for row in answer.context["rows"]]
    assert len(first.context["rows"]) == PER_PAGE
    assert len(seen) == len(set(seen)) == PER_PAGE + 3
    assert second.context["older"] == ""


def test_the_file_has_what_the_filters_leave_and_no_formula(browser) -> None:
    audit.record(ANN, "created", "token", "=1+1", project="demo", role="viewer")
    answer = browser.get(f"{ADDRESS}file.csv?actor=ann")
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert [row["subject"] for row in rows] == ["'=1+1", "7"]
    assert rows[1]["sentence"] == "approved document 7"


def test_a_document_is_called_by_its_name(browser, receive) -> None:
    document = receive(name="march.pdf")
    page = browser.get(ADDRESS).content.decode()
    assert f'<a href="/p/demo/documents/{document.pk}/">uploaded document march.pdf</a>' in page


# Functions that record for others: which of their arguments is the action, and the type of the subject.
RECORDERS = {("webhooks.py", "_note"): (1, "webhook"), ("services.py", "_announce"): (2, "template")}


def recorded() -> set[tuple[str, str]]:
    """(type of the subject, action) of every call of `record` whose words stand in the code."""
    found = set()
    for path in (p for room in ("invex", "mlops") for p in (ROOT / room).rglob("*.py")):
        text = path.read_text()
        if "audit.record(" not in text and not any(path.name == name and call in text for name, call in RECORDERS):
            continue  # parsing all of the product takes seconds
        for node in ast.walk(ast.parse(text)):
            recorder = RECORDERS.get((path.name, ast.unparse(node.func))) if isinstance(node, ast.Call) else None
            if recorder is not None:
                found.add((recorder[1], ast.literal_eval(node.args[recorder[0]])))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                action, kind = node.args[1], node.args[2]
                actions = [action.body, action.orelse] if isinstance(action, ast.IfExp) else [action]
                if isinstance(kind, ast.Constant) and kind.value not in OF_A_PERSON:
                    found |= {(kind.value, a.value) for a in actions if isinstance(a, ast.Constant)}
    return found


@pytest.mark.parametrize(("kind", "action"), sorted(recorded()))
def test_every_action_of_the_product_has_a_sentence_of_its_own(kind, action) -> None:
    said = sentence(AuditEntry(actor="ann", subject_type=kind, action=action, subject="S", detail={"name": "S"}))
    assert not said.startswith(f"{action}:")


@pytest.mark.parametrize(("kind", "action"), sorted(recorded()))
def test_every_action_and_thing_has_a_name(kind, action) -> None:
    assert action in audit_names.ACTIONS
    assert kind in audit_names.KINDS


def test_filters_say_names_and_keep_codes(browser) -> None:
    audit.record(ANN, "create", "template", "Acme", project="demo")
    page = browser.get(f"{ADDRESS}?action=created")
    offered = {choice.name: (choice.value, is_chosen) for choice, is_chosen in page.context["actions"]}
    assert offered == {
        "made": ("create|created", True),
        "To review → Approved": ("review -> approved", False),
        "Received → Reading": ("received -> reading", False),
    }
    assert shown(browser, "action=create|created") == ["made the template Acme", "opened batch March"]
    assert [row["who"] for row in page.context["rows"]] == ["token erp"]
    assert (
        '<span translate="no" title="review -&gt; approved"><span translate="yes">To review'
        in browser.get(ADDRESS).content.decode()
    )


def moves() -> set[tuple[str, str]]:
    """(type of the subject, new state) of every move that a table of moves allows."""
    tables = {model._meta.model_name: model.MOVES for model in apps.get_models() if hasattr(model, "MOVES")}
    return {(name, to) for name, table in tables.items() for states in table.values() for to in states}


@pytest.mark.parametrize(("kind", "state"), sorted(moves()))
def test_every_move_has_a_sentence_of_its_own(kind, state) -> None:
    entry = AuditEntry(actor="ann", subject_type=kind, action=f"old -> {state}", subject="S", detail={})
    assert "from old to" not in sentence(entry)
    assert kind in audit_names.KINDS
    assert audit_names.action_name(f"{state} -> {state}", kind) != f"{state} → {state}"
