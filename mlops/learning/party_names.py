"""Names as addresses print them: broken over two lines, or above the person to whom the letter goes.

Scorers learn where names stand from whole candidates, of which those of two lines are mostly wrong. So the place is
taken from the line that looks like the name, and the network, which saw every word, says where the name ends.
"""

from __future__ import annotations

import numpy as np

from .blocks import COMPANY, OTHER, POSTAL, STREET, Blocks, kind_of
from .candidates import Candidates
from .layout import Floats

# In nats, for the whole of a name over one of its lines. Synthetic ones are as likely at 0 and 0.5, and less without.
WHOLE = 0.5
# Letterheads break names as it looks well; customers' names come from a form, and are less likely by this.
BROKEN = ("supplier_name",)


def as_addressed(key: str, blocks: Blocks, candidates: Candidates, scores: Floats, known: Floats) -> Floats:
    """(K,) scores of texts as the party `key`. scores: (K,) of the small scorer. known: (K,) what the network adds."""
    out: Floats = scores + known
    lines: dict[tuple[int, int], int] = {}
    for k, span in enumerate(zip(candidates.first.tolist(), candidates.last.tolist(), strict=True)):
        if k not in candidates.rest:
            lines.setdefault(span, k)
    for k, rest in candidates.rest.items() if key in BROKEN else ():
        upper = lines.get((int(candidates.first[k]), int(candidates.last[k])))
        lower = lines.get((rest[0], rest[-1]))
        if upper is not None and lower is not None and _is_one_name(candidates, upper, lower):
            out[k] = max(out[k], max(scores[upper], scores[lower]) + known[k] + WHOLE)
    for company, contact in _contacts(blocks, candidates, lines):
        out[company], out[contact] = max(out[company], out[contact]), min(out[company], out[contact])
    return out


def _is_one_name(candidates: Candidates, upper: int, lower: int) -> bool:
    """No street or number among the lines, and no person below a company."""
    kinds = [kind_of(candidates.texts[k]) for k in (upper, lower)]
    return kinds != [COMPANY, OTHER] and all(kind in (COMPANY, OTHER) for kind in kinds)


def _contacts(blocks: Blocks, candidates: Candidates, lines: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    """Candidates (company, person or department) of addresses: the latter right below, and above the street."""
    layout, kind, up = candidates.layout, blocks.kind, blocks.up
    is_contact = (kind == OTHER) & (kind[up] == COMPANY) & np.isin(kind[blocks.down], (STREET, POSTAL))
    found = []
    for cell in np.flatnonzero(is_contact[:-1]).tolist():
        pair = [
            lines.get((int(layout.cell_start[c]), int(layout.cell_start[c + 1]) - 1)) for c in (int(up[cell]), cell)
        ]
        if pair[0] is not None and pair[1] is not None:
            found.append((pair[0], pair[1]))
    return found
