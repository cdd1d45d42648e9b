"""Several builds read a document together: the mean of their calibrated probabilities, value by value (a linear opinion
pool: Stone, "The Opinion Pool", 1961).

A member says how likely its value and its alternatives are; a candidate's probability is the mean over members, and the
field gets the best one when that is likelier than the field's absence. Nothing is voted on texts: canonical values are
compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Protocol

from invex.fields.prediction import Alternative, Prediction, TemplateMatch, Value
from invex.reading.types import Document

KNOWN_FROM = 0.5  # a template is named when it is likelier than not, as each member does
# A member that gives no value holds absence for likelier than any candidate, and does not say by how much: its
# probability of absence lies between 1/2 and 1.
ABSENT_WITHOUT_VALUE = 0.75
MOST_ALTERNATIVES = 3

Row = dict[str, Value]


class Member(Protocol):
    """What reads with the others."""

    @property
    def build(self) -> str: ...

    def knows(self, template: str) -> bool: ...

    def predict(self, document: Document, *, template: str | None = None) -> Prediction: ...


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Members that read together. memory: newest revision of the memory that any of them has."""

    members: Sequence[Member]
    memory: int | None = None

    @property
    def build(self) -> str:
        return "+".join(member.build for member in self.members)

    def knows(self, template: str) -> bool:
        return any(member.knows(template) for member in self.members)

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        """Return what the members say together. template: the one it is known to be of; None = they agree on one."""
        said = [member.predict(document, template=template) for member in self.members]
        match = pooled_template([prediction.template for prediction in said])
        # A member that took it for another template is asked what it reads as this one.
        said = [
            prediction
            if prediction.template.name == match.name or match.name is None
            else member.predict(document, template=match.name)
            for member, prediction in zip(self.members, said, strict=True)
        ]
        agreeing = [prediction for prediction in said if prediction.template.name == match.name]
        return replace(
            combine(agreeing or said),
            template=match,
            model={**said[0].model, "build": self.build},
        )


def pooled_template(matches: Sequence[TemplateMatch]) -> TemplateMatch:
    """Return the template with the highest mean probability; None below KNOWN_FROM, with that mean."""
    names = sorted({match.name for match in matches if match.name is not None})
    means = {name: fmean(m.confidence if m.name == name else 0.0 for m in matches) for name in names}
    best = max(means, key=lambda name: means[name], default=None)
    if best is not None and means[best] >= KNOWN_FROM:
        return TemplateMatch(best, means[best])
    return TemplateMatch(None, min(fmean(m.confidence for m in matches), KNOWN_FROM))


def combine(said: Sequence[Prediction]) -> Prediction:
    """Return the pooled fields and tables of predictions for the same document and template, at least one."""
    keys = dict.fromkeys(key for prediction in said for key in prediction.fields)
    tables = dict.fromkeys(key for prediction in said for key in prediction.tables)
    return Prediction(
        said[0].template,
        {key: pooled_values([p.fields.get(key, ()) for p in said]) for key in keys},
        {key: pooled_rows([p.tables.get(key, ()) for p in said]) for key in tables},
        said[0].model,
        tuple(dict.fromkeys(w for prediction in said for w in prediction.warnings)),
    )


def pooled_values(said: Sequence[tuple[Value, ...]]) -> tuple[Value, ...]:
    """Return the values of a field, given those of each member, each member's in the order of the page."""
    total: defaultdict[str, float] = defaultdict(float)
    surest: dict[str, Value] = {}
    for values in said:
        for value, offered in _offered(values).items():
            total[value] += offered.confidence
            if value not in surest or offered.confidence > surest[value].confidence:
                surest[value] = offered
    mean = {value: sum_ / len(said) for value, sum_ in total.items()}
    if max((len(values) for values in said), default=0) > 1:  # the field repeats: each value for itself
        kept = [value for value in mean if mean[value] >= KNOWN_FROM]
        return tuple(replace(surest[value], confidence=mean[value], alternatives=()) for value in kept)
    absent = fmean(
        max(0.0, 1.0 - sum(v.confidence for v in _offered(values).values())) if values else ABSENT_WITHOUT_VALUE
        for values in said
    )
    ranked = sorted(mean, key=lambda value: (-mean[value], value))
    if not ranked or mean[ranked[0]] <= absent:
        return ()
    others = tuple(
        Alternative(value, mean[value], surest[value].text, surest[value].boxes)
        for value in ranked[1 : 1 + MOST_ALTERNATIVES]
    )
    return (replace(surest[ranked[0]], confidence=mean[ranked[0]], alternatives=others),)


def pooled_rows(said: Sequence[tuple[Row, ...]]) -> tuple[Row, ...]:
    """Return the rows of the surest member; a cell's probability is the mean over members with as many rows."""
    best = max(said, key=_sureness, default=())
    peers = [rows for rows in said if len(rows) == len(best)]
    return tuple(
        {
            column: replace(cell, confidence=fmean(_probability(rows[index], column, cell) for rows in peers))
            for column, cell in row.items()
        }
        for index, row in enumerate(best)
    )


def _offered(values: tuple[Value, ...]) -> dict[str, Value]:
    """Return a member's values and alternatives by canonical value, each as a value."""
    offered = {
        other.value: Value(other.value, other.text or other.value, other.confidence, boxes=other.boxes)
        for value in values
        for other in reversed(value.alternatives)
    }
    return offered | {value.value: value for value in values}


def _probability(row: Row, column: str, cell: Value) -> float:
    said = row.get(column)
    return said.confidence if said is not None and said.value == cell.value else 0.0


def _sureness(rows: tuple[Row, ...]) -> float:
    cells = [cell.confidence for row in rows for cell in row.values()]
    return fmean(cells) if cells else 0.0
