"""Does a document print, to the letter, what every document of a template prints?

One program prints the forms of many senders, and strangers then look alike: the same labels at the same places. What
tells them apart are the words that never change within a template, digits and all: names, addresses, telephone, tax
and bank numbers. Where a template is one that many senders use, its examples disagree about those, and they do not
count: wrapper induction by what pages share (Crescenzi et al., "RoadRunner", VLDB 2001), used as a test.

How much of it a document of the kind may lack is learned from the examples themselves, each held against all the
others (leave one out). The share that is lacking is taken as exponential with an unknown rate, the rate as Gamma; what
one of the kind lacks is then Lomax distributed, and the document's odds are multiplied by the probability that one of
the kind lacks so much. A stranger that looks alike may lack anything. One example does not say what never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]  # hashes, ascending, none twice

# Of the rate's prior: one document was seen already, and lacked this share. The smallest of .05, .1, .2 and .4 with
# which 99 % of own documents of synthetic vendors are still found by five, eight and sixteen examples, noise included.
PRIOR_DOCUMENTS = 1
PRIOR_LACKING = 0.1
# Examples count as so many, however many they are: one form is not like the other by one rate, so that a posterior
# that grew ever surer would lose more own documents the more examples there are (synthetic: 4 % at sixteen).
COUNTED = 2
SMOOTHING = 2  # words more that are taken as there: of a form of three words, one that is misread says little


@dataclass(frozen=True, slots=True)
class Wording:
    """words: on all examples, none where there is but one. lacking: of the posterior, sum of the shares that lacked."""

    words: Words
    lacking: float

    @staticmethod
    def of(examples: Sequence[Words]) -> Wording:
        """From the words of a template's examples."""
        words, count = np.unique(np.concatenate(examples), return_counts=True)
        constant = words[count == len(examples)]
        if len(examples) == 1:
            constant = constant[:0]  # nobody knows yet
        but_one = words[count == len(examples) - 1]  # constant, if it were not for the example that lacks it
        shares = [_share(len(but_one) - _common(but_one, mine), len(constant) + len(but_one)) for mine in examples]
        return Wording(constant, PRIOR_LACKING + COUNTED * sum(shares) / len(shares))

    def log_probability(self, words: Words) -> float:
        """Return log P(one of the kind lacks as much as a document of these words), at most 0."""
        share = _share(len(self.words) - _common(self.words, words), len(self.words))
        return (PRIOR_DOCUMENTS + COUNTED) * float(np.log(self.lacking / (self.lacking + share)))


def _share(lacking: int, of: int) -> float:
    return lacking / (of + SMOOTHING)


def _common(some: Words, others: Words) -> int:
    if not len(others):
        return 0
    at = np.minimum(np.searchsorted(others, some), len(others) - 1)
    return int(np.count_nonzero(others[at] == some))
