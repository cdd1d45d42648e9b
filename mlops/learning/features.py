"""What surrounds a candidate, as hashed features: the evidence of the small scorer.

Words stand for themselves (folded, digits 0) and positions are soft-binned: each falls into its two nearest bins with
weights that add up to 1, so that a small shift changes little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .candidates import TEXT_TYPES, Candidates
from .feature_groups import Columns, Features, beside
from .gathered import Gathered
from .surroundings import Surroundings, add_above, add_beside, add_position
from .value_features import add_form, add_goes_on, add_order, add_repeats, add_sums, add_text, add_words

_Add = Callable[[Columns, Surroundings, Gathered], None]


def featurize(around: Surroundings, found: Sequence[Candidates]) -> list[Features]:
    """Return the features of every candidate, of each type. found: the candidates of different types."""
    # Runs of words overlap, so counting them counts nothing on the page.
    texts = [c for c in found if c.kind in TEXT_TYPES]
    typed = [c for c in found if c.kind not in TEXT_TYPES]
    amounts = [c for c in found if c.kind == "amount"]
    addresses = [c for c in found if c.kind == "address"]
    blocks = [
        _block(around, found, add_beside, add_above, add_position, add_form),
        _block(around, texts, add_text),
        _block(around, typed, add_words, add_order),
        _block(around, amounts, add_sums),
        _block(around, addresses, add_goes_on),
        _block(around, found, add_repeats),
    ]
    return [beside([part[c.kind] for part in blocks if c.kind in part]) for c in found]


def _block(around: Surroundings, found: Sequence[Candidates], *adding: _Add) -> dict[str, Features]:
    """The same columns for the candidates of all types `found`, by type."""
    if not found:
        return {}
    gathered = Gathered(found)
    columns = Columns(len(gathered))
    for add in adding:
        add(columns, around, gathered)
    features = columns.done()
    return {kind: features.rows(rows) for kind, rows in gathered.rows.items()}
