"""Which builds (and datasets, checkpoints, pictures) may be deleted to make room, and which never. Pure.

Never: what reads now or is being prepared, in whichever role; what was last good, so that one can go back; and every
build of a version that is fixed. Among the others a policy chooses.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """A build whose package is here, or what else takes room. size: bytes, 0 where nobody knows.

    score: of its evaluation, None = it was never measured.
    """

    key: int
    version: str
    made_at: datetime.datetime
    size: int
    score: float | None = None


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """A deployment, the oldest first. builds: keys. was_live: documents were, or are, read with it."""

    builds: frozenset[int]
    is_current: bool  # live, or being prepared
    was_live: bool
    fixed_versions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept beside what is protected.

    best, newest: so many builds each. days: older ones go; None = age is no reason. budget: bytes that packages may
    take; the oldest go first; None = room is no reason. Without days and budget all others go.
    """

    best: int = 3
    newest: int = 10
    days: int | None = None
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Eviction:
    """A build to delete, and why."""

    build: BuildFacts
    reason: str


def protected(builds: Iterable[BuildFacts], revisions: Sequence[RevisionFacts]) -> frozenset[int]:
    """Return the keys of builds that are never deleted. revisions: of the project, the oldest first."""
    keys: set[int] = set()
    for revision in revisions:
        if revision.is_current:
            keys |= revision.builds
    live = next((r for r in reversed(revisions) if r.is_current and r.was_live), None)
    before = [r for r in revisions if r.was_live and not r.is_current]
    if before:
        keys |= before[-1].builds  # what a rollback without a number restores
    other = [r for r in before if live is None or r.builds != live.builds]
    if other:
        keys |= other[-1].builds  # what read before today's builds did
    fixed = _fixed(revisions)
    return frozenset(keys | {build.key for build in builds if build.version in fixed})


def protected_datasets(
    of_build: Mapping[int, int], kept_builds: Collection[int], in_use: Collection[int]
) -> frozenset[int]:
    """Return the datasets that are never deleted: of builds that are never deleted, and what is used now.

    of_build: build -> dataset that it was learned from; who goes back to a build must be able to train it again.
    """
    return frozenset({*in_use, *(dataset for build, dataset in of_build.items() if build in kept_builds)})


def plan(
    builds: Collection[BuildFacts], kept_for_ever: Collection[int], policy: Policy, now: datetime.datetime
) -> list[Eviction]:
    """Return what the policy deletes, the oldest first. kept_for_ever: see `protected`."""
    by_age = sorted(builds, key=lambda b: (b.made_at, b.key))
    measured = sorted((b for b in builds if b.score is not None), key=lambda b: (-(b.score or 0.0), -b.key))
    newest = {b.key for b in by_age[len(by_age) - min(policy.newest, len(by_age)) :]}
    kept = set(kept_for_ever) | newest | {b.key for b in measured[: policy.best]}
    free = [b for b in by_age if b.key not in kept]
    if policy.days is None and policy.budget is None:
        return [Eviction(b, "neither among the best nor among the newest") for b in free]
    gone: dict[int, Eviction] = {}
    if policy.days is not None:
        limit = now - datetime.timedelta(days=policy.days)
        gone = {b.key: Eviction(b, f"older than {policy.days} days") for b in free if b.made_at < limit}
    if policy.budget is not None:
        used = sum(b.size for b in builds if b.key not in gone)
        for build in free:
            if used > policy.budget and build.key not in gone:
                gone[build.key] = Eviction(build, f"together they take more than {policy.budget / 2**20:.0f} MiB")
                used -= build.size
    return [gone[b.key] for b in by_age if b.key in gone]


def _fixed(revisions: Sequence[RevisionFacts]) -> frozenset[str]:
    """The versions that today's deployment fixes, and those that one being prepared will."""
    return frozenset(v for revision in revisions if revision.is_current for v in revision.fixed_versions)
