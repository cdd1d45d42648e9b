"""What an invoice lacks, given what it has: a till receipt names no customer, and what has a due date does.

A naive Bayes classifier (Domingos and Pazzani, "On the Optimality of the Simple Bayesian Classifier", 1997) a field,
over which other fields a document has. It is told by the labels of many documents, and corrects the share of absences
that a scorer was taught with (Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities",
2002).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .layout import Floats

LEAST_ODDS = 0.05  # documents out there are less complete than synthetic ones
LEAST_TELLING = 0.7  # nats; what tells less is chance, or what many fields tell alike
HAS, LACKS, UNKNOWN = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Absence:
    """keys: of F fields. bias: (F,) log-odds of absence beside those a scorer was taught.

    has, lacks: (F, F) what it adds that a document has, or lacks, the field of the column.
    """

    keys: tuple[str, ...]
    bias: Floats
    has: Floats
    lacks: Floats

    def odds(self, found: Collection[str]) -> dict[str, float]:
        """Return by field key the factor on the odds of absence. found: keys of the fields that a document has.

        What a document lacks speaks in the scores already; here it only weakens what speaks for presence.
        """
        is_there = np.array([key in found for key in self.keys])
        told = np.minimum(np.where(is_there, self.has, self.lacks).sum(axis=1), 0)
        odds = np.exp(self.bias + told).clip(LEAST_ODDS, 1)
        return dict(zip(self.keys, odds.tolist(), strict=True))

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {"bias": self.bias, "has": self.has, "lacks": self.lacks}

    @classmethod
    def from_arrays(cls, keys: Sequence[str], arrays: Mapping[str, np.ndarray]) -> Absence:
        return cls(tuple(keys), arrays["bias"], arrays["has"], arrays["lacks"])


def learn_absence(documents: Sequence[Mapping[str, object]], taught: Mapping[str, tuple[float, float]]) -> Absence:
    """documents: what each is confirmed to have by field key, empty where it has none; a key that nobody spoke of is
    left out. taught: by field key, the weights of absences and of values that its scorer learned from."""
    keys = tuple(taught)
    said = [[(HAS if d[key] else LACKS) if key in d else UNKNOWN for key in keys] for d in documents]
    known = np.array(said, np.int8).reshape(len(documents), len(keys))
    lacks, has = known == LACKS, known == HAS
    absent, present = np.array([taught[key] for key in keys], np.float64).reshape(-1, 2).T
    bias = np.log(lacks.sum(axis=0) + 1) - np.log(has.sum(axis=0) + 1) - np.log(absent + 1) + np.log(present + 1)
    return Absence(keys, bias.astype(np.float32), _ratio(lacks, has, has), _ratio(lacks, has, lacks))


def _ratio(lacks: np.ndarray, has: np.ndarray, other: np.ndarray) -> Floats:
    """(F, F) by how much `other` is likelier of documents that lack a field than of those that have it, in nats."""
    is_known = lacks | has
    shares = []
    for rows in (lacks, has):
        both, all_of_them = rows.T.astype(np.int64) @ other, rows.T.astype(np.int64) @ is_known
        shares.append((both + 1) / (all_of_them + 2))
    ratio: Floats = (np.log(shares[0]) - np.log(shares[1])).astype(np.float32)
    np.fill_diagonal(ratio, 0)
    ratio[np.abs(ratio) < LEAST_TELLING] = 0
    return ratio
