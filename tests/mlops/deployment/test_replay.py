"""The code that reads has changed: what it reads is compared with what the code before it read, and held meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from invex.accounts.roles import Role
from invex.documents import readings
from invex.documents.models import Document
from invex.kernel.errors import BadInput, Conflict, NotAllowed
from mlops.datasets import services as datasets
from mlops.datasets.selection import Selection
from mlops.deployment import frozen_set, jobs, replay, services
from mlops.deployment.models import CodeReplay
from mlops.deployment.predictor import load
from mlops.deployment.states import ReplayState
from mlops.registry.services import shipped
from tests.invex.world import access_to, label_of, vendor
from tests.mlops.console.conftest import access, browser, confirmed  # noqa: F401
from tests.mlops.factory import deploy, ml_admin

pytestmark = pytest.mark.django_db
HOLDS = {"Vendor": {"template": 0.9, "default": 0.95, "fields": {}}}


class Reads:
    """The reader of documents, which a later version may let lose words."""

    def __init__(self) -> None:
        self.keeps = 1.0

    def read(self, path, *, name, rotations):
        row = Document.objects.filter(sha256=path.name).first()
        words = readings.words_in(row.words_blob)
        pages = (replace(page, words=page.words[: int(self.keeps * len(page.words))]) for page in words.pages)
        return replace(words, pages=tuple(pages))


@pytest.fixture
def reads(monkeypatch):
    made = Reads()
    monkeypatch.setattr(frozen_set, "reader", lambda: made)
    return made


@pytest.fixture
def version(monkeypatch):
    """version(name): from now on another version of the code reads."""

    def change(name: str) -> None:
        for module in (replay, jobs):
            monkeypatch.setattr(module, "reading_code", lambda: name)

    change("one")
    return change


@pytest.fixture(scope="module")
def read_by_one(confirmed) -> None:  # noqa: F811
    access = access_to("acme", Role.OWNER)  # noqa: F811
    datasets.freeze(datasets.request(access, Selection()))
    deploy(access, shipped())
    services.set_thresholds(access, HOLDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(frozen_set, "reader", Reads)
        for module in (replay, jobs):
            patched.setattr(module, "reading_code", lambda: "one")
        assert jobs.sweep_code() == 1
        assert jobs.replay_code(CodeReplay.objects.get().pk)


@pytest.fixture
def live(read_by_one, reads, version) -> None:
    """The shipped build is deployed with a threshold, and code one has read the frozen set."""


def thresholds(access) -> dict:  # noqa: F811
    return dict(load(access.project.pk).thresholds)


def test_the_first_code_has_nothing_to_be_compared_with(access, live):  # noqa: F811
    row = CodeReplay.objects.get()
    assert (row.state, row.before, len(row.read["documents"])) == (ReplayState.PASSED, None, 5)
    total = label_of(vendor().document(0))["fields"]["total_amount"][0]["value"]
    assert total not in str(row.read), "no text of documents is kept"
    assert thresholds(access)
    assert jobs.sweep_code() == 0


def test_nothing_passes_without_a_person_until_the_new_code_has_passed(access, live, version):  # noqa: F811
    version("two")
    assert thresholds(access) == {}, "before anybody asked for the replay"
    jobs.sweep_code()
    row = CodeReplay.objects.latest("pk")
    assert row.before.code == "one"
    assert jobs.replay_code(row.pk)
    row.refresh_from_db()
    assert row.state == ReplayState.PASSED, row.report
    assert row.report["differences"] == []
    assert thresholds(access)
    assert not jobs.replay_code(row.pk), "once"


def test_code_that_loses_words_is_refused_and_a_person_may_let_it_through(access, live, version, reads, browser):  # noqa: F811
    version("two")
    reads.keeps = 0.3
    jobs.sweep_code()
    row = CodeReplay.objects.latest("pk")
    assert jobs.replay_code(row.pk)
    row.refresh_from_db()
    assert row.state == ReplayState.REFUSED
    assert [rule["name"] for rule in row.report["rules"] if not rule["ok"]]
    assert sum(one["now"] - one["then"] for one in row.report["differences"]) > 0
    assert thresholds(access) == {}
    page = browser.get("/p/acme/models/code/").content.decode()
    assert "Read otherwise than before" in page
    with pytest.raises(NotAllowed):
        replay.override(access_to("acme"), row, why="x")
    with pytest.raises(BadInput):
        replay.override(access, row, why="")
    answer = browser.post(f"/p/acme/models/code/{row.pk}/override/", {"why": "the footers are of no use"})
    assert answer.status_code == 302
    assert thresholds(access)
    row.refresh_from_db()
    assert "footers" in row.override_reason
    with pytest.raises(Conflict):
        replay.override(access, row, why="again")


def test_a_file_that_the_new_code_cannot_read_counts_as_missed(access, live, version, monkeypatch):  # noqa: F811
    from invex.reading.errors import Unreadable

    class Broken:
        def read(self, *args, **kwargs):
            raise Unreadable("corrupt")

    version("two")
    monkeypatch.setattr(frozen_set, "reader", Broken)
    jobs.sweep_code()
    row = CodeReplay.objects.latest("pk")
    jobs.replay_code(row.pk)
    row.refresh_from_db()
    assert row.state == ReplayState.REFUSED
    assert row.report["f1"]["now"] in (0, None)


def test_code_that_ends_its_worker_each_time_is_given_up_and_stays_held(access, live, version, monkeypatch, browser):  # noqa: F811
    def crash(*args):
        raise RuntimeError("segment")

    version("two")
    real = frozen_set.read_with
    monkeypatch.setattr(frozen_set, "read_with", crash)
    jobs.sweep_code()
    row = CodeReplay.objects.latest("pk")
    for state in (ReplayState.WAITING, ReplayState.WAITING, ReplayState.FAILED):
        with pytest.raises(RuntimeError):
            jobs.replay_code(row.pk)
        CodeReplay.objects.filter(pk=row.pk).update(leased_until=timezone.now())
        assert replay.take_back_lost() == 1
        row.refresh_from_db()
        assert row.state == state
    assert "several times" in row.reason
    assert thresholds(access) == {}
    with pytest.raises(NotAllowed):
        replay.try_again(access_to("acme", Role.AUTHOR), row)
    assert b"/again/" in browser.get("/p/acme/models/code/").content
    assert browser.post(f"/p/acme/models/code/{row.pk}/again/").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.attempts, row.reason) == (ReplayState.WAITING, 0, "")
    monkeypatch.setattr(frozen_set, "read_with", real)
    assert jobs.replay_code(row.pk)
    row.refresh_from_db()
    assert row.state == ReplayState.PASSED
    assert "speed" not in [rule["name"] for rule in row.report["rules"]], "those times are of different days"
    with pytest.raises(Conflict):
        replay.try_again(access, row)


def test_a_worker_that_comes_back_late_judges_nothing(access, live, version, monkeypatch):  # noqa: F811
    read = frozen_set.read_with

    def sleep(*args):
        CodeReplay.objects.filter(code="two").update(attempts=2)  # another worker took it meanwhile
        return read(*args)

    version("two")
    monkeypatch.setattr(frozen_set, "read_with", sleep)
    jobs.sweep_code()
    row = CodeReplay.objects.latest("pk")
    assert not jobs.replay_code(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.read) == (ReplayState.RUNNING, 2, {})


def test_another_project_is_not_held(access, live, version):  # noqa: F811
    version("two")
    other = ml_admin("other")
    deploy(other, shipped())
    services.set_thresholds(other, HOLDS)
    assert thresholds(other)
