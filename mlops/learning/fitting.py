"""Learning one template from its confirmed documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, LocaleSpec, TemplateSpec
from invex.fields.values import NUMERIC_TYPES

from .candidates import TEXT_TYPES, Breaks, Candidates
from .features import Features
from .layout import Floats
from .locate import Located, learn_breaks, locate
from .model import FieldModel, TemplateModel
from .scorer import Bag, ScorerConfig, fit
from .view import View

MOST_SUPPORTS = 8  # confirmed occurrences that matching remembers a field


@dataclass(frozen=True, slots=True)
class FitConfig:
    """scorer: the small scorer's. prior_gain, prior_fades: the prior counts gain * max(0, 1 - documents / fades)."""

    scorer: ScorerConfig = field(default_factory=ScorerConfig)
    prior_gain: float = 0.5
    prior_fades: int = 20


@dataclass(frozen=True, slots=True)
class Example:
    """A confirmed document as the learner sees it."""

    view: View
    label: Label


# (view, field, breaks) -> offsets (K,) and the offset of NULL: what is known before a template's documents are seen.
Prior = Callable[[View, FieldSpec, Breaks], tuple[Floats, float] | None]


def no_prior(view: View, spec: FieldSpec, breaks: Breaks) -> None:
    return None


def fit_examples(
    spec: TemplateSpec,
    examples: Sequence[Example],
    *,
    prior: Prior = no_prior,
    config: FitConfig = FitConfig(),
    seed: int = 0,
) -> TemplateModel:
    """Return the model of a template. Only what was confirmed is learned: a field that nobody labelled has no model."""
    breaks = learn_breaks(
        (e.view.layout, f.type, v)
        for f in spec.fields
        if f.type in TEXT_TYPES
        for e in examples
        for v in e.label.fields.get(f.key, ())
    )
    votes: dict[str, dict[str, int]] = {"date_order": {}, "decimal": {}}
    models = []
    for f in spec.fields:
        asked = [e for e in examples if f.key in e.label.fields]
        if asked:
            models.append(_fit_field(f, asked, breaks, prior, config, seed, votes))
    locale = LocaleSpec(
        spec.locale.date_order or _winner(votes["date_order"]), spec.locale.decimal or _winner(votes["decimal"])
    )
    return TemplateModel(spec, tuple(models), breaks, locale, len(examples))


def _winner(votes: dict[str, int]) -> str | None:
    return max(sorted(votes), key=lambda v: votes[v]) if votes else None


def _fit_field(
    spec: FieldSpec,
    examples: list[Example],
    breaks: Breaks,
    prior: Prior,
    config: FitConfig,
    seed: int,
    votes: dict[str, dict[str, int]],
) -> FieldModel:
    bags: list[Bag] = []
    supports: list[Features] = []
    present = absent = located = asked = most = 0
    documents = sum(bool(e.label.fields[spec.key]) for e in examples)
    gain = config.prior_gain * max(0.0, 1 - documents / config.prior_fades)
    nulls = []
    for example in examples:
        labels = example.label.fields[spec.key]
        candidates = example.view.candidates(spec.type, breaks)
        features = example.view.features(spec.type, breaks)
        offset, null = np.zeros(len(candidates), np.float32), 0.0
        known = prior(example.view, spec, breaks) if gain else None
        if known is not None:
            offset, null = (gain * known[0]).astype(np.float32), gain * known[1]
        nulls.append(null)
        if not labels:
            absent += 1
            if len(candidates):
                nothing = np.zeros(len(candidates), bool)
                bags.append(Bag(features, nothing, nothing, offset))
            continue
        present += 1
        most = max(most, len(labels))
        found = [locate(candidates, v) for v in labels]
        asked += len(labels)
        located += sum(bool(x.matching.any()) for x in found)
        bags += _bags(features, found, offset)
        for label, x in zip(labels, found):
            _vote(spec, candidates, x, label, votes)
            if x.meant.any() and len(supports) < MOST_SUPPORTS:
                supports.append(features.rows(np.flatnonzero(x.meant)[:1]))
    scorer = fit(bags, config.scorer, seed=seed, null=float(np.mean(nulls)) if nulls else 0.0)
    return FieldModel(
        spec,
        scorer,
        _stack(supports),
        max(most, 1),
        present,
        absent,
        located,
        asked,
        gain,
    )


def _bags(features: Features, found: list[Located], offset: Floats) -> list[Bag]:
    """One bag a value that is on the page; the occurrences of the document's other values say nothing in it."""
    every = np.zeros(len(offset), bool)
    for x in found:
        every |= x.matching
    bags = []
    for x in found:
        if x.meant.any():
            bags.append(Bag(features, x.meant, every & ~x.meant, offset, 1 / len(found)))
    return bags


def _vote(
    spec: FieldSpec, candidates: Candidates, found: Located, label: LabelValue, votes: dict[str, dict[str, int]]
) -> None:
    """An ambiguous text with a confirmed value tells how this template writes."""
    if spec.type != "date" and spec.type not in NUMERIC_TYPES:
        return
    kind = "date_order" if spec.type == "date" else "decimal"
    for k in np.flatnonzero(found.meant)[:1]:
        for reading in candidates.readings[k]:
            convention = getattr(reading, kind)
            if reading.value == label.value and convention:
                votes[kind][convention] = votes[kind].get(convention, 0) + 1


def _stack(features: list[Features]) -> Features | None:
    if not features:
        return None
    return Features(
        np.concatenate([f.bucket for f in features]), np.concatenate([f.weight for f in features]), features[0].group
    )
