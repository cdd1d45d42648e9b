"""Sides that never leak and never change: papers that belong together share one, and keep it for ever."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from invex.fields.labels import Label
from invex.reading.types import Document

from .states import Side

SHARES = ((Side.TRAIN, 0.7), (Side.TEST, 0.2), (Side.BLIND, 0.1))
SERIES_MOST = 6  # documents that share a number: more have a customer number in common, not a series
SERIES_LEAST_DISTINCT = 0.5  # of a field's values: below that it says who, not which
HASH_SPACE = float(1 << 64)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document whose side is asked for. key: sha256 of its file. label: what was confirmed."""

    key: str
    document: Document
    label: Label


def side_of(salt: str, group: str) -> Side:
    """Return the side of a group of papers that none was said for. salt: the project; sides differ between them."""
    position = int.from_bytes(hashlib.sha256(f"{salt}\0{group}".encode()).digest()[:8]) / HASH_SPACE
    for side, share in SHARES:
        if position < share:
            return side
        position -= share
    return SHARES[0][0]  # rounding


def series(papers: Iterable[Paper], id_fields: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the keys of papers that are one series: of one template, with the same number in a field that tells apart.

    Such are the revisions of an order, or the parts of a delivery. A field whose values mostly repeat names a customer.
    """
    by_template: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        if paper.label.template is not None:
            by_template[paper.label.template].append(paper)
    found: list[tuple[str, ...]] = []
    for _, mine in sorted(by_template.items()):
        for field in sorted(id_fields):
            having: dict[str, list[str]] = defaultdict(list)
            for paper in mine:
                for value in paper.label.fields.get(field, ()):
                    having[value.value].append(paper.key)
            total = sum(len(keys) for keys in having.values())
            if total and len(having) / total >= SERIES_LEAST_DISTINCT:
                found += [tuple(sorted(keys)) for keys in having.values() if 1 < len(set(keys)) <= SERIES_MOST]
    return found


def joined(keys: Iterable[str], together: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return for each key the smallest key of its group, where `together` lists what belongs to one (union-find)."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for group in together:
        first, *others = group
        for other in others:
            a, b = sorted((root(first), root(other)))
            parent[b] = a
    return {key: root(key) for key in parent}


def sides(salt: str, groups: Mapping[str, str], said: Mapping[str, Side]) -> dict[str, Side]:
    """Return the side of each paper: what was said of it, else of its group, else by the hash of the group.

    groups: paper -> group. said: what is kept for ever. A group whose members were said to be on two sides before
    anybody knew that they belong together stays torn; validation reports it.
    """
    of_group: dict[str, Side] = {}
    for key in sorted(groups):
        if key in said:
            of_group.setdefault(groups[key], said[key])
    return {key: said.get(key) or of_group.get(group) or side_of(salt, group) for key, group in groups.items()}
