"""The template recogniser as bytes: safetensors, the same index the same bytes."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import load, save

from mlops.learning.templates import TemplateIndex


def index_to_bytes(index: TemplateIndex) -> bytes:
    return save({name: np.ascontiguousarray(array) for name, array in sorted(index.to_arrays().items())})


def index_from_bytes(data: bytes) -> TemplateIndex:
    """The inverse of index_to_bytes."""
    return TemplateIndex.from_arrays(load(data))
