"""The printed lines of a page, for evidence and for the boxes of values that wrap. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from invex.reading.types import Word

SAME_LINE = 0.5  # of the height of the taller word, by which the centre of the next may be off


def lines_of(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Yield runs of `words`, which are in reading order, that stand beside each other; none is empty."""
    line: list[Word] = []
    for word in words:
        if line and not _is_beside(line[-1], word):
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _is_beside(left: Word, right: Word) -> bool:
    step = abs(left.box.center[1] - right.box.center[1])
    return step <= SAME_LINE * max(left.box.height, right.box.height) and right.box.x0 >= left.box.x0
