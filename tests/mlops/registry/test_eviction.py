"""Nothing that a deployment may need is ever deleted, whatever happened before."""

from __future__ import annotations

import datetime
import random

import pytest

from invex.kernel.blobs import store
from invex.kernel.errors import Conflict, Gone
from mlops.deployment import housekeeping, preparation, services
from mlops.registry.eviction import BuildFacts, Policy, RevisionFacts, plan, protected, protected_datasets
from mlops.registry.models import Build
from mlops.registry.services import with_bytes
from mlops.registry.states import BuildState
from tests.mlops.factory import build, deploy, ml_admin, sweep_later

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
HISTORIES = 300


class History:
    """Builds are made, deployed in every mode, rolled back and fixed at random; packages are evicted in between."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.here: dict[int, BuildFacts] = {}
        self.all: dict[int, BuildFacts] = {}
        self.revisions: list[RevisionFacts] = []
        self.of_build: dict[int, int] = {}
        self.datasets: dict[int, BuildFacts] = {}
        self.now = NOW

    def make(self) -> None:
        key = len(self.all) + 1
        score = self.random.choice([None, self.random.random()])
        version = f"0.{self.random.randrange(4)}.0"
        self.all[key] = self.here[key] = BuildFacts(key, version, self.now, self.random.randrange(1, 50), score)

        if not self.datasets or self.random.random() < 0.6:
            number = 1 + max(self.of_build.values(), default=0)
            self.datasets[number] = BuildFacts(number, "", self.now, 0)
        self.of_build[key] = self.random.choice(sorted(self.datasets))

    def deploy(self, builds: frozenset[int] | None = None) -> None:
        if not self.here:
            return
        if builds is None:
            many = self.random.randint(1, min(3, len(self.here)))
            builds = frozenset(self.random.sample(sorted(self.here), many))
        fixed = frozenset(self.random.sample(["0.0.0", "0.1.0", "0.2.0", "0.3.0"], self.random.randint(0, 2)))
        before = [RevisionFacts(r.builds, False, r.was_live, r.fixed_versions) for r in self.revisions]
        self.revisions = [*before, RevisionFacts(builds, True, True, fixed)]

    def ask_for_one_more(self) -> None:
        """A revision that is still being prepared, beside the live one."""
        if self.here:
            self.revisions.append(RevisionFacts(frozenset({self.random.choice(sorted(self.here))}), True, False))

    def roll_back(self) -> None:
        live = [r for r in self.revisions if r.was_live]
        if len(live) > 1:
            self.deploy(live[-2].builds)

    def evict(self) -> None:
        policy = Policy(
            best=self.random.randint(0, 3),
            newest=self.random.randint(0, 4),
            days=self.random.choice([None, 0, 5]),
            budget=self.random.choice([None, 0, 100]),
        )
        keep = protected(self.here.values(), self.revisions)
        for eviction in plan(list(self.here.values()), keep, policy, self.now):
            del self.here[eviction.build.key]
        keep_data = protected_datasets(self.of_build, keep, {max(self.datasets, default=0)})
        newest = Policy(best=0, newest=self.random.randint(0, 2))
        for eviction in plan(list(self.datasets.values()), keep_data, newest, self.now):
            del self.datasets[eviction.build.key]

    def check(self) -> None:
        """Independently of the code: what is needed is here."""
        if not self.revisions:
            return
        current = [r for r in self.revisions if r.is_current]
        for revision in current:
            assert revision.builds <= self.here.keys(), "what reads now, or is about to"
            data = {self.of_build[build] for build in revision.builds} - self.gone_before
            assert data <= self.datasets.keys(), "what today's builds were learned from"
            for fixed in revision.fixed_versions:
                lost = [b for b in self.fixed_since.get(fixed, ()) if b not in self.here]
                assert not lost, "a build of a fixed version"
        live = [r for r in self.revisions if r.was_live]
        if len(live) > 1 and not live[-2].is_current:
            assert live[-2].builds <= self.here.keys(), "what a rollback restores"

    def run(self, steps: int) -> int:
        evicted = 0
        for _ in range(steps):
            self.now += DAY
            step = self.random.choice([self.make, self.make, self.deploy, self.ask_for_one_more, self.roll_back])
            step()
            # Builds that are here while their version is fixed must stay for as long as it is.
            fixed = {v for r in self.revisions if r.is_current for v in r.fixed_versions}
            self.fixed_since = {v: [k for k, b in self.here.items() if b.version == v] for v in fixed}
            count = len(self.here)
            # A build may be deployed whose dataset had gone while nothing protected it.
            self.gone_before = set(self.of_build.values()) - self.datasets.keys()
            self.evict()
            evicted += count - len(self.here)
            self.check()
        return evicted


def test_hundreds_of_random_histories_lose_nothing_that_is_protected():
    evicted = sum(History(seed).run(30) for seed in range(HISTORIES))
    assert evicted > 3 * HISTORIES, "the histories must give the policy something to do"


def facts(key: int, *, days: int = 0, score: float | None = None, size: int = 10, version: str = "1.0.0") -> BuildFacts:
    return BuildFacts(key, version, NOW - days * DAY, size, score)


class TestPolicy:
    def gone(self, builds, policy, keep=()) -> list[int]:
        return [e.build.key for e in plan(builds, keep, policy, NOW)]

    def test_the_best_and_the_newest_stay(self):
        builds = [facts(1, days=9, score=0.9), facts(2, days=8, score=0.5), facts(3, days=7), facts(4, days=1)]
        assert self.gone(builds, Policy(best=1, newest=1)) == [2, 3]

    def test_age_alone(self):
        builds = [facts(1, days=90), facts(2, days=40), facts(3, days=10)]
        assert self.gone(builds, Policy(best=0, newest=0, days=30)) == [1, 2]

    def test_a_disk_budget_takes_the_oldest_and_no_more_than_it_must(self):
        builds = [facts(key, days=10 - key, size=10) for key in range(1, 6)]
        assert self.gone(builds, Policy(best=0, newest=1, budget=30)) == [1, 2]

    def test_what_is_protected_stays_even_beyond_the_budget(self):
        builds = [facts(1, days=3), facts(2, days=2)]
        assert self.gone(builds, Policy(best=0, newest=0, budget=0), keep={1}) == [2]


@pytest.mark.django_db
class TestRows:
    @pytest.fixture
    def access(self):
        return ml_admin()

    def test_a_dry_run_changes_nothing_and_the_run_deletes_bytes_alone(self, access):
        rows = [build(access, mark, version=f"0.{mark}.0") for mark in range(1, 5)]
        deploy(access, rows[0])
        policy = Policy(best=0, newest=1)
        assert [e.build.key for e in housekeeping.planned(access.project, policy)] == [rows[1].pk, rows[2].pk]
        assert store().path(rows[1].blob).exists()
        housekeeping.evict(access, policy)
        gone = Build.objects.get(pk=rows[1].pk)
        assert (gone.state, gone.blob, gone.card) == (BuildState.EVICTED, "", "# Package 1".replace("1", "2"))
        sweep_later()
        with pytest.raises(FileNotFoundError):
            store().path(rows[1].blob)
        with pytest.raises(Gone):
            with_bytes(gone)
        assert store().path(rows[0].blob).exists()
        assert store().path(rows[3].blob).exists()

    def test_an_evicted_build_is_neither_deployed_nor_gone_back_to(self, access):
        rows = [build(access, mark) for mark in range(1, 5)]
        first = deploy(access, rows[0])
        for row in rows[1:3]:
            deploy(access, row)
        housekeeping.evict(access, Policy(best=0, newest=0))
        assert Build.objects.get(pk=rows[0].pk).state == BuildState.EVICTED
        with pytest.raises(Conflict):
            deploy(access, Build.objects.get(pk=rows[0].pk))
        with pytest.raises(Conflict, match="evicted"):
            services.rollback(access, first.revision)

    def test_it_comes_back_from_a_repository(self, access, tmp_path, settings):
        from mlops.registry.services import push

        settings.BUILD_REPOSITORIES = {"ml-invex": (tmp_path / "repository").as_uri()}
        rows = [build(access, mark) for mark in range(1, 4)]
        first = deploy(access, rows[0])
        push(access, rows[0], "ml-invex")
        for row in rows[1:]:
            deploy(access, row)
        housekeeping.evict(access, Policy(best=0, newest=0))
        back = services.rollback(access, first.revision)
        assert preparation.prepare(back.pk)
        assert Build.objects.get(pk=rows[0].pk).blob == rows[0].blob
