"""A promise comes into force by evidence, is deployed, is audited, and ends when the audits refute it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invex.accounts.models import User
from invex.accounts.roles import Role
from invex.extraction import halts
from invex.kernel.errors import BadInput, NotAllowed
from mlops.automation import jobs, queries, services
from mlops.automation.models import Promise
from mlops.deployment import queries as deployments
from mlops.learning.sequential import first_look

pytestmark = pytest.mark.django_db
PROMISED = 0.2  # takes 14 documents
NEEDED = first_look(PROMISED)


@pytest.fixture
def promise(access, template) -> Promise:
    return services.make_promise(access, "Acme", is_wanted=True, promised_error=PROMISED, audited=0.1)


def live(project):
    return deployments.thresholds(deployments.live(project))


def confirmed(read, decide, count, **changes):
    for _ in range(count):
        decide(read(**changes))


def test_without_enough_evidence_nothing_passes(project, promise, read, decide):
    confirmed(read, decide, NEEDED - 1)
    assert not services.consider(promise)
    assert live(project) == {}
    one = queries.standings(project)[0]
    assert (one.is_in_force, one.confirmed, one.needed) == (False, NEEDED - 1, NEEDED)


def test_wrong_documents_keep_the_threshold_above_them(project, promise, read, decide):
    for _ in range(NEEDED):
        decide(read(confidence=0.99))
        decide(read(confidence=0.7), False)
    services.consider(promise)
    assert live(project)["Acme"].default == 0.99


def test_looks_come_when_the_evidence_has_doubled(promise, read, decide):
    confirmed(read, decide, NEEDED)
    services.consider(promise)
    confirmed(read, decide, NEEDED // 2, confidence=0.6)
    services.consider(promise)
    promise.refresh_from_db()
    assert (promise.looks, promise.threshold) == (1, 0.99)
    confirmed(read, decide, NEEDED, confidence=0.6)
    services.consider(promise)
    promise.refresh_from_db()
    assert (promise.looks, promise.threshold) == (2, 0.6)


def test_a_decided_document_is_looked_at_by_its_event(promise, read, decide, run_jobs):
    confirmed(read, decide, NEEDED)
    run_jobs("mlops.automation.")
    promise.refresh_from_db()
    assert promise.threshold == 0.99


def test_the_sweep_wakes_what_was_not_looked_at_since(promise, read, decide, run_jobs):
    assert jobs.sweep() == 0
    decide(read())
    run_jobs.flush()
    assert jobs.sweep() == 1


@pytest.mark.parametrize(("promised_error", "audited"), [(0.0, 0.1), (0.5, 0.1), (0.05, 0.0), (0.05, 2.0)])
def test_a_promise_says_something(access, template, promised_error, audited):
    with pytest.raises(BadInput):
        services.make_promise(access, "Acme", is_wanted=True, promised_error=promised_error, audited=audited)


def test_reviewers_promise_nothing(access_as, template):
    with pytest.raises(NotAllowed):
        services.make_promise(access_as(Role.REVIEWER), "Acme", is_wanted=True, promised_error=0.05, audited=0.1)


def test_the_page_makes_a_promise_and_says_how_it_stands(person, project, template, read, decide):
    client = Client()
    client.force_login(person(Role.OWNER))
    address = reverse("automation", args=["demo"])
    sent = {"template": "Acme", "promised": "20", "audited": "7,5", "wanted": "on"}
    confirmed(read, decide, 3)
    assert f"3 documents of the sample are confirmed, the next look is at {NEEDED}" in (
        client.post(address, sent, follow=True).content.decode()
    )
    assert Promise.objects.get().audited == 0.075
    confirmed(read, decide, NEEDED - 3)
    jobs.consider(Promise.objects.get().pk)
    decide(read(draw=0.01, sampled=0.1, codes=("audit",)), False)
    page = client.get(address).content.decode()
    assert "In force" in page
    assert "Audits: 1 of 1 documents wrong, so between 2.5 % and 100.0 %" in page
    assert "promised are at most 20" in client.get(reverse("dashboard", args=["demo"])).content.decode()
    answer = client.post(address, {**sent, "promised": "much"})
    assert (answer.status_code, b"Give a share in per cent" in answer.content) == (422, True)


def test_the_switches(person, project, other_project, template):
    client = Client()
    client.force_login(person(Role.OWNER))
    address = reverse("automation-switch", args=["demo"])
    client.post(address, {"turn": "off", "scope": "project", "why": "strange totals"})
    assert (halts.is_halted(project.pk), halts.is_halted(other_project.pk)) == (True, False)
    assert "strange totals" in client.get(reverse("automation", args=["demo"])).content.decode()
    client.post(address, {"turn": "on", "scope": "project"})
    assert not halts.is_halted(project.pk)
    assert client.post(address, {"turn": "off", "scope": "everywhere"}).status_code == 403
    client.force_login(User.objects.create_superuser("root"))
    client.post(address, {"turn": "off", "scope": "everywhere"})
    assert halts.is_halted(other_project.pk)
    assert client.post(address, {"turn": "?"}).status_code == 422
