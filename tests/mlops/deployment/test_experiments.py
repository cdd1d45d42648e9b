"""A/B tests and canaries on rows: which arm reads what, what the reviews say, and what follows."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client

from invex.accounts import services as accounts
from invex.accounts.models import User
from invex.accounts.roles import Role
from invex.documents.models import Batch, Document
from invex.documents.states import DocumentState
from invex.extraction import jobs as extraction
from invex.extraction.models import Extraction
from invex.kernel.models import Event
from invex.review.models import ConfirmedLabel
from mlops.deployment import experiments, jobs, queries, services
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.predictor import SHADOW, load
from mlops.deployment.routing import Routing, place
from mlops.deployment.states import Mode, RevisionState
from tests.invex.world import access_to, read_document, run_events, vendor
from tests.mlops.factory import build, deploy, ml_admin

pytestmark = [pytest.mark.django_db]
EVEN = {"A": 0.5, "B": 0.5}


@pytest.fixture
def access():
    return ml_admin()


@pytest.fixture(scope="module")
def key_of_ab(once) -> int:
    access = ml_admin()
    return deploy(access, build(access, 1), build(access, 2), mode=Mode.AB, share=EVEN).pk


@pytest.fixture
def ab(key_of_ab) -> DeploymentRevision:
    """A live A/B test of two builds, in *acme*."""
    return DeploymentRevision.objects.get(pk=key_of_ab)


@pytest.fixture
def browser(access):
    """The browser of an ML admin."""
    user = User.objects.create(username="mia")
    accounts.set_member(access_to("acme", Role.OWNER), user=user, role=Role.ML_ADMIN)
    client = Client()
    client.force_login(user)
    return client


def judged(row, count: int, losses: dict[str, float], *, seed: int = 0, source: str = "person", **more) -> None:
    """Write down `count` documents that the live revision read and a person corrected, at these rates."""
    rng = np.random.default_rng(seed)
    batch, _ = Batch.objects.get_or_create(project=row.project, name="b", created_by="ann")
    documents = Document.objects.bulk_create(
        Document(
            project=row.project,
            batch=batch,
            name="d",
            sha256="0" * 64,
            size=1,
            uploaded_by="ann",
            state=DocumentState.APPROVED,
        )
        for _ in range(count)
    )
    routing = queries.routing(row)
    about = {
        "template_confidence": 1,
        "prediction": {},
        "build": "b",
        "reader": "r",
        "seconds": 0.1,
        "number": 1,
        "is_current": True,
    }
    shown = Extraction.objects.bulk_create(
        Extraction(
            document=d,
            arm=routing.arm_of(d.pk),
            deployment=row.revision,
            **{"draw": 0.5, "sampled": 1.0, **about, **more},
        )
        for d in documents
    )
    keys = [f"f{i}" for i in range(10)]
    ConfirmedLabel.objects.bulk_create(
        ConfirmedLabel(
            document=e.document, revision=1, template="", source=source, actor="ann", extraction=e,
            label={"fields": {key: [] for key in keys}}, corrected=[key for key in keys if rng.random() < losses[e.arm]],
        )
        for e in shown
    )  # fmt: skip


def test_documents_are_divided_by_a_stable_hash(access, ab, monkeypatch):
    predictor = load(access.project.pk)
    arms = [predictor.for_document(pk).arm for pk in range(2000)]
    monkeypatch.setattr("mlops.deployment.predictor._loaded", {})  # as in another process
    again = load(access.project.pk)
    assert again is not predictor
    assert arms == [again.for_document(pk).arm for pk in range(2000)]
    assert 0.45 < arms.count("B") / 2000 < 0.55
    names = {m.role: m.build.name for m in ab.models.all()}
    assert {predictor.for_document(pk).build for pk in range(50)} == set(names.values())
    assert all(predictor.for_document(pk).build == names[predictor.for_document(pk).arm] for pk in range(50))


def test_another_experiment_divides_them_otherwise():
    one, other = (Routing(Mode.AB, EVEN, salt) for salt in ("s1", "s2"))
    same = sum(one.arm_of(pk) == other.arm_of(pk) for pk in range(2000))
    assert 900 < same < 1100
    assert all(0 <= place("s1", pk) < 1 for pk in range(100))


def test_a_canary_that_grows_keeps_the_documents_that_it_had():
    small = Routing(Mode.CANARY, {"model": 0.9, "challenger": 0.1}, "s")
    large = Routing(Mode.CANARY, {"model": 0.5, "challenger": 0.5}, "s")
    had = [pk for pk in range(2000) if small.arm_of(pk) == "challenger"]
    assert had
    assert all(large.arm_of(pk) == "challenger" for pk in had)


def test_the_arm_is_kept_on_the_extraction(access, ab):
    author = access_to("acme", Role.AUTHOR)
    for index in range(3):
        document = read_document(author, vendor().document(index))
        extraction.extract_document(document.pk)
        found = Extraction.objects.get(document=document)
        assert found.arm == queries.routing(ab).arm_of(document.pk)
        assert found.build == ab.models.get(role=found.arm).build.name


def test_a_better_challenger_is_promoted_with_its_evidence(access, ab):
    judged(ab, 400, {"A": 0.4, "B": 0.05})
    assert jobs.judge() == 1
    live = queries.live(access.project)
    assert live.mode == Mode.SINGLE
    assert live.models.get().build == ab.models.get(role="B").build
    assert live.why.startswith("promote: ")
    assert live.made_by == "system:invex"
    ab.refresh_from_db()
    assert ab.evidence["better"] >= 40


def test_one_that_asks_first_waits_for_a_person(access, ab, browser):
    page = "/p/acme/models/"
    assert b"it does so by itself" in browser.get(page).content
    DeploymentRevision.objects.filter(pk=ab.pk).update(asks_first=True)
    assert b"it waits for a person" in browser.get(page).content
    judged(ab, 400, {"A": 0.4, "B": 0.05})
    assert [jobs.judge(), jobs.judge()] == [0, 0]
    assert queries.live(access.project).pk == ab.pk
    assert Event.objects.filter(name="deployment.asks").count() == 1
    assert b"It waits for you" in browser.get(page).content
    assert browser.post("/p/acme/models/decide/", {"winner": "B"}).status_code == 302
    assert queries.live(access.project).mode == Mode.SINGLE


def test_one_that_asks_first_is_taken_back_without_asking(access, ab):
    DeploymentRevision.objects.filter(pk=ab.pk).update(asks_first=True)
    judged(ab, 400, {"A": 0.05, "B": 0.4})
    assert jobs.judge() == 1
    assert queries.live(access.project).models.get().build == ab.models.get(role="A").build


def test_a_worse_challenger_is_stopped(access, ab):
    judged(ab, 400, {"A": 0.05, "B": 0.4})
    assert jobs.judge() == 1
    assert queries.live(access.project).models.get().build == ab.models.get(role="A").build


def test_equal_arms_go_on(access, ab):
    judged(ab, 300, {"A": 0.1, "B": 0.1})
    assert jobs.judge() == 0
    assert queries.live(access.project).pk == ab.pk
    ab.refresh_from_db()
    assert sum(ab.evidence["documents"].values()) == 300


@pytest.mark.parametrize("about", [{"draw": 0.5, "sampled": 0.1}, {"source": "bulk"}])
def test_only_documents_that_were_drawn_and_looked_at_count(ab, about):
    judged(ab, 50, {"A": 1.0, "B": 0.0}, **about)
    assert experiments.reviews(ab).judged == ()


def test_what_nobody_has_judged_yet_holds_up_what_came_later(ab):
    judged(ab, 30, {"A": 0.2, "B": 0.2})
    tenth = Document.objects.order_by("pk")[10]
    ConfirmedLabel.objects.filter(document=tenth).delete()
    Document.objects.filter(pk=tenth.pk).update(state=DocumentState.REVIEW)
    found = experiments.reviews(ab)
    assert len(found.judged) == 10
    assert found.waits_for == tenth.pk
    Document.objects.filter(pk=tenth.pk).update(state=DocumentState.REJECTED)
    assert len(experiments.reviews(ab).judged) == 29, "a document that is none of ours holds up nothing"


class TestCanary:
    @pytest.fixture
    def access(self):
        return ml_admin("canary")

    @pytest.fixture
    def canary(self, access):
        share = {"model": 0.9, "challenger": 0.1}
        return deploy(access, build(access, 1), build(access, 2), mode=Mode.CANARY, share=share)

    def test_it_grows_while_quality_holds(self, access, canary):
        judged(canary, 350, {"model": 0.1, "challenger": 0.1}, seed=5)
        assert jobs.judge() == 1
        live = queries.live(access.project)
        assert live.state == RevisionState.LIVE
        assert live.share["challenger"] == 0.2
        assert live.salt == canary.salt

    def test_it_returns_by_itself(self, access, canary):
        judged(canary, 300, {"model": 0.05, "challenger": 0.7})
        assert jobs.judge() == 1
        live = queries.live(access.project)
        assert live.mode == Mode.SINGLE
        assert live.models.get().build == canary.models.get(role="model").build

    @pytest.mark.parametrize("seed", range(3))
    def test_a_planted_bad_build_is_taken_back_after_few_documents(self, access, seed):
        """Documents come and are reviewed ten at a time, and after each ten the sweep looks; nobody decides by hand."""
        share = {"model": 0.9, "challenger": 0.1}
        row = deploy(access, build(access, 1), build(access, 2), mode=Mode.CANARY, share=share)
        seen = 0
        while queries.live(access.project).pk == row.pk and seen < 1500:
            judged(row, 10, {"model": 0.05, "challenger": 0.6}, seed=100 * seed + seen)
            seen += 10
            jobs.judge()
        live = queries.live(access.project)
        touched = Extraction.objects.filter(deployment=row.revision, arm="challenger").count()
        assert live.mode == Mode.SINGLE, f"after {seen} documents"
        assert live.models.get().build == row.models.get(role="model").build
        assert live.why.startswith("stop: ")
        assert touched <= 40, f"{touched} documents of {seen} were read by it"
        print(f"planted bad build: {touched} of {seen} documents until it was taken back")

    def test_a_share_is_judged_anew_before_it_grows_again(self, access, canary):
        judged(canary, 350, {"model": 0.1, "challenger": 0.1}, seed=5)
        jobs.judge()
        assert jobs.judge() == 0


class TestShadow:
    def test_the_challenger_reads_too_and_nobody_sees_it(self):
        access = ml_admin("shadow")
        row = deploy(access, build(access, 1), build(access, 2), mode=Mode.SHADOW)
        author = access_to("shadow", Role.AUTHOR)
        document = read_document(author, vendor().document(0))
        run_events()
        found = {e.arm: e for e in Extraction.objects.filter(document=document)}
        assert set(found) == {"", SHADOW}
        assert found[""].is_current
        assert not found[SHADOW].is_current
        assert found[SHADOW].build == row.models.get(role="challenger").build.name
        assert not extraction.read_shadow(document.pk), "once is enough"


def test_an_experiment_is_ended_by_hand_once(access, ab):
    from invex.kernel.errors import BadInput, Conflict

    with pytest.raises(BadInput):
        services.end_experiment(access, ab, "C", why="")
    services.end_experiment(access, ab, "B", why="enough seen")
    with pytest.raises(Conflict):
        services.end_experiment(access, ab, "A", why="no, A")
