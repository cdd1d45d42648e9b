"""The gate: may a candidate take the incumbent's place? Rules with reasons, on documents that it never learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np

from mlops.learning.metrics import Counts

from .measure import DocumentScore, Measurement

LEAST_DOCUMENTS = 5  # on the test side; with fewer nothing is shown either way
SIGNIFICANCE = 0.05  # one-sided: how surely a candidate must be worse to be refused for it
RESAMPLES = 10_000
TEMPLATE_DROP = 0.02  # of a template's F1
TEMPLATE_ERRORS = 1  # more errors of a template than the incumbent's that are chance
SLOWER = 2.0  # times the incumbent's time a page
ALWAYS_FAST_S = 0.03  # a page; what is faster than this is fast enough
BLIND_DROP = 0.10  # of F1 below the test side: more means that the test side was learned by heart somewhere
LEAST_BLIND = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule's outcome. reason: with its figures, for a person."""

    name: str
    ok: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class NetworkOrigin(Enum):
    """Where a package's network comes from: an export that nobody has compared with torch may compute anything."""

    SHIPPED = "shipped"
    TRAINED_HERE = "trained here"
    UNKNOWN = "unknown"


def judge(
    candidate: Measurement, incumbent: Measurement, *, blind: Measurement | None, network: NetworkOrigin | None,
    timed_together: bool = True,
) -> tuple[Rule, ...]:  # fmt: skip
    """Return all rules' outcomes on the test side; a candidate passes when every one is ok.

    blind: the candidate on the blind side, None when it has no documents. network: where the candidate's comes from,
    None where both have the same. timed_together: both on one machine at one time; else their times say nothing, and
    the rule of speed is left out.
    """
    return (
        _evidence(candidate),
        _overall(candidate, incumbent),
        *_templates(candidate, incumbent),
        *((_speed(candidate, incumbent),) if timed_together else ()),
        *((_network(network),) if network is not None else ()),
        _blind(candidate, blind),
    )


def _evidence(candidate: Measurement) -> Rule:
    n = len(candidate.documents)
    if n < LEAST_DOCUMENTS:
        return Rule("evidence", False, f"{n} documents on the test side; {LEAST_DOCUMENTS} are needed. Confirm more.")
    return Rule("evidence", True, f"{n} documents on the test side")


def _overall(candidate: Measurement, incumbent: Measurement) -> Rule:
    p = worse_by_chance(candidate.documents, incumbent.documents)
    figures = f"F1 {_show(candidate.counts)}, incumbent {_show(incumbent.counts)}"
    if p < SIGNIFICANCE:
        return Rule("overall", False, f"{figures}: worse, and by chance only with p = {p:.3f} (paired by document)")
    return Rule("overall", True, f"{figures}; not shown to be worse (p = {p:.3f}, paired by document)")


def worse_by_chance(candidate: Sequence[DocumentScore], incumbent: Sequence[DocumentScore]) -> float:
    """Return how probable it is that a candidate which is as good makes so many more errors, or still more, by chance.

    Sign-flip permutation test on the difference of errors in each document (Fisher, 1935): 1 when it makes no more.
    """
    theirs = {score.id: score.errors for score in incumbent}
    difference = np.array([score.errors - theirs[score.id] for score in candidate], float)
    if difference.sum() <= 0:
        return 1.0
    signs = np.random.default_rng(0).integers(0, 2, (RESAMPLES, len(difference))) * 2 - 1
    return float((1 + (signs @ difference >= difference.sum()).sum()) / (1 + RESAMPLES))


def _templates(candidate: Measurement, incumbent: Measurement) -> Iterator[Rule]:
    before = incumbent.by_template()
    for name, now in sorted(candidate.by_template().items()):
        then = before[name]
        more = _errors(now) - _errors(then)
        ok = more <= TEMPLATE_ERRORS or (then.f1 or 0.0) - (now.f1 or 0.0) <= TEMPLATE_DROP
        yield Rule(
            f"template {name or 'unknown'}",
            ok,
            f"F1 {_show(now)}, incumbent {_show(then)}" + ("" if ok else f": {more} errors more"),
        )


def _speed(candidate: Measurement, incumbent: Measurement) -> Rule:
    budget = max(ALWAYS_FAST_S, SLOWER * incumbent.seconds_a_page)
    ok = candidate.seconds_a_page <= budget
    return Rule(
        "speed", ok, f"{candidate.seconds_a_page * 1000:.0f} ms a page, at most {budget * 1000:.0f} are allowed"
    )


def _network(network: NetworkOrigin) -> Rule:
    match network:
        case NetworkOrigin.SHIPPED:
            return Rule("network", True, "the network is the shipped one, compared with torch when it was exported")
        case NetworkOrigin.TRAINED_HERE:
            return Rule("network", True, "the network was trained by a run here, which compared its export with torch")
    return Rule("network", False, "the network is not the shipped one, and nothing here has compared it with torch")


def _blind(candidate: Measurement, blind: Measurement | None) -> Rule:
    if blind is None or len(blind.documents) < LEAST_BLIND:
        return Rule("blind", True, f"fewer than {LEAST_BLIND} documents on the blind side: nothing is said")
    drop = (candidate.counts.f1 or 0.0) - (blind.counts.f1 or 0.0)
    ok = drop <= BLIND_DROP
    return Rule("blind", ok, f"F1 {_show(blind.counts)} on the blind side, {_show(candidate.counts)} on the test side")


def _errors(counts: Counts) -> int:
    return counts.false_positives + counts.false_negatives


def _show(counts: Counts) -> str:
    return "–" if counts.f1 is None else f"{counts.f1:.3f}"
