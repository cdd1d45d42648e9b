"""Day zero: the standard invoice fields of an invoice never seen before, learned from synthetic documents alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from invex.fields.spec import FieldSpec, TemplateSpec
from invex.fields.standard import STANDARD_FIELDS

from .absence import learn_absence
from .dataset import Sample
from .feature_groups import GROUPS, Features
from .hashing import BUCKETS
from .layout import Floats
from .locate import locate
from .model import FieldModel, TemplateModel
from .scorer import Bag, Scorer
from .view import View

EVERY_DOCUMENT = "*"
CANDIDATES = {"text": 200}  # of a type and document; thousands of documents do not need all of them
OTHER_CANDIDATES = 80
KEPT_WEIGHTS = 30_000  # of a field, the largest: the package has to stay small
EPOCHS = 4
RATE = 0.3  # of the first step
# How far a kind of context is trusted: where things stand on a page differs more between real and synthetic documents
# than what is printed beside them. Its features enter that much smaller, so it takes more to learn from them.
TRUST = {"x0": 0.4, "x1": 0.4, "y0": 0.4, "place": 0.4}
LEFT_OUT = 0.05  # weight of each document without its value, against inventing
# Fields by which an invoice is known; a name, a currency or an address stands on every letter.
TELLING = (
    "invoice_number", "invoice_date", "due_date", "net_amount", "tax_amount", "total_amount", "due_amount", "iban",
    "supplier_vat_id", "purchase_order",
)  # fmt: skip
LEAST_TELLING = 3
# An invoice has one of them; contracts have dates and numbers, too.
SUMS = ("net_amount", "total_amount", "due_amount")


def train_day_zero(
    samples: Iterable[Sample], *, fields: tuple[FieldSpec, ...] = STANDARD_FIELDS, seed: int = 0
) -> TemplateModel:
    """Return a model of `fields` over documents of every layout."""
    rng = np.random.default_rng(seed)
    bags: dict[str, list[Bag]] = {f.key: [] for f in fields}
    documents = 0
    invoices = []
    for sample in samples:
        documents += 1
        if is_invoice(sample.label.fields):
            invoices.append(sample.label.fields)
        for f, bag in _bags(sample, fields, rng):
            bags[f.key].append(bag)
    models = []
    for f in fields:
        scorer = compact(fit_online(bags[f.key], rng), KEPT_WEIGHTS)
        present = sum(bool(b.positive.any()) for b in bags[f.key])
        models.append(FieldModel(f, scorer, present=present, absent=len(bags[f.key]) - present))
    # Values were left out of training documents against inventing on documents of any kind, see fit_online.
    taught = {m.field.key: (m.absent + LEFT_OUT * m.present, m.present) for m in models}
    return TemplateModel(
        TemplateSpec(EVERY_DOCUMENT, fields),
        tuple(models),
        documents=documents,
        absence=learn_absence(invoices, taught),
    )


def is_invoice(fields: Mapping[str, Sequence[object]]) -> bool:
    """The gate against inventing: a sum, and enough of what invoices say and hardly anything else does."""
    has_sum = any(fields.get(key) for key in SUMS)
    return has_sum and sum(bool(fields.get(key)) for key in TELLING) >= LEAST_TELLING


def _bags(sample: Sample, fields: tuple[FieldSpec, ...], rng: np.random.Generator) -> list[tuple[FieldSpec, Bag]]:
    """One bag a field that was labelled; fields of a type share their rows of features."""
    view = View(sample.document)
    out = []
    for kind in sorted({f.type for f in fields}):
        mine = [f for f in fields if f.type == kind and f.key in sample.label.fields]
        candidates = view.candidates(kind)
        if not len(candidates) or not mine:
            continue
        found = {f.key: [locate(candidates, v) for v in sample.label.fields[f.key]] for f in mine}
        keep = np.zeros(len(candidates), bool)
        for located in found.values():
            for x in located:
                keep |= x.matching
        others = np.flatnonzero(~keep)
        most = min(CANDIDATES.get(kind, OTHER_CANDIDATES), len(others))
        keep[rng.choice(others, most, replace=False)] = True
        rows = np.flatnonzero(keep)
        features = _small(view.features(kind).rows(rows))
        offset = np.zeros(len(rows), np.float32)
        nothing = np.zeros(len(rows), bool)
        for f in mine:
            located = found[f.key]
            if not sample.label.fields[f.key]:
                out.append((f, Bag(features, nothing, nothing, offset)))
            elif any(x.meant.any() for x in located):
                meant = np.logical_or.reduce([x.meant for x in located])[rows]
                matching = np.logical_or.reduce([x.matching for x in located])[rows]
                out.append((f, Bag(features, meant, matching & ~meant, offset)))
    return out


def fit_online(bags: list[Bag], rng: np.random.Generator) -> Scorer:
    """The loss of mlops.learning.scorer over thousands of documents, one by one, with AdaGrad (Duchi et al., 2011).

    Steps shrink with what a weight has moved, so rare words keep learning while common ones settle; that and few epochs
    replace the L2 prior.
    """
    w, squares = np.zeros(BUCKETS, np.float32), np.full(BUCKETS, 1e-2, np.float32)
    trust = np.array([TRUST.get(name, 1.0) for name in GROUPS], np.float32)
    worth = np.ones(BUCKETS, np.float32)  # of the features in each bucket
    null, null_squares = 0.0, 1e-2
    for _ in range(EPOCHS):
        for i in rng.permutation(len(bags)).tolist():
            bag = bags[i]
            trusted = trust[bag.features.group]
            weight = bag.features.weight.astype(np.float32) * trusted
            scores = np.einsum("kf,kf->k", w[bag.features.bucket], weight)
            slope, null_slope = _slopes(scores, null, bag)
            gradient = slope[:, None] * weight
            used, at = np.unique(bag.features.bucket, return_inverse=True)
            g = np.bincount(at.ravel(), gradient.ravel(), minlength=len(used)).astype(np.float32)
            squares[used] += g * g
            w[used] -= RATE * g / np.sqrt(squares[used])
            little = trusted < 1
            worth[bag.features.bucket[:, little]] = trusted[little]
            null_squares += null_slope**2
            null -= RATE * null_slope / float(np.sqrt(null_squares))
    w *= worth  # so that documents are read without knowing of trust
    moved = np.flatnonzero(w)
    return Scorer(moved.astype(np.int32), w[moved], float(null))


def _slopes(scores: Floats, null: float, bag: Bag) -> tuple[np.ndarray, float]:
    """Derivatives of the loss of one document in the scores (K,) and in the score of NULL."""
    top = max(float(scores.max()), null)
    e = np.where(bag.excluded, 0, np.exp(scores - top))
    e_null = float(np.exp(null - top))
    good = np.where(bag.positive, e, 0)
    rest = e - good
    total, left = float(e.sum()) + e_null, float(rest.sum()) + e_null
    if not bag.positive.any():
        return e / total, e_null / total - 1
    slope = e / total - good / max(float(good.sum()), 1e-30) + LEFT_OUT * rest / left
    return slope, e_null / total + LEFT_OUT * (e_null / left - 1)


def _small(features: Features) -> Features:
    """Half the memory: weights of features are short decimals."""
    return Features(features.bucket, features.weight.astype(np.float16), features.group)


def compact(scorer: Scorer, most: int) -> Scorer:
    """Keep the `most` largest weights."""
    if len(scorer.values) <= most:
        return scorer
    keep = np.sort(np.argsort(-np.abs(scorer.values), kind="stable")[:most])
    return Scorer(scorer.buckets[keep], scorer.values[keep], scorer.null)
