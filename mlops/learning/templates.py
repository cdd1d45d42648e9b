"""Which template is this document? Known by one example, unknown when it looks like none of them.

Open-set recognition as verification: each template answers for itself whether the document is one of its kind, and the
document is unknown when none says yes (Scheirer et al., "Toward Open Set Recognition", 2013). Three figures decide, on
the signatures of `signatures.py`:

resemblance   cosine to the mean of the examples (nearest class mean: Mensink et al., 2013)
containment   share of the form, that is of what most examples have, that the document has (Broder, 1997). Long tables
              and other values dilute the resemblance; they leave the containment as it is.
wording       from two examples on, how much it lacks of the words that all of them print (`wording.py`): another
              sender's paper from the same program is none of the kind, however much it looks like it.

Where OCR could hardly read the page, what it looks like from afar is weighed with that (`thumbnails.py`).

No template needs the others or any negatives, so one example more is one addition, and the second document of a kind
that was unknown a minute ago is recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from invex.fields.prediction import TemplateMatch
from invex.reading.types import Document

from . import thumbnails
from .signatures import GROUP_SIZE, GROUP_WEIGHTS, GROUPS, SIZE, Signature, signature
from .wording import Wording, Words

Vector = NDArray[np.float32]
Floats = NDArray[np.float64]

_NO_WORDS: Words = np.zeros(0, np.uint32)
_NO_THUMBNAILS = np.zeros(0, np.uint8)

KNOWN_FROM = 0.5  # a template is named when it is likelier than not
MAX_EXAMPLES = 30  # a template's look is settled by then; the newest are kept, since layouts drift
FORM_SHARE = 0.5  # a bucket is part of the form when more than this share of the examples has it

# The likeness at which a document is as likely of the kind as not. One example cannot tell the form from what was
# filled in, so its own kind resembles it less. Chosen between the 99th percentile of strangers and the 5th of own
# documents of synthetic vendors with 40 % of each page exchanged for another vendor's, and a little higher: real
# strangers share more, since one program prints the forms of many senders.
EVEN_AT_ONE_EXAMPLE = 0.55
EVEN_AT_MORE = 0.65
LIKENESS_SCALE = 0.04  # logistic: this much more likeness, and the odds are e times better


@dataclass(frozen=True)
class Look:
    """What a template looks like, from its examples (oldest first, each with enough words or a thumbnail)."""

    examples: tuple[Signature, ...]

    @cached_property
    def profile(self) -> _Profile | None:
        """What the examples with enough words say; None where there are none."""
        worded = [s for s in self.examples if not s.is_empty]
        return _Profile.of(worded) if worded else None

    @cached_property
    def thumbnails(self) -> Vector:
        """(m, thumbnails.SIZE), standardised, of the examples that have one."""
        drawn = [s.thumbnail for s in self.examples if len(s.thumbnail)]
        return thumbnails.standardised(np.array(drawn, np.uint8).reshape(-1, thumbnails.SIZE))

    def probability(self, query: _Query) -> float:
        """Return P(the document is one of its kind): by its words as far as they can be trusted, else by its looks."""
        by_words = by_looks = None
        if self.profile is not None and query.dense is not None:
            by_words = self.profile.log_odds(query.dense, query.words)
        if query.thumbnail is not None and len(self.thumbnails):
            by_looks = thumbnails.log_odds(query.thumbnail, self.thumbnails)
        if by_words is None or by_looks is None:
            log_odds = by_looks if by_words is None else by_words
        else:
            log_odds = query.legibility * by_words + (1.0 - query.legibility) * by_looks
        return float(1.0 / (1.0 + np.exp(-log_odds))) if log_odds is not None else 0.0


@dataclass(frozen=True)
class _Query:
    """A document that is looked at.

    dense: (SIZE,), each group of unit length; None where it has too few words. words: to the letter.
    thumbnail: standardised; None where the words are enough or nobody drew it. legibility: the words' weight.
    """

    dense: Vector | None
    words: Words
    thumbnail: Vector | None
    legibility: float

    @staticmethod
    def of(one: Signature) -> _Query:
        weight = 0.0 if one.is_empty else one.legibility
        return _Query(
            None if one.is_empty else _unit_groups(one),
            one.words,
            thumbnails.standardised(one.thumbnail) if len(one.thumbnail) and weight < 1.0 else None,
            weight,
        )


@dataclass(frozen=True)
class TemplateIndex:
    """The known templates. Immutable: `with_example` returns another one, which shares what did not change.

    looks: name -> what it looks like.
    """

    looks: Mapping[str, Look] = field(default_factory=dict)

    def with_example(self, name: str, document: Document) -> TemplateIndex:
        """Return an index in which `document` is one more example of template `name`, new or not.

        A document with neither enough words nor a thumbnail to look like anything is left out.
        """
        look = _look([*(self.looks[name].examples if name in self.looks else ()), signature(document)])
        return self.merged(TemplateIndex({name: look})) if look.examples else self

    def with_template(self, name: str, documents: Sequence[Document]) -> TemplateIndex:
        """Return an index in which `documents` are all the examples of template `name`."""
        look = _look([signature(document) for document in documents])
        others = self.without_template(name)
        return others.merged(TemplateIndex({name: look})) if look.examples else others

    def merged(self, other: TemplateIndex) -> TemplateIndex:
        """Return an index of the templates of both; where both know a name, as `other` knows it."""
        return replace(self, looks={**self.looks, **other.looks})

    def without_template(self, name: str) -> TemplateIndex:
        """Return an index that has never heard of template `name`."""
        return replace(self, looks={n: look for n, look in self.looks.items() if n != name})

    def match(self, document: Document) -> TemplateMatch:
        """Return the best template and P(document is one of its kind); name None where that is below KNOWN_FROM."""
        ranked = self.probabilities(document)
        if not ranked:
            return TemplateMatch(None, 0.0)
        name = max(ranked, key=lambda n: (ranked[n], n))
        return TemplateMatch(name if ranked[name] >= KNOWN_FROM else None, ranked[name])

    def probabilities(self, document: Document) -> dict[str, float]:
        """Return P(document is one of its kind) for every template; they need not sum to 1."""
        query = _Query.of(signature(document))
        return {name: look.probability(query) for name, look in self.looks.items()}

    def to_arrays(self) -> dict[str, NDArray]:
        """Return the examples as arrays for a package; the same index gives the same bytes."""
        names = sorted(self.looks)
        signatures = [s for name in names for s in self.looks[name].examples]
        drawn = [bool(len(s.thumbnail)) for s in signatures]
        seen = {
            "drawn": np.array(drawn, np.uint8),  # which of the examples have a thumbnail
            "thumbnails": _joined([s.thumbnail for s in signatures], np.uint8),
        }
        return {
            **(seen if any(drawn) else {}),
            "buckets": _joined([s.buckets for s in signatures], np.int32),
            "weights": _joined([s.weights for s in signatures], np.float32),
            "lengths": np.array([len(s.buckets) for s in signatures], np.int32),
            "words": _joined([s.words for s in signatures], np.uint32),
            "word_lengths": np.array([len(s.words) for s in signatures], np.int32),
            "examples": np.array([len(self.looks[name].examples) for name in names], np.int32),
            "names": np.frombuffer("\0".join(names).encode(), np.uint8),
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray]) -> TemplateIndex:
        """The inverse of `to_arrays`."""
        if not len(arrays["examples"]):
            return TemplateIndex()
        lengths = arrays["lengths"]
        # What was written before words were kept has none, and is judged by its likeness alone.
        words, word_lengths = arrays.get("words", _NO_WORDS), arrays.get("word_lengths", np.zeros_like(lengths))
        drawn = arrays.get("drawn", np.zeros_like(lengths)).astype(np.int32)
        signatures = map(
            Signature,
            _split(arrays["buckets"], lengths),
            _split(arrays["weights"], lengths),
            _split(words, word_lengths),
            _split(arrays.get("thumbnails", _NO_THUMBNAILS), drawn * thumbnails.SIZE),
        )
        names = arrays["names"].tobytes().decode().split("\0")
        counts = zip(names, arrays["examples"], strict=True)
        return TemplateIndex({name: Look(tuple(next(signatures) for _ in range(n))) for name, n in counts})


def fit_templates(examples: Mapping[str, Sequence[Document]]) -> TemplateIndex:
    """Return the index of templates of which `examples` are the confirmed documents; one each is enough to begin."""
    index = TemplateIndex()
    for name in sorted(examples):
        index = index.with_template(name, examples[name])
    return index


@dataclass(frozen=True)
class _Profile:
    """The examples of a template as one sparse vector.

    buckets: (n,), ascending. group: (n,) of them. resemblance, containment: (n,), of unit length and of sum 1 in each
    group, times the group's weight. even_at: the likeness at which it is as likely as not. wording: what all examples
    print.
    """

    buckets: NDArray[np.intp]
    group: NDArray[np.intp]
    resemblance: Vector
    containment: Vector
    even_at: float
    wording: Wording

    @staticmethod
    def of(examples: Sequence[Signature]) -> _Profile:
        buckets, inverse = np.unique(np.concatenate([s.buckets for s in examples]), return_inverse=True)
        share = np.bincount(inverse, minlength=len(buckets)) / len(examples)
        mean = np.bincount(inverse, np.concatenate([s.weights for s in examples]), len(buckets)) / len(examples)
        buckets = buckets.astype(np.intp)
        group = buckets // GROUP_SIZE
        centre = mean * share  # what only few examples have is a value, or noise
        form = np.where(share > FORM_SHARE, share, 0.0)
        return _Profile(
            buckets,
            group,
            (centre / np.sqrt(_group_sums(group, centre**2))[group]).astype(np.float32),
            (form / np.maximum(_group_sums(group, form), 1e-9)[group]).astype(np.float32),
            EVEN_AT_ONE_EXAMPLE if len(examples) == 1 else EVEN_AT_MORE,
            Wording.of([s.words for s in examples]),
        )

    def likeness(self, query: Vector) -> float:
        """How much a document looks like this, [0, 1]; query: (SIZE,), each group of unit length."""
        values = query.take(self.buckets)
        resemblance = _group_sums(self.group, values * self.resemblance)
        containment = _group_sums(self.group, (values > 0) * self.containment)
        # Square roots, since half of a form is far more than half way from a stranger to one of the kind.
        return float(np.array(GROUP_WEIGHTS) @ (np.sqrt(resemblance) + np.sqrt(containment))) / 2

    def log_odds(self, query: Vector, words: Words) -> float:
        return (self.likeness(query) - self.even_at) / LIKENESS_SCALE + self.wording.log_probability(words)


def _look(signatures: Sequence[Signature]) -> Look:
    return Look(tuple(s for s in signatures if not s.is_empty or len(s.thumbnail))[-MAX_EXAMPLES:])


def _unit_groups(query: Signature) -> Vector:
    """Return the signature as a dense vector, (SIZE,), each group of unit length."""
    group = query.buckets // GROUP_SIZE
    dense = np.zeros(SIZE, np.float32)
    dense[query.buckets] = query.weights / np.sqrt(_group_sums(group, query.weights**2))[group]
    return dense


def _group_sums(group: NDArray[np.integer], entries: NDArray) -> Floats:
    sums: Floats = np.bincount(group, entries, len(GROUPS)).astype(np.float64)
    return sums


def _split(joined: NDArray, lengths: NDArray[np.int32]) -> list[NDArray]:
    return np.split(joined, np.cumsum(lengths)[:-1])


def _joined(parts: Iterable[NDArray], dtype: type) -> NDArray:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)
