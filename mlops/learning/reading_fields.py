"""Reading the fields of a document with a template's model: score, rank, decide, explain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from invex.fields.geometry import PageBox
from invex.fields.locale import settle
from invex.fields.prediction import Alternative, Value
from invex.fields.spec import LocaleSpec
from invex.fields.values import NUMERIC_TYPES

from .candidates import Candidates
from .conventions import convention_of
from .decoding import Choice, Ranking, given_absence, rank
from .exclusion import keep_off
from .feature_groups import GROUPS, Features
from .fitting import Known, Prior, no_prior
from .known_values import KnownValues
from .layout import TEXT_LAYER, Floats
from .matching import NO_MATCHER, Matcher
from .model import FieldModel, TemplateModel
from .naming import by_new_label, each_called_so
from .party_names import as_addressed
from .relations import relate
from .rivals import outdone
from .shortfall import toward_null
from .springs import pull
from .view import View

ALTERNATIVES = 2
MOST_MATCHED = 150  # likeliest candidates that are compared with confirmed occurrences
MOST_COMPARED = 24  # likeliest of them that are compared with their rivals
AGREEMENT_RANGE = 2.0
TICKED = 3.0  # nats, for what is ticked where all that was confirmed is
UNTICKED = 12.0  # nats of agreement, that what is not ticked lacks where all that was confirmed is
PLACED = 8  # likeliest values whose places are compared
REASONS = 4
LEAST_REASON = 0.05
_GROUP_NAMES = list(GROUPS.values())


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates of a field with their scores, and that of NULL.

    trust: (K,) weight of the scorer's part of them. known: the prior's part. agreement: (K,) with what was confirmed.
    """

    model: FieldModel
    candidates: Candidates
    features: Features
    scores: Floats
    null: float
    trust: Floats
    known: Known | None = None
    agreement: Floats | None = None

    @property
    def shortfall(self) -> float | None:
        """How much less the best candidate agrees than what was confirmed does with itself.

        None = not known, or it is a ticked choice: there it is often another one, and never missing.
        """
        if self.agreement is None or not len(self.agreement) or not self.model.own:
            return None
        best = int(np.argmax(self.scores))
        return None if self.candidates.is_ticked[best] else self.model.own - float(self.agreement[best])


@dataclass(frozen=True, slots=True)
class Scores:
    """Every field of a model on one document. rankings: by field key."""

    fields: tuple[Scored, ...]
    rankings: Mapping[str, Ranking]

    def given(self, absence: Mapping[str, float]) -> Scores:
        """Return the scores given what is known of the document. absence: by field key, factor on the odds of none."""
        rankings = {key: given_absence(r, absence.get(key, 1.0)) for key, r in self.rankings.items()}
        return replace(self, rankings=rankings)

    def values(self) -> dict[str, tuple[Value, ...]]:
        """Return the values of every field; () where nothing is likelier than something."""
        single = {s.model.field.key for s in self.fields if s.model.most == 1}
        rankings = {**self.rankings, **relate({key: r for key, r in self.rankings.items() if key in single})}
        return {s.model.field.key: _values(s, rankings[s.model.field.key]) for s in self.fields}


def read_fields(
    view: View, model: TemplateModel, prior: Prior = no_prior, matcher: Matcher = NO_MATCHER
) -> dict[str, tuple[Value, ...]]:
    """Return the values of every field that the model knows; () where nothing is likelier than something."""
    return score_fields(view, model, prior, matcher).values()


def score_fields(view: View, model: TemplateModel, prior: Prior = no_prior, matcher: Matcher = NO_MATCHER) -> Scores:
    @cache
    def novelty(kind: str) -> Floats:
        return model.boilerplate.novelty(view, view.candidates(kind, model.breaks))

    view.featurize((f.field.type for f in model.fields), model.breaks)
    locale = _locale(view, model)
    fields = [score(view, model, f, prior, matcher, novelty) for f in model.fields]
    # Each field in the light of where the others stand.
    fields = _with(fields, pull(model.springs, _states(fields)))
    fields = _with(fields, keep_off(model.exclusive, _states(fields)))
    lacking = toward_null({s.model.field.key: short for s in fields if (short := s.shortfall) is not None})
    fields = [replace(s, null=s.null + lacking.get(s.model.field.key, 0.0)) for s in fields]
    rankings = {
        s.model.field.key: rank(s.candidates, s.scores, s.null, _locale_of(s.model, view, locale)) for s in fields
    }
    return Scores(tuple(fields), rankings)


def _states(fields: Sequence[Scored]) -> dict[str, tuple[Candidates, Floats, float]]:
    return {s.model.field.key: (s.candidates, s.scores, s.null) for s in fields}


def _with(fields: Sequence[Scored], added: Mapping[str, Floats]) -> list[Scored]:
    return [replace(s, scores=s.scores + added[key]) if (key := s.model.field.key) in added else s for s in fields]


def score(
    view: View,
    model: TemplateModel,
    field: FieldModel,
    prior: Prior,
    matcher: Matcher,
    novelty: Callable[[str], Floats],
) -> Scored:
    """novelty: by field type, see Boilerplate; asked for only where it counts."""
    kind = field.field.type
    candidates = view.candidates(kind, model.breaks)
    features = view.features(kind, model.breaks)
    scores, null = field.scorer.scores(features), field.scorer.null
    before = prior(view, field.field, model.breaks) if field.gain else None
    known, trust = None, np.ones(len(candidates), np.float32)
    if before is not None:
        is_silent = np.isnan(before.scores)
        known = replace(before, scores=np.where(is_silent, 0, np.float32(field.gain) * before.scores))
        trust[~is_silent] = field.trust
        scores = trust * scores
        # A template's own documents say how it prints names.
        is_new = kind == "text" and field.supports is None
        told = known.scores
        scores = as_addressed(field.field.key, view.blocks, candidates, scores, told) if is_new else scores + told
    agreement: Floats | None = None
    if field.supports is not None and field.match_gain and matcher.theta:
        likely = np.argsort(-scores, kind="stable")[:MOST_MATCHED]
        agreement = field.supports.match(matcher, kind, features, likely)
        matched: Floats = agreement + matcher.worth_of_novelty(kind) * novelty(kind)
        if field.ticked:
            matched = matched - np.float32(UNTICKED) * (~candidates.is_ticked).astype(np.float32)
        scores = scores + np.float32(field.match_gain) * (matched - expected_agreement(matched))
        if field.rivals is not None:
            likely = np.argsort(-scores, kind="stable")[:MOST_COMPARED]
            scores[likely] += outdone(matcher, kind, field.supports, field.rivals, features, likely)
    if field.ticked:
        scores = scores + np.float32(TICKED) * candidates.is_ticked.astype(np.float32)
    if field.whole:
        scores = scores - np.float32(field.whole) * candidates.is_cut.astype(np.float32)
    if field.asked and not field.located and len(candidates):
        own = scores - known.scores if known is not None else scores
        null = max(null, float(np.logaddexp.reduce(own)))  # any, as far as confirmed ones tell
    if field.absent and not field.present:
        named = by_new_label(scores, each_called_so(field.field, features), field.printed, candidates)
        scores, null = named or (scores, null)
    return Scored(field, candidates, features, scores, null, trust, known, agreement)


def expected_agreement(agreement: Floats) -> float:
    """The level at which matching speaks neither for nor against a candidate, so that NULL keeps its place."""
    return float(agreement.max()) - AGREEMENT_RANGE if len(agreement) else 0.0


def _locale(view: View, model: TemplateModel) -> LocaleSpec:
    kinds = {f.field.type for f in model.fields}
    ambiguous = any(
        view.candidates(kind).is_ambiguous for kind in sorted(kinds) if kind == "date" or kind in NUMERIC_TYPES
    )
    return settle(model.locale, view.locale).guess if ambiguous else model.locale


def _locale_of(field: FieldModel, view: View, locale: LocaleSpec) -> LocaleSpec:
    """Return how a field is read: as its texts were last confirmed, unless the document surely writes otherwise."""
    kind = convention_of(field.field.type)
    if kind is None or field.convention is None:
        return locale
    if getattr(view.locale.known, kind) not in (None, field.convention, field.beside):
        return locale
    return replace(locale, **{kind: field.convention})


def _values(scored: Scored, ranking: Ranking) -> tuple[Value, ...]:
    """The likeliest value when it is likelier than none; repeated fields go on with what is left beside it."""
    out: list[Value] = []
    taken: list[int] = []  # candidates
    left = 1.0
    most = scored.model.most if scored.model.most == 1 else scored.model.most + 2
    choices = _likeliest_place_first(scored.candidates, ranking)
    for i, choice in enumerate(choices):
        if len(out) >= most or choice.probability <= ranking.absent:
            break
        if not any(scored.candidates.overlap(choice.best, k) for k in taken):  # else it with more of what is around it
            taken.append(choice.best)
            out.append(_value(scored, choice, choices[i + 1 : i + 1 + ALTERNATIVES], left))
        left = max(left - choice.probability, 1e-12)
    return tuple(out)


def _likeliest_place_first(candidates: Candidates, ranking: Ranking) -> tuple[Choice, ...]:
    """The choices, those at the likeliest place first: a name, with more or with fewer of the words around it.

    Versions of one place are no independent alternatives, and must not outvote each other: a nested logit (McFadden,
    "Modelling the Choice of Residential Location", 1978) chooses the place first. Where that is another than the
    likeliest choice's, its versions share what they have together by their squares.
    """
    places: list[list[Choice]] = []
    for choice in ranking.choices[:PLACED]:
        at = next((place for place in places if candidates.overlap(place[0].best, choice.best)), None)
        if at is None:
            places.append([choice])
        else:
            at.append(choice)
    place = max(places, key=lambda place: sum(c.probability for c in place), default=[])
    if not place or place is places[0] or place[0].probability <= ranking.absent:
        return ranking.choices
    share = sum(c.probability for c in place) / sum(c.probability**2 for c in place)
    versions = [c._replace(probability=share * c.probability**2) for c in place]
    others = [c for c in ranking.choices if not any(c is other for other in place)]
    return (versions[0], *sorted((*versions[1:], *others), key=lambda c: -c.probability))


def _value(scored: Scored, choice: Choice, others: Sequence[Choice], left: float) -> Value:
    """left: the probability of what is not decided yet."""
    candidates, sign = scored.candidates, scored.model.sign
    chosen = _signed(choice.value, sign)
    alternatives = tuple(
        Alternative(_signed(c.value, sign), c.probability / left, candidates.texts[c.best], _boxes(candidates, c))
        for c in others
        if c.probability and not (sign and _signed(c.value, sign) == chosen)
    )
    value = Value(
        chosen,
        candidates.texts[choice.best],
        min(choice.probability / left, 1.0),
        boxes=_boxes(candidates, choice),
        alternatives=alternatives,
        why=why(scored, choice.best),
    )
    first_page = candidates.layout.document.pages[value.boxes[0].page]
    return value if first_page.source == TEXT_LAYER else _as_known(value, scored.model.known)


def _signed(value: str, sign: str) -> str:
    """The number with a sign of FieldModel."""
    unsigned = value.removeprefix("-")
    return value if not sign else f"-{unsigned}" if sign == "-" and float(unsigned) else unsigned


def _as_known(value: Value, known: KnownValues) -> Value:
    """Return the confirmed value that this is a misreading of, as sure as it is that they recur; it as it was read is
    the first alternative. The value itself where it is no misreading."""
    meant = known.repair(value.value)
    if meant is None:
        return value
    as_read = Alternative(value.value, value.confidence * (1 - known.recurring), value.text, value.boxes)
    return replace(
        value,
        value=meant,
        confidence=value.confidence * known.recurring,
        alternatives=(as_read, *value.alternatives)[:ALTERNATIVES],
    )


def _boxes(candidates: Candidates, choice: Choice) -> tuple[PageBox, ...]:
    return candidates.layout.boxes(candidates.words(choice.best))


def why(scored: Scored, k: int) -> tuple[tuple[str, float], ...]:
    """The kinds of evidence that spoke for candidate k, strongest first."""
    parts = scored.trust[k] * scored.model.scorer.contributions(scored.features, k)
    by_group = np.bincount(scored.features.group, parts, minlength=len(_GROUP_NAMES))
    telling = np.flatnonzero(by_group > LEAST_REASON).tolist()
    reasons = [(_GROUP_NAMES[group], float(by_group[group])) for group in telling]
    if scored.known is not None:
        told = float(scored.known.scores[k])
        reasons += [(scored.known.reason, told)] if told > LEAST_REASON else []
    return tuple(sorted(reasons, key=lambda reason: -reason[1])[:REASONS])
