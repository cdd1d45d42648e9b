"""A promise that is in force: for which builds and version of the template, and what ends it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from invex.accounts.roles import Role
from invex.catalog.models import Template
from invex.catalog.services import create_template, update_template
from invex.extraction import halts
from invex.kernel.models import AuditEntry, Event
from mlops.automation import jobs, queries, services
from mlops.automation.models import Promise
from mlops.deployment import queries as deployments
from mlops.memory.base import base_package
from tests.invex.world import access_to

from .conftest import FIELDS, deciding, reading
from .test_promises import NEEDED, PROMISED, confirmed, live

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def key_of_promise(once) -> int:
    access = access_to("demo", Role.OWNER, name="owner-demo")
    create_template(access, {"name": "Acme", "fields": FIELDS})
    promise = services.make_promise(access, "Acme", is_wanted=True, promised_error=PROMISED, audited=0.1)
    confirmed(reading(access), deciding(access), NEEDED)
    assert services.consider(promise)
    return promise.pk


@pytest.fixture
def template(key_of_promise) -> Template:
    return Template.objects.get(name="Acme")


@pytest.fixture
def in_force(key_of_promise) -> Promise:
    return Promise.objects.get(pk=key_of_promise)


def test_with_evidence_the_threshold_is_a_new_revision_for_these_builds_and_this_version(project, in_force):
    row = deployments.live(project)
    found = deployments.thresholds(row)["Acme"]
    assert (found.template, found.default, found.audited) == (0.99, 0.99, 0.1)
    assert found.hold_for(base_package().build, 1)
    assert not found.hold_for(base_package().build, 2)
    assert not found.hold_for("another", 1)
    assert "at most 20.0% wrong" in row.why
    assert row.made_by == "system:invex"
    assert not services.consider(in_force), "twice is once"
    assert deployments.live(project).pk == row.pk


def test_another_version_of_the_template_begins_anew(access, project, in_force):
    update_template(access, "Acme", {"fields": [{"key": "number", "type": "id"}]})
    assert services.consider(in_force)
    assert live(project) == {}
    in_force.refresh_from_db()
    assert (in_force.looks, in_force.threshold, in_force.version) == (0, None, 2)


def test_audits_that_refute_the_promise_stop_it(project, in_force, read, decide):
    for _ in range(4):
        decide(read(draw=0.01, sampled=0.1, codes=("audit",)), False)
    assert jobs.consider(in_force.pk)
    in_force.refresh_from_db()
    assert "4 of 4 audited documents were wrong" in in_force.stopped_why
    assert live(project) == {}
    assert AuditEntry.objects.filter(action="stop automatic approval", subject="Acme").count() == 1
    assert Event.objects.filter(name="automation.stopped").count() == 1
    confirmed(read, decide, 3 * NEEDED)
    assert not jobs.consider(in_force.pk), "it begins anew when a person says so, not by itself"


def test_a_stopped_promise_begins_anew_with_what_was_found_wrong(access, project, in_force, read, decide):
    for _ in range(4):
        decide(read(draw=0.01, sampled=0.1, codes=("audit",)), False)
    services.consider(in_force)
    row = services.make_promise(access, "Acme", is_wanted=True, promised_error=PROMISED, audited=0.1)
    assert (row.stopped_at, row.threshold) == (None, None)
    assert live(project) == {}


def test_a_few_wrong_audits_are_chance(project, in_force, read, decide):
    for right in (True, True, False, True, True):
        decide(read(draw=0.01, sampled=0.1, codes=("audit",)), right)
    services.consider(in_force)
    assert "Acme" in live(project)
    audit = queries.standings(project)[0].audit
    assert (audit.wrong, audit.audited) == (1, 5)
    assert audit.low < 0.2 < audit.high


def test_switched_off_it_is_off_at_once(access, project, in_force):
    services.make_promise(access, "Acme", is_wanted=False, promised_error=PROMISED, audited=0.1)
    assert live(project) == {}


def test_the_command_turns_it_off_everywhere_and_on_again(project, other_project, in_force):
    call_command("automation", "off", "--why", "audit week", stderr=StringIO())
    assert halts.is_halted(other_project.pk)
    out = StringIO()
    call_command("automation", "status", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert (said["template"], said["approves"], said["off"]) == ("Acme", False, ["halt of all projects"])
    call_command("automation", "on", stderr=StringIO())
    assert not halts.is_halted(project.pk)
