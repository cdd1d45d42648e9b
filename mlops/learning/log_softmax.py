"""From scores to log-probabilities that add up to one."""

from __future__ import annotations

import numpy as np

from .layout import Floats


def log_softmax(scores: Floats) -> Floats:
    """Return the log of the softmax over the last axis, of the same shape."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
