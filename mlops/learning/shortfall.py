"""Values that a document lacks: the best candidate agrees far less with what was confirmed than those of other fields.

Matching compares candidates with each other and says nothing of NULL, since the layouts of a template vary, and with
them how much anything can agree. But they vary for all fields together: a field whose best candidate falls further
short of what was confirmed than those of the document's other fields is likely to be empty there. An outlier test
within a document, from the upper quartile (Tukey, "Exploratory Data Analysis", 1977).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

LEAST_FIELDS = 4  # others, to say what is usual on a document
QUARTILE = 0.75
SLACK = 4.0  # nats of agreement, beyond those others, that may be chance
RATE = 0.5  # nats for NULL a nat beyond that


def toward_null(shortfalls: Mapping[str, float]) -> dict[str, float]:
    """Return what to add to the score of each field's NULL, in nats; only fields to which something is added.

    shortfalls: by field key, how many nats the best candidate agrees less with the confirmed occurrences than these do
    with themselves.
    """
    added = {}
    for key, mine in shortfalls.items():
        others = [other for name, other in shortfalls.items() if name != key]
        if len(others) >= LEAST_FIELDS:
            beyond = mine - float(np.quantile(others, QUARTILE)) - SLACK
            if beyond > 0:
                added[key] = RATE * beyond
    return added
