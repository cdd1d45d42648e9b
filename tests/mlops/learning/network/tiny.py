"""A network that trains in a second."""

import hashlib

from mlops.learning.network.checkpoint import to_bytes
from mlops.learning.network.config import NetworkConfig
from mlops.learning.network.pretraining import Pretrainer
from mlops.learning.network.training import Trainer

TINY = NetworkConfig(word=8, cell=8, heads=2, layers=1, buckets=64, hidden=8)


def digest(trainer: Trainer | Pretrainer) -> str:
    """Two that are in the same state have the same."""
    return hashlib.sha256(to_bytes(trainer)).hexdigest()
