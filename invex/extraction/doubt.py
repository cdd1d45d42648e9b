"""How much a person will have to correct, by which the queue of the review is sorted. Pure."""

from __future__ import annotations

from .pipeline import APPROVAL_OFF, AUDIT, Outcome

# Doubts that the confidences already count, or that say nothing about the values.
COUNTED_ELSEWHERE = frozenset({"low_confidence", APPROVAL_OFF, AUDIT})


def expected_errors(outcome: Outcome) -> float:
    """Return how many of the document's values are expected to be wrong, at least 0.

    The sum of the values' chances of being wrong; a failed check, and a document of no template, count one each.
    A cell counts as much as its share of its row, so that a long table does not outweigh everything else.
    """
    prediction = outcome.prediction
    fields = sum(1 - value.confidence for values in prediction.fields.values() for value in values)
    rows = sum(
        sum(1 - cell.confidence for cell in row.values()) / len(row)
        for table in prediction.tables.values()
        for row in table
        if row
    )
    failed = sum(reason.code not in COUNTED_ELSEWHERE for reason in outcome.reasons)
    return float(round(fields + rows + failed, 4))
