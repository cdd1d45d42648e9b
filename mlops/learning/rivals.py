"""What stood beside a confirmed value and was not meant: the rows above and below it, the other amounts of its column.

Where a document lacks a value, something else takes its place: the subtotal that of the discount. It agrees with what
was confirmed, and agrees more with what was not: the confirmed document had a subtotal, too. Each candidate is
compared with both, as a nearest neighbour of either class (Cover and Hart, "Nearest Neighbor Pattern Classification",
1967), with the hardest negatives of a document, as in metric learning (Schroff et al., "FaceNet", 2015).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from invex.fields.labels import LabelValue
from invex.fields.values import NUMERIC_TYPES

from .candidates import Candidates
from .feature_groups import Features
from .layout import Floats
from .locate import as_printed, is_near, locate
from .matching import Matcher, Supports, match_each

MOST_RIVALS = 6  # of a confirmed document, that are remembered
SLACK = 1.0  # nats, by which a candidate may agree more with a document's rivals, as a mixture, than with the value
SAME_NUMBER = 0.01  # of a number: one as near may be the same before it was rounded
NEVER = -1e3  # log-probability


def rivals_among(
    matcher: Matcher, candidates: Candidates, features: Features, confirmed: Sequence[LabelValue], own: Supports
) -> tuple[Features, Floats]:
    """Return the features and log-probabilities of a document's rivals, each as likely, as Supports.of takes them.

    own: where its value is. They are the candidates most like it that share no word with any of the confirmed values.
    A document without rivals has its own value, which is never one.
    """
    kind = candidates.kind
    is_value = _may_be_meant(candidates, confirmed)
    words = {word for k in np.flatnonzero(is_value).tolist() for word in candidates.words(k)}
    likeliest = np.argsort(-match_each(matcher, kind, own, features)[0], kind="stable").tolist()
    others = (k for k in likeliest if not is_value[k] and words.isdisjoint(candidates.words(k)))
    rows = np.array([k for k, _ in zip(others, range(MOST_RIVALS))], np.intp)
    if not len(rows):
        return own.features, np.full(len(own.prior), NEVER, np.float32)
    return features.rows(rows), np.full(len(rows), -np.log(len(rows)), np.float32)


def _may_be_meant(candidates: Candidates, confirmed: Sequence[LabelValue]) -> NDArray[np.bool_]:
    """(K,) which candidates are a confirmed value, or a number that is nearly as large."""
    found = np.zeros(len(candidates), bool)
    for label in confirmed:
        value = as_printed(candidates, label)
        found |= locate(candidates, value).matching
        for printed, rows in candidates.by_value.items() if candidates.kind in NUMERIC_TYPES else ():
            found[rows] |= is_near(printed, value.value, SAME_NUMBER * abs(float(printed)))
    return found


def outdone(
    matcher: Matcher, kind: str, values: Supports, rivals: Supports, features: Features, rows: NDArray[np.intp]
) -> Floats:
    """(R,) what it tells of the candidates `rows` that they are more like rivals than like the value; none above 0.

    The mean over the confirmed documents, which `values` and `rivals` have both, in one order.
    """
    mine, theirs = (match_each(matcher, kind, known, features, rows) for known in (values, rivals))
    told: Floats = -np.maximum(theirs - mine - SLACK, 0).mean(axis=0)
    return told
