"""Unknown documents that look alike: each group is offered as a new template.

Agglomerative clustering with average linkage (Sokal and Michener, 1958) on the resemblance of signatures, by the
nearest-neighbour chain (Benzécri, 1982; Murtagh, 1983): O(n²) time, and 4 n² bytes, so some thousands of documents in
seconds. What comes later is compared with the groups, not with all documents: see `newcomers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hashing import mix
from .signatures import GROUP_SIZE, GROUP_WEIGHTS, Signature
from .templates import MAX_EXAMPLES, Look, TemplateIndex

# Two groups are one when their documents resemble each other so much on average. Synthetic vendors fall apart from 0.56
# to 0.70; in the middle of that, the groups are pure and not yet torn.
SAME_KIND = 0.6
SKETCH_BITS = 13  # columns of the sketch of one signature group

_MERGED = -1.0  # resemblance of what is no cluster any more


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that look alike, as positions in the list that was grouped, ascending; at least two.

    typical: the member that resembles the others most, the best one to label first.
    cohesion: mean resemblance of its pairs, [SAME_KIND, 1].
    """

    members: tuple[int, ...]
    typical: int
    cohesion: float


def group(signatures: Sequence[Signature]) -> tuple[Group, ...]:
    """Return the groups among documents, the largest first; what resembles nothing is in none."""
    with_text = [i for i, one in enumerate(signatures) if not one.is_empty]
    similarity = _resemblances([signatures[i] for i in with_text])
    groups = []
    for members in _average_linkage(similarity, SAME_KIND):
        if len(members) > 1:
            within = similarity[np.ix_(members, members)]
            np.fill_diagonal(within, 0.0)
            pairs = len(members) * (len(members) - 1)
            groups.append(
                Group(
                    tuple(with_text[i] for i in members),
                    with_text[members[int(within.sum(axis=0).argmax())]],
                    float(within.sum() / pairs),
                )
            )
    return tuple(sorted(groups, key=lambda g: (-len(g.members), g.members)))


def newcomers(groups: Sequence[Group], signatures: Sequence[Signature]) -> TemplateIndex:
    """Return an index that finds a later document its group: `match(document).name` is its position, as text."""
    return TemplateIndex(
        {str(i): Look(tuple(signatures[m] for m in g.members[-MAX_EXAMPLES:])) for i, g in enumerate(groups)}
    )


def _resemblances(signatures: Sequence[Signature]) -> NDArray[np.float32]:
    """Return how much each document resembles each, (n, n), in [0, 1], the diagonal included."""
    n = len(signatures)
    total = np.zeros((n, n), np.float32)
    for number, weight in enumerate(GROUP_WEIGHTS):
        sketch = np.zeros((n, 1 << SKETCH_BITS), np.float32)
        for row, one in enumerate(signatures):
            _sketch(one, number, sketch[row])
        cosine = sketch @ sketch.T  # (n, n)
        total += np.float32(weight) * np.sqrt(np.clip(cosine, 0.0, 1.0))
    return total


def _sketch(one: Signature, number: int, row: NDArray[np.float32]) -> None:
    """Write one group of a signature into `row` with random signs, which keeps cosines (Weinberger et al., 2009)."""
    start, stop = np.searchsorted(one.buckets, [number * GROUP_SIZE, (number + 1) * GROUP_SIZE])
    hashes = mix(one.buckets[start:stop].astype(np.uint64))
    columns = (hashes >> np.uint64(64 - SKETCH_BITS)).astype(np.int64)
    signs = np.where(hashes & np.uint64(1), 1.0, -1.0)
    weights = one.weights[start:stop]
    row += np.bincount(columns, signs * weights, len(row)).astype(np.float32)
    row /= max(float(np.sqrt((weights**2).sum())), 1e-9)


def _average_linkage(similarity: NDArray[np.float32], at_least: float) -> list[list[int]]:
    """Return the clusters left when no two resemble each other by `at_least` on average; members ascending."""
    n = len(similarity)
    between = similarity.copy()
    np.fill_diagonal(between, _MERGED)
    members = {i: [i] for i in range(n)}
    finished: list[list[int]] = []
    chain: list[int] = []
    while members:
        if not chain:
            chain.append(next(iter(members)))
        current = chain[-1]
        nearest = int(between[current].argmax())
        if len(chain) > 1 and between[current, chain[-2]] >= between[current, nearest]:
            nearest = chain[-2]  # a tie must not send the chain round in circles
        if between[current, nearest] < at_least:
            # Average linkage is reducible: merging others cannot bring this one nearer to any.
            finished.append(sorted(members.pop(current)))
            between[current, :] = between[:, current] = _MERGED
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            a, b = len(members[current]), len(members[nearest])
            merged = (a * between[current] + b * between[nearest]) / (a + b)
            merged[[nearest, *np.flatnonzero(between[nearest] == _MERGED)]] = _MERGED
            between[nearest, :] = between[:, nearest] = merged
            between[current, :] = between[:, current] = _MERGED
            members[nearest] += members.pop(current)
            del chain[-2:]
        else:
            chain.append(nearest)
    return finished
