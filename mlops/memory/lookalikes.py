"""Unknown documents that look alike, for the studio (settings.GROUPER)."""

from __future__ import annotations

from collections.abc import Sequence

from invex.reading.types import Document
from mlops.learning.grouping import Group, group, newcomers
from mlops.learning.signatures import signature


def assign(groups: Sequence[Sequence[Document]], loose: Sequence[Document]) -> list[int | None]:
    """Return the group of each loose document: its position in `groups`, beyond them a new one, None = alone.

    A document that resembles a group joins it; the others are compared with each other.
    """
    looks = [signature(document) for members in groups for document in members]
    starts = [sum(len(members) for members in groups[:i]) for i in range(len(groups))]
    known = [
        Group(tuple(range(start, start + len(members))), start, 1.0)
        for start, members in zip(starts, groups, strict=True)
    ]
    index = newcomers(known, looks)
    found: list[int | None] = []
    for document in loose:
        name = index.match(document).name
        found.append(None if name is None else int(name))
    left = [i for i, number in enumerate(found) if number is None]
    for number, made in enumerate(group([signature(loose[i]) for i in left]), start=len(groups)):
        for member in made.members:
            found[left[member]] = number
    return found
