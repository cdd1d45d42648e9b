"""What a clerk's hour cost, as the tables of docs/reviewing.md."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean, quantiles
from typing import Protocol

TEN = 10
# Of the kinds of clerk.py; the others are asked for by the page while somebody looks at it, or works on.
WAITED_FOR = ("approve", "say what a value means", "choose another template", "open a document")


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


def report(found: Sequence[Cost], served: Sequence[tuple[str, float]]) -> str:
    """Return the tables: what a document cost, first ten against last ten, and the answers by kind of request.

    served: (kind, milliseconds) of the same requests, as the web server timed them.
    """
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
    seen, at_server = _by_kind(answer for one in found for answer in one.answers), _by_kind(served)
    lines += [
        "",
        "| answer to | requests | browser: p50, ms | p95 | web server: p50, ms | p95 |",
        "|---|---|---|---|---|---|",
    ]
    for kind, times in sorted(seen.items(), key=lambda item: -len(item[1])):
        columns = [f"{percentile(part, p):.0f}" if part else "–" for part in (times, at_server[kind]) for p in (50, 95)]
        lines.append(f"| {kind} | {len(times)} | {' | '.join(columns)} |")
    waited = [[ms for kind in WAITED_FOR for ms in times.get(kind, [])] for times in (seen, at_server)]
    columns = [f"{percentile(part, p):.0f}" if part else "–" for part in waited for p in (50, 95)]
    lines.append(f"| all of these that somebody waits for | {len(waited[0])} | {' | '.join(columns)} |")
    return "\n".join(lines)


def _by_kind(answers: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    found = defaultdict(list)
    for kind, ms in answers:
        found[kind].append(ms)
    return found
