"""What the pages of the models area share: numbers out of addresses, pages of long lists, bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from invex.kernel.sent import sent_whole
from mlops.datasets.states import Side


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a bar (templates/documents/_bar.html). x, width: in [0, 1]."""

    kind: str
    label: str
    number: int
    x: str
    width: str


def numbers(texts: Iterable[str]) -> list[int]:
    """Return the whole numbers among them."""
    return [n for n in map(sent_whole, texts) if n is not None]


def bar(parts: Iterable[tuple[str, str, int]], of: int) -> list[Part]:
    """Return (kind, label, number) as rectangles side by side; a bar of `of` fills the width."""
    found, x = [], 0.0
    for kind, label, n in parts:
        if n:
            width = n / max(1, of)
            found.append(Part(kind, label, n, f"{x:.4f}", f"{width:.4f}"))
            x += width
    return found


def sides_bar(counts: Mapping[str, int], of: int) -> list[Part]:
    """Return the bar of documents by side."""
    return bar(((side.value, str(side.label), counts.get(side.value, 0)) for side in Side), of)


def balance(distribution: Mapping[str, Mapping[str, int]], held_back: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return one row a template: its documents, those of each side, those that are held back, and its bar.

    The longest bar fills the width.
    """
    distribution = {**{template: {} for template in held_back}, **distribution}
    totals = {template: sum(counts.values()) for template, counts in distribution.items()}
    most = max(totals.values(), default=0)
    return [
        {
            "template": template,
            "total": totals[template],
            "held_back": held_back.get(template, 0),
            "sides": [counts.get(side.value, 0) for side in Side],
            "bar": sides_bar(counts, most),
        }
        for template, counts in sorted(distribution.items(), key=lambda item: (-totals[item[0]], item[0]))
    ]
