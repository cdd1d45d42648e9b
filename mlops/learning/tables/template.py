"""A template's own table: logistic regression on places and structure, with day zero's opinion as a prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from invex.fields.spec import TableSpec
from invex.fields.standard import LINE_ITEMS

from ..layout import Floats
from . import rows as row_states
from .day_zero import DayZero
from .features import TableView
from .locate import Located
from .rows import Lines, count_transitions, line_features, line_states
from .softmax import fit_softmax, softmax_log
from .tokens import Tokens
from .wording import Wording, learn_wording

BINS = 28  # soft bins over the width of the page, for each edge and the centre
EDGES = 3
PLACE_WIDTH = 2 * EDGES * BINS
PRIOR_GAIN = 0.6  # of day zero's log-probabilities in the first weights
STATE_GAIN = 0.6
OWN_GAIN, BESIDE_GAIN = 1.0, 3.0  # of the wording in the first weights
UNKNOWN_COLUMN = -1
TAG_L2 = 0.3
STATE_L2 = 0.3
FLOOR = -8.0  # of log-probabilities that are features


@dataclass(frozen=True, slots=True)
class Template:
    """tag: weights of the tagger. state: weights of the line classifier. transitions: (3, 3).

    wording: what the confirmed documents print; None in packages of before.
    """

    tag: Floats
    state: Floats
    transitions: Floats
    wording: Wording | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        return {"tag": self.tag, "state": self.state, "transitions": self.transitions}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], wording: Wording | None) -> Template:
        tag, state, transitions = (arrays[k].astype(np.float32) for k in ("tag", "state", "transitions"))
        return cls(tag, state, transitions, wording)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What day zero says of a document: log-probabilities of tags (n, 7) and of states (lines, 3)."""

    tags: Floats
    states: Floats


Told = tuple[TableView, Lines, Opinion | None, Located]  # a document as it is learned from


def opinion(day_zero: DayZero, seen: TableView, lines: Lines) -> Opinion:
    tags = day_zero.tags(seen)
    return Opinion(tags, day_zero.states(seen, lines, tags))


def standard_tags(spec: TableSpec) -> list[int]:
    """For tag 0 (outside) and every column of `spec` day zero's tag, UNKNOWN_COLUMN where it has none."""
    known = {(c.key, c.type): k + 1 for k, c in enumerate(LINE_ITEMS.columns)}
    return [0] + [known.get((c.key, c.type), UNKNOWN_COLUMN) for c in spec.columns]


def hint(spec: TableSpec, said: Opinion | None) -> Floats | None:
    """Day zero's probabilities (n, 1 + columns) for the columns of `spec`; 0 for those that it does not know."""
    if said is None:
        return None
    known = standard_tags(spec)
    result = np.exp(said.tags[:, [max(k, 0) for k in known]])
    result[:, [k == UNKNOWN_COLUMN for k in known]] = 0
    return result


def place_features(tokens: Tokens) -> Floats:
    """(n, PLACE_WIDTH): left edge, right edge and centre in soft bins, numbers and words apart."""
    x = np.stack([tokens.relative[:, 0], tokens.relative[:, 2], (tokens.relative[:, 0] + tokens.relative[:, 2]) / 2], 1)
    at = np.clip(x, 0, 1) * (BINS - 1)  # (n, 3)
    bins = np.maximum(0, 1 - np.abs(at[:, :, None] - np.arange(BINS)))  # triangular, sums to one
    flat = bins.reshape(len(tokens), EDGES * BINS)
    number = tokens.is_number[:, None]
    return np.concatenate([flat * number, flat * ~number], axis=1).astype(np.float32)


def tag_features(seen: TableView, said: Opinion | None, wording: Floats | None) -> Floats:
    """wording: see Wording.features."""
    parts = [seen.dense, place_features(seen.tokens)]
    if wording is not None:
        parts.append(wording)
    if said is not None:
        parts.append(np.maximum(said.tags, FLOOR))
    return np.concatenate(parts, axis=1)


def state_features(seen: TableView, lines: Lines, tags: Floats, said: Opinion | None) -> Floats:
    parts = [line_features(seen, lines, np.exp(tags))]
    if said is not None:
        parts.append(np.maximum(said.states, FLOOR))
    return np.concatenate(parts, axis=1)


def fit_template(
    spec: TableSpec,
    documents: Sequence[Told],
    virtual: Sequence[Told] = (),
) -> Template:
    """Return what confirmed documents teach. virtual: such as were made of them; their wording tells nothing new."""
    classes = len(spec.columns) + 1
    wording, printed = learn_wording([(seen.tokens, one.tags, one.unsure) for seen, _, _, one in documents], classes)
    printed += [np.zeros((len(seen.tokens), wording.width), np.float32) for seen, *_ in virtual]
    documents = [*documents, *virtual]
    x = [tag_features(seen, said, of) for (seen, _, said, _), of in zip(documents, printed)]
    y = np.concatenate([located.tags for *_, located in documents])
    sure = ~np.concatenate([located.unsure for *_, located in documents])
    has_opinion = documents[0][2] is not None
    prior = _tag_prior(spec, x[0].shape[1], has_opinion=has_opinion)
    tag = fit_softmax(np.concatenate(x)[sure], y[sure], classes, l2=TAG_L2, prior=prior)
    features, states = [], []
    for (seen, lines, said, located), one in zip(documents, x):
        features.append(state_features(seen, lines, softmax_log(one, tag), said))
        states.append(line_states(lines, located.rows))
    below = None
    if has_opinion:
        below = np.zeros((features[0].shape[1] + 1, row_states.STATES), np.float32)
        below[-1 - row_states.STATES : -1] = STATE_GAIN * np.eye(row_states.STATES)
    state = fit_softmax(np.concatenate(features), np.concatenate(states), row_states.STATES, l2=STATE_L2, prior=below)
    return Template(tag, state, count_transitions(states), wording)


def _tag_prior(spec: TableSpec, width: int, *, has_opinion: bool) -> Floats:
    """Weights that repeat day zero's opinion on the columns that it knows, and let the others be outside.

    What stood in a column, or beside its numbers, before is thought to stand there again.
    """
    classes = len(spec.columns) + 1
    prior = np.zeros((width + 1, classes), np.float32)
    first = width - (len(LINE_ITEMS.columns) + 1) * has_opinion
    for kind, gain in enumerate((OWN_GAIN, BESIDE_GAIN)):
        prior[first - (2 - kind) * classes : first - (1 - kind) * classes] = gain * np.eye(classes)
    if not has_opinion:
        return prior
    for tag, standard in enumerate(standard_tags(spec)):
        if standard != UNKNOWN_COLUMN:
            prior[first + standard, tag] = PRIOR_GAIN
    return prior
