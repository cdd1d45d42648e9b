"""What a clerk's hour cost, as the tables of docs/reviewing.md."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, quantiles
from typing import Protocol

TEN = 10


class Cost(Protocol):
    """What one document cost: tests/bench/clerk.py."""

    actions: int
    corrected: int
    answers: list[tuple[str, float]]
    next_ms: float


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that `percent` of the values do not exceed, interpolated. Raises ValueError for no values."""
    if not values:
        raise ValueError("a percentile of nothing")
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[percent - 1]


def report(found: Sequence[Cost]) -> str:
    """Return the tables: what a document cost, first ten against last ten, and the answers by kind of request."""
    lines = [
        f"{len(found)} documents; load average at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        "",
        "| documents | actions | values corrected | system, ms | to the next document, ms |",
        "|---|---|---|---|---|",
    ]
    for title, part in (("first ten", found[:TEN]), ("last ten", found[-TEN:]), ("all", found)):
        system = mean(sum(ms for _, ms in one.answers) for one in part)
        waits = [one.next_ms for one in part if one.next_ms]
        next_ms = f"{percentile(waits, 50):.0f} (p95 {percentile(waits, 95):.0f})" if waits else "–"
        lines.append(
            f"| {title} | {mean(one.actions for one in part):.1f} | {mean(one.corrected for one in part):.1f} "
            f"| {system:.0f} | {next_ms} |"
        )
    by_kind = defaultdict(list)
    for one in found:
        for kind, ms in one.answers:
            by_kind[kind].append(ms)
    lines += ["", "| answer to | requests | p50, ms | p95, ms |", "|---|---|---|---|"]
    for kind, times in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        lines.append(f"| {kind} | {len(times)} | {percentile(times, 50):.0f} | {percentile(times, 95):.0f} |")
    return "\n".join(lines)
