"""What a build did, what another one reads there, and how a correction reaches whoever was told the first result."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError
from django.utils import timezone

from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.queries import AUTO
from invex.documents.states import DocumentState
from invex.extraction import services as extraction
from invex.extraction.models import Extraction
from invex.kernel.errors import BadInput, NotAllowed, NotFound
from invex.kernel.models import AuditEntry, Event
from invex.results import payloads
from invex.review import services as review
from invex.review.page import is_blind
from mlops.deployment import blast, jobs
from mlops.deployment.models import Reread
from mlops.deployment.states import RereadState
from mlops.registry.models import Build
from mlops.registry.services import shipped
from tests.invex.world import access_to, document_in_review, label_of, vendor
from tests.mlops.console.conftest import browser  # noqa: F401
from tests.mlops.console.test_model_commands import run
from tests.mlops.factory import build, deploy, ml_admin

pytestmark = pytest.mark.django_db


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


@pytest.fixture(scope="module")
def key_of_bad(once) -> int:
    access = access_to("acme", Role.OWNER)
    row = build(access)
    deploy(access, row)
    return row.pk


@pytest.fixture
def bad(key_of_bad) -> Build:
    """A build that reads nothing is live."""
    return Build.objects.get(pk=key_of_bad)


@pytest.fixture(scope="module")
def keys_of_documents(key_of_bad) -> list[int]:
    author = access_to("acme", Role.AUTHOR)
    made = [document_in_review(author, vendor().document(n)).pk for n in range(3)]
    Document.objects.filter(pk=made[0]).update(state=DocumentState.APPROVED, approved_by=AUTO)
    extraction._tell(Document.objects.get(pk=made[0]), Extraction.objects.get(document=made[0]), is_approved=True)
    review.confirm(access_to("acme", Role.OWNER), made[1], label_of(vendor().document(1)), may_create_template=True)
    return made


@pytest.fixture
def documents(keys_of_documents) -> list[Document]:
    """What it read: one approved by nobody, one approved by a person, one that waits."""
    return [Document.objects.get(pk=pk) for pk in keys_of_documents]


def read_anew(access, bad, documents):
    row = blast.request(access, bad, shipped(), [one.pk for one in documents])
    assert jobs.reread(row.pk)
    row.refresh_from_db()
    return row


def test_what_a_build_read_and_what_nobody_looked_at(access, bad, documents):
    rows = blast.read_by(access.project, bad.name)
    assert [row.document_id for row in rows] == [one.pk for one in reversed(documents)]
    assert [row.document_id for row in blast.approved_by_it(rows)] == [documents[0].pk]
    assert not blast.read_by(access.project, shipped().name)
    assert not blast.read_by(ml_admin("other").project, bad.name)
    Extraction.objects.filter(document=documents[2]).update(build=f"{bad.name}+{shipped().name}", arm="")
    assert len(blast.read_by(access.project, bad.name)) == 3, "also in an ensemble"


def test_a_re_read_adds_and_changes_nothing(access, bad, documents):
    before = list(Document.objects.order_by("pk").values_list("state", "version", "template", "approved_by"))
    row = read_anew(access, bad, documents)
    assert row.state == RereadState.DONE
    assert Extraction.objects.filter(arm=row.arm, is_current=False, build=shipped().name).count() == 3
    assert list(Document.objects.order_by("pk").values_list("state", "version", "template", "approved_by")) == before
    assert len(blast.read_by(access.project, bad.name)) == 3
    assert not blast.read_by(access.project, shipped().name), "what is read for comparison is nobody's work"
    assert not jobs.reread(row.pk), "once"


def test_differences_by_field_against_what_stands(access, bad, documents):
    row = read_anew(access, bad, documents)
    found = blast.differences(list(blast.anew(row).values()))
    total = next(one for one in found[documents[0].pk] if one.key == "total_amount")
    assert total.stands == ()
    assert total.anew
    confirmed = {one.key: one for one in found[documents[1].pk]}
    label = label_of(vendor().document(1))["fields"]["total_amount"][0]["value"]
    assert "total_amount" not in confirmed or confirmed["total_amount"].stands == (label,), "a label is what stands"


def test_a_corrected_result_is_sent_once_a_person_decides(access, bad, documents):
    row = read_anew(access, bad, documents)
    first = documents[0]
    done, skipped = blast.take_back(access, row, [first.pk, documents[2].pk])
    assert (done, skipped) == ([first.pk, documents[2].pk], [])
    first.refresh_from_db()
    assert first.state == DocumentState.REVIEW
    shown = Extraction.objects.get(document=first, is_current=True)
    assert shown.arm == row.arm
    assert not is_blind(first, shown), "no builds are compared: how sure it is may be seen"
    assert [one.document_id for one in blast.read_by(access.project, shipped().name)] == [documents[2].pk, first.pk]
    said = AuditEntry.objects.filter(action="showed re-read").order_by("pk")
    assert [(one.subject, one.detail["reread"]) for one in said] == [(str(pk), row.pk) for pk in done]
    assert Event.objects.filter(name="document.reopened", subject=str(first.pk)).exists()
    assert not Event.objects.filter(name="document.corrected").exists()
    review.confirm(access, first.pk, label_of(vendor().document(0)))
    event = Event.objects.filter(name="document.approved", subject=str(first.pk)).latest("pk")
    assert payloads.type_of(event) == "document.corrected"


def test_what_somebody_is_at_is_left_alone(access, bad, documents):
    row = read_anew(access, bad, documents)
    Document.objects.filter(pk=documents[2].pk).update(has_draft=True)
    done, skipped = blast.take_back(access, row, [documents[2].pk])
    assert done == []
    assert "Somebody is at this document" in skipped[0][1]
    assert Extraction.objects.get(document=documents[2], is_current=True).build == bad.name
    assert not AuditEntry.objects.filter(action="showed re-read").exists()


def test_who_may_and_what_is_refused(access, bad, documents):
    with pytest.raises(NotAllowed):
        blast.request(access_to("acme", Role.AUTHOR), bad, shipped(), [documents[0].pk])
    with pytest.raises(BadInput, match="that"):
        blast.request(access, bad, shipped(), [10**9])
    with pytest.raises(BadInput, match="another build"):
        blast.request(access, bad, bad, [documents[0].pk])
    row = read_anew(access, bad, documents)
    with pytest.raises(NotFound):
        blast.reread(ml_admin("other").project, row.pk)


def test_by_rest(access, bad, documents, api):
    client = api("ml_admin", project=access.project)
    touched = client.get(f"/api/v1/builds/{bad.name}/documents?limit=2").json()
    assert [one["id"] for one in touched["items"]] == [str(documents[2].pk), str(documents[1].pk)]
    assert client.get(touched["next"]).json()["items"][0]["by"] == AUTO
    only = client.get(f"/api/v1/builds/{bad.name}/documents?only=auto").json()
    assert [one["id"] for one in only["items"]] == [str(documents[0].pk)]
    body = {"read": bad.name, "anew": shipped().name, "only": "auto"}
    answer = client.post("/api/v1/rereads", json.dumps(body), content_type="application/json")
    assert answer.status_code == 202, answer.content
    assert jobs.reread(answer.json()["id"])
    said = client.get(answer.headers["Location"]).json()
    assert (said["state"], said["documents"], said["read_so_far"]) == ("done", 1, 1)
    assert said["differences"][0]["document"] == str(documents[0].pk)
    assert "total_amount" in [field["key"] for field in said["differences"][0]["fields"]]
    body = json.dumps({"documents": [documents[0].pk]})
    taken = client.post(f"/api/v1/rereads/{said['id']}/take-back", body, content_type="application/json").json()
    assert taken == {"done": [str(documents[0].pk)], "skipped": []}
    documents[0].refresh_from_db()
    assert documents[0].state == DocumentState.REVIEW


class TestCommand:
    def test_lists_reads_again_and_takes_back(self, access, bad, documents):
        said = [json.loads(line) for line in run("blast", bad.name, "--project", "acme", "--json").splitlines()]
        assert [one["id"] for one in said] == [str(one.pk) for one in reversed(documents)]
        assert documents[0].name in run("blast", bad.name, "--project", "acme", "--only-auto")
        out = run("blast", bad.name, "--project", "acme", "--with", shipped().name, "--only-auto", "--take-back")
        assert "total_amount: –" in out
        documents[0].refresh_from_db()
        assert documents[0].state == DocumentState.REVIEW

    def test_exit_codes(self, access, bad, documents):
        for code, *arguments in (
            (2, "no-such-build"),
            (2, bad.name, "--take-back"),
            (2, bad.name, "--with", bad.name),
            (5, shipped().name),
            (5, shipped().name, "--with", bad.name),
        ):
            with pytest.raises(CommandError) as e:
                run("blast", *arguments, "--project", "acme")
            assert e.value.returncode == code, arguments


def test_a_re_read_that_ends_its_worker_each_time_is_given_up(access, bad, documents, monkeypatch):
    row = blast.request(access, bad, shipped(), [one.pk for one in documents])

    def crash(*args):
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(blast.extraction, "read_beside", crash)
    for state in (RereadState.WAITING, RereadState.WAITING, RereadState.FAILED):
        with pytest.raises(RuntimeError):
            jobs.reread(row.pk)
        assert blast.take_back_lost() == 0, "its lease has not run out"
        Reread.objects.update(leased_until=timezone.now())
        assert blast.take_back_lost() == 1
        row.refresh_from_db()
        assert (row.state, row.leased_until) == (state, None)
    assert row.reason == "Reading them ended a worker several times. Choose fewer documents."


def test_a_worker_that_comes_back_late_ends_no_other_attempt(access, bad, documents, monkeypatch):
    row = blast.request(access, bad, shipped(), [one.pk for one in documents])
    read = blast.extraction.read_beside

    def sleep(document, predictor):
        Reread.objects.update(attempts=2)  # another worker took it meanwhile
        return read(document, predictor)

    monkeypatch.setattr(blast.extraction, "read_beside", sleep)
    assert not jobs.reread(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (RereadState.RUNNING, 2)


def test_on_the_pages(access, bad, documents, browser):  # noqa: F811
    page = f"/p/acme/models/builds/{bad.name}/documents/"
    assert "Approved by it alone · 1" in " ".join(browser.get(page).content.decode().replace("</a>", " ").split())
    answer = browser.post(page, {"anew": shipped().name, "document": [str(one.pk) for one in documents]})
    assert answer.status_code == 302
    jobs.reread(answer["Location"].rstrip("/").rpartition("/")[2])
    said = browser.get(answer["Location"]).content.decode()
    assert "Total amount" in said
    back = browser.post(f"{answer['Location']}take-back/", {"document": str(documents[0].pk)}, follow=True)
    assert b"1 document is in review with the new values." in back.content
