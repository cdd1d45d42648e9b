"""Learning one template from its confirmed documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, LocaleSpec, TemplateSpec

from .boilerplate import Boilerplate
from .breaks import Breaks
from .candidates import TEXT_TYPES, Candidates
from .conventions import convention_of, convention_told
from .exclusion import exclusive_pairs, one_place_each
from .feature_groups import Features
from .known_values import NO_KNOWN_VALUES, KnownValues
from .layout import Floats, Ints
from .learned_breaks import LEARNED_TYPES, learn_breaks
from .locate import Located, as_printed, locate
from .log_softmax import log_softmax
from .matching import NO_MATCHER, Matcher, Supports, match_each, occurrence_prior, place
from .model import FieldModel, TemplateModel
from .naming import called_so, each_called_so
from .occurrences import Held, by_chance, words_of_values
from .rivals import rivals_among
from .scorer import Bag, ScorerConfig, Watch, fit, watch_nothing
from .springs import Spring, Standing, learn_springs, settle
from .view import View

MOST_OCCURRENCES = 24  # of one value in one document, that are considered
KEPT_OCCURRENCES = 3  # of them, that are remembered
UNLIKE_ABSENT = 0.5  # against an occurrence, a nat of agreement with what a document without the value prints
EVER_CUT = 0.02  # of a confirmed text that fills its cell: how far one document shows that others do
MOST_SUPPORTS = 6  # confirmed occurrences that matching remembers a field


@dataclass(frozen=True, slots=True)
class FitConfig:
    """scorer: the small scorer's. prior_gain, prior_fades: the prior counts gain * max(0, 1 - documents / fades).

    match_gain, match_fades: matching counts gain * fades / (fades + documents - 1). consensus: weight of the agreement
    between documents on which occurrence of a value is the one that recurs.
    """

    scorer: ScorerConfig = field(default_factory=ScorerConfig)
    prior_gain: float = 1.0
    prior_fades: int = 20
    match_gain: float = 1.0
    match_fades: float = 2.0
    consensus: float = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """A confirmed document as the learner sees it."""

    view: View
    label: Label
    id: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a field before a template's documents are seen.

    scores: (K,) offsets of its candidates, NaN where nothing is known of one. null: of NULL.
    reason: how a person is told of it.
    """

    scores: Floats
    null: float
    reason: str = "what other documents teach"


Prior = Callable[[View, FieldSpec, Breaks], Known | None]


def no_prior(view: View, spec: FieldSpec, breaks: Breaks) -> None:
    return None


def fit_examples(
    spec: TemplateSpec,
    examples: Sequence[Example],
    *,
    prior: Prior = no_prior,
    matcher: Matcher = NO_MATCHER,
    config: FitConfig = FitConfig(),
    seed: int = 0,
    watch: Watch = watch_nothing,
) -> TemplateModel:
    """Return the model of a template. Only what was confirmed is learned: a field that nobody labelled has no model.

    watch: told of each field's optimisation.
    """
    breaks = learn_breaks(
        (e.view.candidates(f.type), v)
        for f in spec.fields
        if f.type in LEARNED_TYPES
        for e in examples
        for v in e.label.fields.get(f.key, ())
    )
    votes: dict[str, list[str]] = {"date_order": [], "decimal": []}
    places = {id(e): _places(e, spec, breaks) for e in examples}
    held = {id(e): words_of_values(e.view, e.label, spec.fields, breaks) for e in examples}
    in_value = {id(e): np.zeros(e.view.layout.words, bool) for e in examples}
    asked = {f.key: [e for e in examples if f.key in e.label.fields] for f in spec.fields}
    supports = {f.key: _supports(f, asked[f.key], breaks, matcher, config.consensus, places, held) for f in spec.fields}
    springs = _settle(spec, examples, breaks, supports)
    models = [
        _fit_field(f, asked[f.key], breaks, prior, matcher, supports[f.key], config, seed, votes, in_value, watch)
        for f in spec.fields
        if asked[f.key]
    ]
    locale = LocaleSpec(
        spec.locale.date_order or _winner(votes["date_order"]), spec.locale.decimal or _winner(votes["decimal"])
    )
    boilerplate = Boilerplate.of([(e.view, in_value[id(e)]) for e in examples])
    exclusive = exclusive_pairs(
        [places[id(e)] for e in examples], [e.label for e in examples], [f.key for f in spec.fields]
    )
    return TemplateModel(
        spec, tuple(models), breaks, locale, len(examples), boilerplate, springs=springs, exclusive=exclusive
    )


def _settle(
    spec: TemplateSpec, examples: Sequence[Example], breaks: Breaks, supports: dict[str, dict[int, _Support]]
) -> tuple[Spring, ...]:
    """Settle which occurrences are meant, each field in the light of the others; return how fields then stand."""
    kinds = {f.key: f.type for f in spec.fields}
    documents = []
    for example in examples[-MOST_SUPPORTS:]:
        standing = {}
        for f in spec.fields:
            if id(example) in supports[f.key]:
                _, rows, log_prior = supports[f.key][id(example)]
                box, page = place(example.view.candidates(f.type, breaks), rows)
                standing[f.key] = Standing(box, page, log_prior)
        for key, log_prior in settle(standing, kinds).items():
            features, rows, _ = supports[key][id(example)]
            supports[key][id(example)] = features, rows, log_prior
            standing[key] = replace(standing[key], log_prior=log_prior)
        for kind in dict.fromkeys(kinds.values()):
            alike = {key: supports[key][id(example)] for key in standing if kinds[key] == kind}
            for key, log_prior in one_place_each({key: (rows, p) for key, (_, rows, p) in alike.items()}).items():
                supports[key][id(example)] = (*alike[key][:2], log_prior)
                standing[key] = replace(standing[key], log_prior=log_prior)
        documents.append(standing)
    return learn_springs(documents, kinds)


def _places(example: Example, spec: TemplateSpec, breaks: Breaks) -> dict[str, tuple[Floats, Ints]]:
    """Field key -> where the document's single value of the field stands, or may stand."""
    found = {}
    for f in spec.fields:
        for label in example.label.fields.get(f.key, ())[:1]:
            candidates = example.view.candidates(f.type, breaks)
            meant = locate(candidates, as_printed(candidates, label)).meant
            if meant.any():
                found[f.key] = place(candidates, meant)
    return found


def _winner(votes: Sequence[str]) -> str | None:
    """Return what most said; of as many, what stands last."""
    counts = Counter(votes)
    return max(reversed(votes), key=lambda vote: counts[vote], default=None)


def _fit_field(
    spec: FieldSpec,
    examples: list[Example],
    breaks: Breaks,
    prior: Prior,
    matcher: Matcher,
    supports: dict[int, _Support],
    config: FitConfig,
    seed: int,
    votes: dict[str, list[str]],
    in_value: dict[int, NDArray[np.bool_]],
    watch: Watch,
) -> FieldModel:
    documents = sum(bool(e.label.fields[spec.key]) for e in examples)
    gain = config.prior_gain * max(0.0, 1 - documents / config.prior_fades)
    seen = _Seen()
    for example in examples:
        known = prior(example.view, spec, breaks) if gain else None
        offset, null = (gain * known.scores, gain * known.null) if known is not None else (None, 0.0)
        seen.add(spec, example, breaks, offset, null, supports.get(id(example)), in_value[id(example)])
    # What was confirmed last of texts that may mean two values corrects what was confirmed of them before.
    last = next((one for one in reversed(seen.told) if one.is_ambiguous), None)
    kind = convention_of(spec.type)
    if kind is not None:
        votes[kind] += _votes(seen.told, last)
    remembered = [_likeliest(supports[id(e)]) for e in examples if id(e) in supports][-MOST_SUPPORTS:]
    scorer = fit(seen.bags, config.scorer, seed=seed, null=float(np.mean(seen.nulls or [0.0])), watch=watch)
    known_places = Supports.of([(features.rows(rows), log_prior) for features, rows, log_prior in remembered])
    return FieldModel(
        spec,
        scorer,
        known_places,
        _rivals(spec, examples, breaks, matcher, supports),
        max(seen.most, 1),
        seen.present,
        seen.absent,
        seen.located,
        seen.asked,
        gain,
        config.match_gain * config.match_fades / (config.match_fades + max(len(supports) - 1, 0)),
        known_places.own(matcher, spec.type) if known_places is not None else 0.0,
        convention=last.convention if last is not None else None,
        beside=last.beside if last is not None else None,
        known=_known_values(spec, [e.label.fields[spec.key] for e in examples]),
        printed=tuple(seen.printed.tolist()) if not seen.present else (),
        sign=_sign(v.value for e in examples for v in e.label.fields[spec.key]) if seen.has_own_signs else "",
        whole=_fills_cells(spec, examples, breaks, supports),
        ticked=_is_ticked(spec, examples, breaks, supports),
    )


def _rivals(
    spec: FieldSpec, examples: Sequence[Example], breaks: Breaks, matcher: Matcher, supports: Mapping[int, _Support]
) -> Supports | None:
    """What stood beside the occurrences that are remembered, in the same order; None without any."""
    found = []
    for example in [e for e in examples if id(e) in supports][-MOST_SUPPORTS:]:
        view, (features, rows, log_prior) = example.view, _likeliest(supports[id(example)])
        own = Supports.of([(features.rows(rows), log_prior)])
        assert own is not None
        candidates = view.candidates(spec.type, breaks)
        found.append(rivals_among(matcher, candidates, features, example.label.fields[spec.key], own))
    return Supports.of(found)


def _fills_cells(
    spec: FieldSpec, examples: Sequence[Example], breaks: Breaks, supports: Mapping[int, _Support]
) -> float:
    """How sure it is that texts end where their cell does, in nats: the odds of it among those that were confirmed."""
    whole = others = 0.0
    for example in examples if spec.type in TEXT_TYPES else ():
        if id(example) in supports:
            _, rows, log_prior = supports[id(example)]
            candidates = example.view.candidates(spec.type, breaks)
            is_prose = candidates.layout.is_prose[candidates.layout.cell[candidates.last[rows]]]
            share = float(np.exp(log_prior)[~candidates.is_cut[rows] & ~is_prose].sum())
            whole, others = whole + share, others + 1 - share
    return max(0.0, float(np.log(max(whole, EVER_CUT) / (others + EVER_CUT))))


def _is_ticked(spec: FieldSpec, examples: Sequence[Example], breaks: Breaks, supports: Mapping[int, _Support]) -> bool:
    """Whether the likeliest occurrence of every confirmed text has a tick in front."""
    found = [(e.view.candidates(spec.type, breaks), supports[id(e)]) for e in examples if id(e) in supports]
    ticks = [bool(c.is_ticked[rows[np.argmax(log_prior)]]) for c, (_, rows, log_prior) in found]
    return spec.type in TEXT_TYPES and bool(ticks) and all(ticks)


def _sign(values: Iterable[str]) -> str:
    """The sign that all values but 0 have, "" where they have several."""
    signs = {"-" if value.startswith("-") else "+" for value in values if float(value)}
    return signs.pop() if len(signs) == 1 else ""


@dataclass
class _Seen:
    """What the documents of a template say of one field, while they are gone through.

    nulls: what the prior says of NULL, by document. printed: how much labels on documents without a value are like the
    field's name, by each of naming.each_called_so. most: values of one document. present, absent, located, asked: as in
    FieldModel.
    signed_anew: numbers that are printed with the other sign than they were confirmed with.
    """

    bags: list[Bag] = field(default_factory=list)
    nulls: list[float] = field(default_factory=list)
    told: list[_Told] = field(default_factory=list)
    present: int = 0
    absent: int = 0
    located: int = 0
    asked: int = 0
    most: int = 0
    printed: Floats = field(default_factory=lambda: np.zeros(1, np.float32))
    signed_anew: int = 0

    @property
    def has_own_signs(self) -> bool:
        """Whether most values are printed with another sign than they were confirmed with."""
        return 2 * self.signed_anew > self.located

    def add(
        self,
        spec: FieldSpec,
        example: Example,
        breaks: Breaks,
        offset: Floats | None,
        null: float,
        support: _Support | None,
        in_value: NDArray[np.bool_],
    ) -> None:
        """Take one document. offset: (K,) what the prior says of its candidates. in_value: marked where values are."""
        candidates = example.view.candidates(spec.type, breaks)
        confirmed = example.label.fields[spec.key]
        labels = tuple(as_printed(candidates, v) for v in confirmed)
        self.signed_anew += sum(label != value for label, value in zip(labels, confirmed, strict=True))
        features = example.view.features(spec.type, breaks)
        before = np.zeros(len(candidates), np.float32) if offset is None else offset.astype(np.float32)
        self.nulls.append(null)
        if not labels:
            self.absent += 1
            self.printed = np.maximum(self.printed, each_called_so(spec, features).max(axis=0, initial=0))
            if len(candidates):
                nothing = np.zeros(len(candidates), bool)
                self.bags.append(Bag(features, nothing, nothing, before))
            return
        self.present += 1
        self.most = max(self.most, len(labels))
        found = [locate(candidates, v) for v in labels]
        self.asked += len(labels)
        self.located += sum(bool(x.matching.any()) for x in found)
        self.bags += _bags(features, found, before, support)
        for label, x in zip(labels, found):
            self.told += _told(spec, example.view, candidates, x, label)
            for k in np.flatnonzero(x.matching).tolist():
                in_value[list(candidates.words(k))] = True


def _votes(told: Sequence[_Told], last: _Told | None) -> list[str]:
    """Conventions that a field's values tell of the template's. last: of those that may mean two values."""
    said = [one for one in told if not (one.is_ambiguous and last is not None and one.convention != last.convention)]
    return [one.convention for one in said if not one.is_ambiguous or one.beside in (None, one.convention)]


def _known_values(spec: FieldSpec, labels: Sequence[tuple[LabelValue, ...]]) -> KnownValues:
    if spec.type not in TEXT_TYPES or any(len(values) > 1 for values in labels):
        return NO_KNOWN_VALUES
    return KnownValues.of(value.value for values in labels for value in values)


def _bags(features: Features, found: list[Located], offset: Floats, support: _Support | None) -> list[Bag]:
    """One bag a value that is on the page; the occurrences of the document's other values say nothing in it."""
    every = np.zeros(len(offset), bool)
    for x in found:
        every |= x.matching
    bags = []
    for x in found:
        if x.meant.any():
            meant = None
            if support is not None and len(found) == 1:
                meant = np.zeros(len(offset), np.float32)
                meant[support[1]] = support[2]
            bags.append(Bag(features, x.meant, every & ~x.meant, offset, 1 / len(found), meant))
    return bags


class _Told(NamedTuple):
    """Under which convention a printed date or number means what was confirmed.

    is_ambiguous: there is another one. beside: that of the rest of the document, where this is asked for and sure.
    """

    convention: str
    is_ambiguous: bool
    beside: str | None


def _told(spec: FieldSpec, view: View, candidates: Candidates, found: Located, label: LabelValue) -> list[_Told]:
    """A text with a confirmed value tells how this template writes."""
    kind = convention_of(spec.type)
    if kind is None:
        return []
    told = []
    for k in np.flatnonzero(found.meant)[:1]:
        is_ambiguous = len(candidates.readings[k]) > 1
        beside = getattr(view.locale.known, kind) if is_ambiguous else None
        convention = convention_told(spec.type, candidates.readings[k], label.value)
        if convention is not None:
            told.append(_Told(convention, is_ambiguous, beside))
    return told


# Features of a document, the rows of the occurrences that may be meant, and their log-probabilities.
_Support = tuple[Features, np.ndarray, Floats]


def _likeliest(support: _Support) -> _Support:
    """Only the occurrences that probably recur."""
    features, rows, log_prior = support
    keep = np.sort(np.argsort(-log_prior, kind="stable")[:KEPT_OCCURRENCES])
    return features, rows[keep], log_softmax(log_prior[keep])


def _supports(
    spec: FieldSpec,
    examples: list[Example],
    breaks: Breaks,
    matcher: Matcher,
    consensus: float,
    places: dict[int, dict[str, tuple[Floats, Ints]]],
    held: dict[int, Held],
) -> dict[int, _Support]:
    """id of example -> which occurrence recurs, by what each looks like and by the agreement of the documents.

    One round of message passing between the documents (Pearl, 1988): each tells the others where its value stands.
    """
    found: dict[int, _Support] = {}
    for example in examples:
        for label in example.label.fields[spec.key][:1]:
            candidates = example.view.candidates(spec.type, breaks)
            features = example.view.features(spec.type, breaks)
            rows = np.flatnonzero(locate(candidates, as_printed(candidates, label)).meant)[:MOST_OCCURRENCES]
            if len(rows):
                company = [where for key, where in places[id(example)].items() if key != spec.key]
                called = called_so(spec, features.rows(rows))
                log_prior = occurrence_prior(matcher, candidates, features, rows, company, called)
                log_prior = log_softmax(log_prior + by_chance(spec, candidates, rows, example.label, held[id(example)]))
                found[id(example)] = features, rows, log_prior
    repeated = [key for key, (_, rows, _) in found.items() if len(rows) > 1]
    absent = [e for e in examples if not e.label.fields[spec.key]]
    for key in repeated if absent else ():
        found[key] = _unlike(spec, breaks, matcher, absent, found[key])
    if len(found) < 2 or not repeated:
        return found
    voters = list(found)[-MOST_SUPPORTS:]
    supports = Supports.of([(found[v][0].rows(found[v][1]), found[v][2]) for v in voters])
    assert supports is not None
    agreed = dict(found)
    for key in repeated:
        features, rows, log_prior = found[key]
        others = np.array([v != key for v in voters])
        if others.any():
            votes = match_each(matcher, spec.type, supports, features.rows(rows))[others].mean(axis=0)
            agreed[key] = features, rows, log_softmax(log_prior + consensus * votes).astype(np.float32)
    return agreed


def _unlike(
    spec: FieldSpec, breaks: Breaks, matcher: Matcher, absent: Sequence[Example], support: _Support
) -> _Support:
    """The occurrences in the light of documents without a value: what stands in the same place there is not meant."""
    features, rows, log_prior = support
    each = [(features.rows(rows[i : i + 1]), np.zeros(1, np.float32)) for i in range(len(rows))]
    occurrences = Supports.of(each)
    assert occurrences is not None
    others = [e.view.features(spec.type, breaks) for e in absent[-MOST_SUPPORTS:]]
    alike = [match_each(matcher, spec.type, occurrences, o).max(axis=1) for o in others if len(o.bucket)]
    if not alike:
        return support
    most = np.max(alike, axis=0)
    return features, rows, log_softmax(log_prior - UNLIKE_ABSENT * (most - most.min())).astype(np.float32)
