"""Which of two arms needs fewer corrections? A test that may be looked at after every document, for ever. Pure.

Each document goes to the challenger with a known probability p, by a hash that knows nothing of the document, and a
person says how much of it had to be corrected: its loss x in [0, 1]. Inverse probability weighting turns that into

    z = (x - m) / (1 - p)  where the incumbent read it,   z = -(x - m) / p  where the challenger did,

whose mean, given everything before, is the incumbent's expected loss minus the challenger's on this very document,
whichever m is used that was known before (here the mean loss so far, which only makes z vary less). So documents may
get harder over time and p may change.

Betting on the sign of z makes capital that cannot grow on average while the hypothesis holds: by Ville's inequality it
ever reaches 1/alpha with probability at most alpha, however often one looks. Bets of several sizes are mixed, which
needs no tuning. Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86(1), 2024;
Waudby-Smith, Wu, Ramdas, Karampatziakis & Mineiro, "Anytime-valid off-policy inference for contextual bandits", 2024.

Reviews come in a biased order, the uncertain documents first. The documents must therefore be taken in the order in
which they were drawn, and only up to the first one that nobody has judged yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALPHA = 0.05  # of a wrong decision, in either direction together, over the whole life of an experiment
BETS = np.geomspace(0.01, 0.9, 12)  # parts of the capital, of which 1 could be lost with one document
PRIOR_LOSS, PRIOR_DOCUMENTS = 0.1, 5.0  # the mean loss before anything was seen; it only centres


@dataclass(frozen=True, slots=True)
class Evidence:
    """Capital, from 1, of the bets that the challenger is better, that it is worse, and that it is not much worse.

    difference: estimated loss of the incumbent minus that of the challenger; positive = the challenger is better.
    """

    better: float
    worse: float
    not_much_worse: float
    difference: float


def weighted_losses(loss: Floats, is_challenger: NDArray[np.bool_], p: Floats) -> Floats:
    """Return z, all (..., n): what each document says of the difference, scaled into [-1, 1] by min(p, 1 - p)."""
    seen = np.cumsum(loss, axis=-1) - loss
    count = np.arange(loss.shape[-1])
    centre = (PRIOR_LOSS * PRIOR_DOCUMENTS + seen) / (PRIOR_DOCUMENTS + count)
    sign = np.where(is_challenger, -1.0 / p, 1.0 / (1.0 - p))
    weighted: Floats = (loss - centre) * sign * np.minimum(p, 1.0 - p)
    return weighted


def log_capital(gains: Floats) -> Floats:
    """Return the logarithm of the capital after each document, (..., n), of bets that the mean of `gains` is positive.

    gains: (..., n) in [-1, 1], of which the hypothesis says that their conditional mean is at most 0.
    """
    total = np.full(gains.shape, -np.inf)
    for bet in BETS:
        total = np.logaddexp(total, np.cumsum(np.log1p(bet * gains), axis=-1))
    capital: Floats = total - np.log(len(BETS))
    return capital


def evidence(loss: Floats, is_challenger: NDArray[np.bool_], p: Floats, *, margin: float) -> Evidence:
    """Return the evidence of documents in the order in which they were drawn.

    loss: (n,) in [0, 1]. p: (n,), the probability with which each was the challenger's. margin: a loss by which the
    challenger may be worse and still be not much worse.
    """
    if not len(loss):
        return Evidence(1.0, 1.0, 1.0, 0.0)
    scaled = weighted_losses(loss, is_challenger, p)
    scale = np.minimum(p, 1.0 - p)
    with_margin = (scaled + margin * scale) / (1.0 + margin * scale)
    return Evidence(
        better=_capital(scaled),
        worse=_capital(-scaled),
        not_much_worse=_capital(with_margin),
        difference=float(np.mean(scaled / scale)),
    )


def _capital(gains: Floats) -> float:
    """The highest capital so far: a decision that was once earned is not taken back by what comes later."""
    return float(np.exp(min(log_capital(gains).max(), 50.0)))
