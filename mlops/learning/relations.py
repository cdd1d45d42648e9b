"""What standard fields say about each other: sums, dates in their order, two parties.

A small factor graph (Kschischang et al., "Factor Graphs and the Sum-Product Algorithm", 2001), exact by enumeration:
each relation multiplies the probabilities of the combinations that it speaks about, and every field gets its marginal.
Where the likeliest of each make a combination that hardly is, as one name for both parties, the likeliest combination
is taken instead: every field gets what it is given the others of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product, starmap

import numpy as np

from .decoding import Choice, Ranking
from .layout import Floats
from .locate import flat

STATES = 6  # likeliest values of a field that take part; absence and all the others are two states more
CENT = 0.015
MOST_TAX = 0.3  # of the net amount; the highest rate of value-added tax is 27 %
Test = Callable[..., bool]


@dataclass(frozen=True, slots=True)
class Relation:
    """fields: keys in the order of the arguments of `holds`. odds: where it holds, against where not.

    read: gives each argument, from a value.
    """

    fields: tuple[str, ...]
    read: Callable[[str], object]
    holds: Test
    odds: float


def _adds_up(net: float, tax: float, total: float) -> bool:
    """The sum is right, and the tax one that is raised somewhere: 100 + 100 = 200 are others, 100 + 0 says nothing."""
    return abs(net + tax - total) < CENT and 0 < tax * net <= MOST_TAX * net**2


def _is_earlier(first: str, second: str) -> bool:
    return first < second  # ISO dates


def _is_same_name(supplier: str, customer: str) -> bool:
    """One name, flat, begins or ends with the other: the same party, or a part of its name."""
    a, b = sorted((supplier, customer), key=len)
    return b.startswith(a) or b.endswith(a)


RELATIONS = (
    Relation(("net_amount", "tax_amount", "total_amount"), float, _adds_up, 20.0),
    Relation(("due_date", "invoice_date"), str, _is_earlier, 0.05),
    Relation(("supplier_name", "customer_name"), flat, _is_same_name, 0.05),
)


def relate(rankings: Mapping[str, Ranking], relations: tuple[Relation, ...] = RELATIONS) -> dict[str, Ranking]:
    """Return the rankings, by field key, given what the fields say about each other."""
    out = dict(rankings)
    for relation in relations:
        if all(key in out and out[key].choices for key in relation.fields):
            before = [out[key] for key in relation.fields]
            for key, ranking in zip(relation.fields, _marginals(before, relation), strict=True):
                out[key] = ranking
    return out


def _marginals(rankings: list[Ranking], relation: Relation) -> list[Ranking]:
    likely = [r.choices[:STATES] for r in rankings]
    joint: Floats = np.ones((), np.float64)
    for ranking, choices in zip(rankings, likely, strict=True):
        known = [c.probability for c in choices]
        rest = max(1.0 - sum(known) - ranking.absent, 0.0)
        joint = np.multiply.outer(joint, np.array([*known, ranking.absent, rest]))
    sizes = tuple(map(len, likely))
    held = starmap(relation.holds, product(*([relation.read(c.value) for c in choices] for choices in likely)))
    known_part = joint[tuple(map(slice, sizes))]
    known_part[np.fromiter(held, bool).reshape(sizes)] *= relation.odds
    joint /= joint.sum()
    axes = range(len(rankings))
    masses: list[Floats] = [joint.sum(axis=tuple(a for a in axes if a != axis)) for axis in axes]
    tops = [int(np.argmax(mass)) for mass in masses]
    if relation.odds < 1 and all(top < size for top, size in zip(tops, sizes, strict=True)):
        said = [relation.read(choices[top].value) for top, choices in zip(tops, likely, strict=True)]
        if relation.holds(*said):
            best = tuple(int(i) for i in np.unravel_index(int(np.argmax(joint)), joint.shape))
            given = [np.moveaxis(joint, axis, -1)[best[:axis] + best[axis + 1 :]] for axis in axes]
            masses = [mass / mass.sum() for mass in given]
    return [
        _updated(ranking, len(choices), mass) for ranking, choices, mass in zip(rankings, likely, masses, strict=True)
    ]


def _updated(ranking: Ranking, known: int, mass: Floats) -> Ranking:
    """mass: (known + 2,) new probabilities of the first values, of absence and of all others together."""
    others = ranking.choices[known:]
    old_rest = 1.0 - sum(c.probability for c in ranking.choices[:known]) - ranking.absent
    scale = float(mass[-1]) / old_rest if old_rest > 0 else 0.0
    new = [Choice(c.value, float(p), c.best) for c, p in zip(ranking.choices, mass[:known])]
    new += [Choice(c.value, c.probability * scale, c.best) for c in others]
    return Ranking(tuple(sorted(new, key=lambda c: -c.probability)), float(mass[known]))
