"""Examples that the memory holds back are not in a dataset, unless a person keeps them or asks for all."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client

from invex.accounts.models import Membership, User
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.review import services as review
from invex.review.models import ConfirmedLabel
from mlops.datasets import folder, queries, services
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.memory import services as memory
from mlops.memory.models import ExampleDecision, MemoryRevision
from tests.invex.world import access_to, label_of, read_document, vendor

pytestmark = pytest.mark.django_db
COUNT = 4


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


@pytest.fixture(scope="module")
def keys_of_labels(once) -> list[int]:
    access = access_to("acme", Role.OWNER)
    found = []
    for number in range(COUNT):
        one = vendor().document(number)
        document = read_document(access, one)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
        found.append(review.confirm(access, document.pk, label_of(one, tables={}), may_create_template=True).pk)
    return found


@pytest.fixture
def labels(keys_of_labels) -> list[ConfirmedLabel]:
    """The labels of four confirmed documents of one vendor, the oldest first."""
    return [ConfirmedLabel.objects.get(pk=pk) for pk in keys_of_labels]


def hold(access, *labels) -> None:
    """Have the memory hold back these examples, as a refit writes it."""
    held = [{"label": one.pk, "document": one.document_id, "field": "total_amount", "labelled": "1.00",
             "predicted": "2.00"} for one in labels]  # fmt: skip
    fitted = {labels[0].template: {"held": held}} if labels else {}
    number = MemoryRevision.objects.filter(project=access.project).count() + 1
    MemoryRevision.objects.create(project=access.project, revision=number, build="Invex-0.1.0-build.1", fitted=fitted)


def documents(row: DatasetVersion) -> set[int]:
    return set(row.documents.values_list("document", flat=True))


def frozen(access, selection=None) -> DatasetVersion:
    row = services.request(access, selection or Selection())
    services.freeze(row)
    return row.same_as or row


def test_an_open_contradiction_is_left_out_and_named(access, labels):
    odd = labels[1]
    hold(access, odd)
    told = queries.preview(access.project, Selection())
    row = frozen(access)
    assert documents(row) == {one.document_id for one in labels} - {odd.document_id}
    assert row.held_back == [{"label": odd.pk, "document": odd.document_id, "template": odd.template}]
    assert told.distribution == row.distribution
    assert told.held_back == queries.held_back(row) == {odd.template: 1}
    everything = frozen(access, Selection(with_held=True))
    assert documents(everything) == {one.document_id for one in labels}
    assert everything.held_back == []


@pytest.mark.parametrize(("choice", "is_in"), [(ExampleDecision.KEEP, True), (ExampleDecision.OUT, False), ("", False)])
def test_what_a_person_decided_holds(access, labels, choice, is_in):
    hold(access, labels[1])
    memory.decide(access, labels[1].pk, choice)
    assert (labels[1].document_id in documents(frozen(access))) is is_in


def test_what_was_taken_out_stays_out_when_the_memory_holds_nothing_back(access, labels):
    memory.decide(access, labels[1].pk, ExampleDecision.OUT)
    assert labels[1].document_id not in documents(frozen(access))


def test_a_label_that_was_confirmed_anew_is_a_document_like_the_others(access, labels):
    hold(access, labels[1])
    said = label_of(vendor().document(1), tables={})
    review.confirm(access, labels[1].document_id, {**said, "fields": {**said["fields"], "invoice_number": []}})
    assert labels[1].document_id in documents(frozen(access))


def test_the_same_choice_is_the_same_version(access, labels):
    """What was chosen is frozen, also when the memory has changed its mind before the job came."""
    hold(access, labels[1])
    row = services.request(access, Selection())
    hold(access)
    assert services.freeze(row)
    assert labels[1].document_id not in documents(row)
    hold(access, labels[1])
    assert frozen(access) == row, "the same documents have the same hash"
    hold(access)
    assert frozen(access).hash != row.hash


def test_the_page_says_how_many_before_it_is_frozen_and_which_afterwards(access, labels):
    hold(access, labels[1])
    user = User.objects.create(username="mia")
    Membership.objects.create(project=access.project, user=user, role=Role.ML_ADMIN)
    client = Client()
    client.force_login(user)
    said = client.get("/p/acme/models/datasets/new/").content.decode()
    assert "1 document is left out" in said
    assert "With examples that others contradict (1)" in said
    said = client.post("/p/acme/models/datasets/new/", {"action": "preview", "with_held": "on"}).content.decode()
    assert "left out" not in said
    row = frozen(access)
    said = client.get(f"/p/acme/models/datasets/{row.pk}/").content.decode()
    assert "Others of their template contradict them." in said
    assert f"/documents/{labels[1].document_id}/" in said


def test_the_command_line_and_what_it_exports_say_it_too(access, labels, tmp_path, capsys):
    hold(access, labels[1])
    call_command("dataset", "freeze", "--project", "acme", "--json")
    told = capsys.readouterr()
    assert json.loads(told.out)["held_back"] == 1
    assert f"Held back, since others of their template contradict them: 1 ({labels[1].document_id})" in told.err
    folder.export(queries.newest(access.project), tmp_path / "out", with_files=False)
    about = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert (about["held_back"], len(about["documents"])) == (1, COUNT - 1)
    call_command("dataset", "freeze", "--project", "acme", "--selection", '{"with_held": true}', "--json")
    assert json.loads(capsys.readouterr().out)["documents"] == COUNT
