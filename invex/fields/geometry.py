"""Where something is on a page."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle relative to its page, 0 <= x0 <= x1 <= 1, 0 <= y0 <= y1 <= 1, origin at the top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def overlap(self, other: Box) -> float:
        """Area of the intersection, relative to the page (0..1)."""
        w = min(self.x1, other.x1) - max(self.x0, other.x0)
        h = min(self.y1, other.y1) - max(self.y0, other.y0)
        return w * h if w > 0 and h > 0 else 0.0


def union(boxes: list[Box] | tuple[Box, ...]) -> Box:
    """The smallest box around all of `boxes`. Raises ValueError when there are none."""
    if not boxes:
        raise ValueError("union of no boxes")
    return Box(min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


class PageBox(NamedTuple):
    """A box on a page; pages count from 0."""

    page: int
    box: Box
