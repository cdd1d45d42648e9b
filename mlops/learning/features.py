"""What surrounds a candidate, as hashed features: the evidence of the small scorer.

Words stand for themselves (folded, digits 0) and positions are soft-binned: each falls into its two nearest bins with
weights that add up to 1, so that a small shift changes little.
"""

from __future__ import annotations

from .candidates import TEXT_TYPES, Candidates
from .feature_groups import Columns, Features
from .surroundings import Surroundings, add_above, add_beside, add_position
from .value_features import add_order, add_repeats, add_value


def featurize(around: Surroundings, candidates: Candidates) -> Features:
    """Return the features of every candidate."""
    context = around.context
    columns = Columns(len(candidates))
    add_beside(columns, around, candidates)
    add_above(columns, around, candidates)
    add_position(columns, around, candidates)
    add_value(columns, context, candidates)
    if candidates.kind not in TEXT_TYPES:  # runs of words overlap, so counting them counts nothing on the page
        add_order(columns, context, candidates)
    add_repeats(columns, candidates)
    return columns.done()
