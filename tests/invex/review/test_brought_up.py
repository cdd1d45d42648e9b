"""A document that a person has just opened is read with what was learned a moment ago, unless they began to work on it."""

from __future__ import annotations

import pytest
from django.test import Client

from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.extraction import jobs, queries
from invex.review import leases, services
from tests.invex.world import access_to, document_in_review, label_of, run_events, vendor

pytestmark = pytest.mark.django_db
ACME = vendor()


@pytest.fixture(scope="module")
def key_of_held(once) -> int:
    access = access_to("demo", Role.OWNER, name="owner-demo")
    waiting = document_in_review(access, ACME.document(1))
    assert leases.take(access, waiting.pk, "key")
    first = document_in_review(access, ACME.document(0))
    services.confirm(access, first.pk, label_of(ACME.document(0)), may_create_template=True)
    run_events()
    waiting.refresh_from_db()
    assert waiting.template == "", "nobody else changes what a person looks at"
    return waiting.pk


@pytest.fixture
def held(key_of_held) -> Document:
    """A document of a kind that was learned while a person looked at it."""
    return Document.objects.get(pk=key_of_held)


@pytest.fixture
def online(monkeypatch):
    """The online worker, in this process."""
    monkeypatch.setattr(queries, "ask", lambda job, pk, key, **_: jobs.bring_up(pk, key))


def test_whoever_holds_it_sees_what_was_learned(held, online):
    assert queries.brought_up(held, "key")
    held.refresh_from_db()
    assert held.template == ACME.name
    assert not queries.brought_up(held, "key"), "once"


def test_the_page_opens_at_once_and_asks_for_what_was_learned(access, held, online, person):
    leases.release(access, held, "key")
    client, address = Client(), f"/p/demo/documents/{held.pk}/"
    client.force_login(person(Role.REVIEWER))
    assert "/fresh/" in client.get(address).content.decode()
    held.refresh_from_db()
    assert held.template == "", "nobody waited for a worker"
    assert client.get(f"{address}fresh/").headers["HX-Refresh"] == "true"
    page = client.get(address).content.decode()
    assert "/fresh/" not in page
    assert f"<option selected>{ACME.name}</option>" in page


def test_unsaved_work_and_a_lost_lease_keep_it_as_it_is(held, online):
    assert not queries.brought_up(held, "another key")
    type(held).objects.filter(pk=held.pk).update(has_draft=True)
    assert not queries.brought_up(held, "key")
    held.refresh_from_db()
    assert held.template == ""


def test_without_a_worker_the_page_opens_all_the_same(held, no_worker):
    assert not queries.brought_up(held, "key")
