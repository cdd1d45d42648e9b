"""Which template is this document? Known by one example, unknown when it looks like none of them.

Open-set recognition as verification: for each template the question "is this document one of its kind?" gets a
probability of its own, and the document is unknown when no answer is yes (Scheirer et al., "Toward Open Set
Recognition", 2013). A template is the mean of its examples' signatures (nearest class mean: Mensink et al., 2013), so
one more example is one more row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from invex.fields.prediction import TemplateMatch
from invex.reading.types import Document

from .signatures import GROUP_SIZE, GROUPS, SIZE, Signature, signature

Vector = NDArray[np.float32]
Features = NDArray[np.float64]

KNOWN_FROM = 0.5  # a template is named when it is likelier than not
MAX_EXAMPLES = 30  # a template's look is settled by then; the newest are kept, since layouts drift
STABLE_SHARE = 0.5  # a bucket is part of the form when at least this share of the examples has it
MIN_RARITY = 0.1  # what every template prints still says a little


@dataclass(frozen=True)
class Verification:
    """P(same template | features), a logistic model; its numbers come from synthetic sellers (the base package).

    coefficients: (2 * len(GROUPS),), for the square roots of resemblance then containment, group by group.
    """

    intercept: float = -9.0
    coefficients: tuple[float, ...] = (2.5, 5.0, 2.5, 2.5, 5.0, 2.5)

    def __call__(self, features: Features) -> Features:
        """features: (..., 2 * len(GROUPS)) -> probabilities (...)."""
        logit = self.intercept + np.sqrt(np.maximum(features, 0.0)) @ np.array(self.coefficients)
        result: Features = 1.0 / (1.0 + np.exp(-logit))
        return result


@dataclass(frozen=True)
class TemplateIndex:
    """The known templates. Immutable: `with_example` returns another one.

    examples: name -> signatures of its confirmed documents, oldest first, at most MAX_EXAMPLES.
    """

    examples: Mapping[str, tuple[Signature, ...]] = field(default_factory=dict)
    verification: Verification = Verification()

    def with_example(self, name: str, document: Document) -> TemplateIndex:
        """Return an index in which `document` is one more example of template `name`, new or not."""
        kept = (*self.examples.get(name, ()), signature(document))[-MAX_EXAMPLES:]
        return TemplateIndex({**self.examples, name: kept}, self.verification)

    def without_template(self, name: str) -> TemplateIndex:
        """Return an index that has never heard of template `name`."""
        return TemplateIndex({n: s for n, s in self.examples.items() if n != name}, self.verification)

    def match(self, document: Document) -> TemplateMatch:
        """Return the best template and P(document is one of its kind); name None where that is below KNOWN_FROM."""
        ranked = self.probabilities(document)
        if not ranked:
            return TemplateMatch(None, 0.0)
        name, confidence = max(ranked.items(), key=lambda item: item[1])
        return TemplateMatch(name if confidence >= KNOWN_FROM else None, confidence)

    def probabilities(self, document: Document) -> dict[str, float]:
        """Return P(document is one of its kind) for every template; they need not sum to 1."""
        query = signature(document)
        if query.is_empty or not self.examples:
            return dict.fromkeys(self.examples, 0.0)
        values = self.verification(self._profiles.features(query))
        return {name: float(value) for name, value in zip(self._profiles.names, values, strict=True)}

    @cached_property
    def _profiles(self) -> _Profiles:
        return _Profiles.of(self.examples)

    def to_arrays(self) -> dict[str, NDArray]:
        """Return the examples as arrays for a package; the same index gives the same bytes."""
        names = sorted(self.examples)
        signatures = [s for name in names for s in self.examples[name]]
        return {
            "buckets": _joined([s.buckets for s in signatures], np.int32),
            "weights": _joined([s.weights for s in signatures], np.float16),
            "lengths": np.array([len(s.buckets) for s in signatures], np.int32),
            "examples": np.array([len(self.examples[name]) for name in names], np.int32),
            "names": np.frombuffer("\n".join(names).encode(), np.uint8),
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray], verification: Verification = Verification()) -> TemplateIndex:
        """The inverse of `to_arrays`."""
        ends = np.cumsum(arrays["lengths"])
        signatures = iter(
            Signature(arrays["buckets"][end - n : end], arrays["weights"][end - n : end].astype(np.float32))
            for end, n in zip(ends, arrays["lengths"], strict=True)
        )
        text = arrays["names"].tobytes().decode()
        names = text.split("\n") if len(arrays["examples"]) else []
        return TemplateIndex(
            {
                name: tuple(next(signatures) for _ in range(n))
                for name, n in zip(names, arrays["examples"], strict=True)
            },
            verification,
        )


def fit_templates(
    examples: Mapping[str, Sequence[Document]], *, verification: Verification = Verification()
) -> TemplateIndex:
    """Return the index of templates of which `examples` are the confirmed documents; one each is enough to begin."""
    kept = {name: tuple(signature(d) for d in documents[-MAX_EXAMPLES:]) for name, documents in examples.items()}
    return TemplateIndex({name: kept[name] for name in sorted(kept) if kept[name]}, verification)


@dataclass(frozen=True)
class _Profiles:
    """All templates as two sparse matrices over one pattern, row by row (T templates, n entries).

    buckets: (n,); resemblance, containment: (n,), rows of unit length and of sum 1 in each group.
    bounds: (T * groups + 1,) first entry of each group of each row, then n.
    """

    names: tuple[str, ...]
    buckets: NDArray[np.int32]
    resemblance: Vector
    containment: Vector
    bounds: NDArray[np.int64]
    rarity: Vector  # (SIZE,)

    @staticmethod
    def of(examples: Mapping[str, tuple[Signature, ...]]) -> _Profiles:
        names = tuple(name for name, signatures in examples.items() if any(not s.is_empty for s in signatures))
        supports = {name: _support([s for s in examples[name] if not s.is_empty]) for name in names}
        # Templates that print a bucket, not documents: otherwise ten examples would make a form's own words common.
        frequency = np.zeros(SIZE, np.float32)
        for buckets, share, _ in supports.values():
            frequency[buckets] += share
        rarity = np.maximum(np.log((len(names) + 1) / (frequency + 0.5)), MIN_RARITY).astype(np.float32)
        rows, starts, offset = [], [np.zeros(0, np.int64)], 0
        for name in names:
            buckets, share, mean = supports[name]
            group = buckets // GROUP_SIZE
            weight = rarity[buckets]
            stable = np.where(share >= STABLE_SHARE, share * weight, 0.0)
            centre = mean * weight * share
            length = np.sqrt(np.bincount(group, centre**2, len(GROUPS)))[group]
            total = np.bincount(group, stable, len(GROUPS))[group]
            rows.append((buckets, centre / length, stable / np.maximum(total, 1e-9)))
            starts.append(np.searchsorted(buckets, np.arange(len(GROUPS)) * GROUP_SIZE) + offset)
            offset += len(buckets)
        return _Profiles(
            names,
            _joined([r[0] for r in rows], np.int32),
            _joined([r[1] for r in rows], np.float32),
            _joined([r[2] for r in rows], np.float32),
            np.append(np.concatenate(starts), offset),
            rarity,
        )

    def features(self, query: Signature) -> Features:
        """Return (T, 2 * groups) in [0, 1]: resemblance (cosine), then containment (share of the form that is there)."""
        weighted = query.weights * self.rarity[query.buckets]
        group = query.buckets // GROUP_SIZE
        length = np.sqrt(np.bincount(group, weighted**2, len(GROUPS)))[group]
        dense = np.zeros(SIZE, np.float32)
        dense[query.buckets] = weighted / length
        values = dense[self.buckets]
        return np.concatenate(
            [self._sums(values * self.resemblance), self._sums((values > 0) * self.containment)], axis=1
        )

    def _sums(self, entries: Vector) -> Features:
        """Sum over each group of each row, (T, groups); an empty group gives 0, which np.add.reduceat would not."""
        running = np.concatenate([np.zeros(1), np.cumsum(entries, dtype=np.float64)])
        return np.diff(running[self.bounds]).reshape(-1, len(GROUPS))


def _support(signatures: Sequence[Signature]) -> tuple[NDArray[np.int32], Vector, Vector]:
    """Return the buckets of all, the share of signatures that have each, and its mean weight."""
    buckets, inverse = np.unique(np.concatenate([s.buckets for s in signatures]), return_inverse=True)
    share = np.bincount(inverse, minlength=len(buckets)) / len(signatures)
    mean = np.bincount(inverse, np.concatenate([s.weights for s in signatures]), len(buckets)) / len(signatures)
    return buckets, share.astype(np.float32), mean.astype(np.float32)


def _joined(parts: Iterable[NDArray], dtype: type) -> NDArray:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)
