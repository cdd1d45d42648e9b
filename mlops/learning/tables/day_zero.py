"""Day zero: line items of an invoice never seen before, learned from synthetic documents alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from invex.fields.spec import TableSpec
from invex.fields.standard import LINE_ITEMS

from ..layout import Floats, Layout
from . import rows as row_states
from .features import TableView, view
from .locate import Located, Row, locate
from .perceptron import Perceptron, Training, train_perceptron
from .rows import Lines, count_transitions, line_features, line_states, lines_of
from .tagger import context_features
from .tokens import tokenize

TAGGING = Training(hidden=128, epochs=12, hiding=0.25)
SEEING = Training(hidden=128, epochs=12, hiding=0.25)
LINING = Training(hidden=64, epochs=12, hiding=0.2)
FAR_SHARE = 0.5  # of the tokens on lines outside of tables that are trained on: there are so many
STANDARD_PRODUCTS = ((1, 3, 5),)  # quantity * unit price = amount


@dataclass(frozen=True, slots=True)
class DayZero:
    """first, second: taggers, the second sees what the first said. line: rows. transitions: (3, 3)."""

    first: Perceptron
    second: Perceptron
    line: Perceptron
    transitions: Floats

    def tags(self, seen: TableView) -> Floats:
        """Log-probabilities (n, 1 + columns) of the standard columns."""
        return self.second.log_probabilities(_second_look(seen, self.first))

    def states(self, seen: TableView, lines: Lines, tags: Floats) -> Floats:
        """Log-probabilities (lines, 3) of the states of rows."""
        return self.line.log_probabilities(line_features(seen, lines, np.exp(tags)))

    def arrays(self) -> dict[str, np.ndarray]:
        parts = {**self.first.arrays("first"), **self.second.arrays("second"), **self.line.arrays("line")}
        return {**parts, "transitions": self.transitions}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> DayZero:
        first, second, line = (Perceptron.from_arrays(arrays, name) for name in ("first", "second", "line"))
        return cls(first, second, line, arrays["transitions"].astype(np.float32))


def _second_look(seen: TableView, first: Perceptron) -> Floats:
    """The features of the second tagger: those of the first, and what the first makes of the neighbourhood."""
    said = np.exp(first.log_probabilities(seen.dense))
    return np.concatenate([seen.dense, context_features(seen.tokens, said)], axis=1)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A document to learn from, and where its rows are."""

    seen: TableView
    lines: Lines
    located: Located


def lesson(layout: Layout, labels: Sequence[Row], spec: TableSpec = LINE_ITEMS) -> Lesson:
    """Return a laid-out document with the place of its confirmed rows."""
    seen = view(tokenize(layout))
    located = locate(spec, [(seen.tokens, labels)], [None])[0]
    return Lesson(seen, lines_of(seen), located)


def train(lessons: Sequence[Lesson], seed: int = 0) -> DayZero:
    """Return the taggers and the line classifier.

    First and second learn from different halves, so that the second sees the first as it is on new documents.
    """
    random = np.random.default_rng(seed)
    half, other = lessons[::2], lessons[1::2] or lessons
    first = _train_tagger(((one, one.seen.dense) for one in half), TAGGING, random)
    second = _train_tagger(((one, _second_look(one.seen, first)) for one in other), SEEING, random)
    x, y = [], []
    for one in lessons:
        tags = np.exp(second.log_probabilities(_second_look(one.seen, first)))
        x.append(line_features(one.seen, one.lines, tags))
        y.append(line_states(one.lines, one.located.rows))
    line = train_perceptron(np.concatenate(x), np.concatenate(y), row_states.STATES, _seeded(LINING, random))
    return DayZero(first, second, line, count_transitions(y))


def _train_tagger(data: Iterable[tuple[Lesson, Floats]], training: Training, random: np.random.Generator) -> Perceptron:
    x, y = [], []
    for one, features in data:
        states = line_states(one.lines, one.located.rows)[one.lines.of_token]
        keep = (states != row_states.OUTSIDE) | (random.random(len(states)) < FAR_SHARE)
        x.append(features[keep].astype(np.float16))  # half the memory; features are small numbers
        y.append(one.located.tags[keep])
    classes = len(LINE_ITEMS.columns) + 1
    return train_perceptron(np.concatenate(x), np.concatenate(y), classes, _seeded(training, random))


def _seeded(training: Training, random: np.random.Generator) -> Training:
    return replace(training, seed=int(random.integers(2**31)))
