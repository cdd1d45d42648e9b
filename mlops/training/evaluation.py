"""A candidate beside what reads now, on the documents of a dataset that neither was to learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlops.datasets import folder as folders
from mlops.datasets.models import DatasetVersion
from mlops.datasets.states import Side
from mlops.learning.dataset import load_dataset, samples
from mlops.learning.package import Package
from mlops.memory.base import base_package, bases

from .gate import NetworkOrigin, judge
from .measure import Measurement, differing, measure


def compare(
    candidate: Package, dataset: DatasetVersion, *, has_compared_network: bool, look_up: Callable[[], None]
) -> dict[str, Any]:
    """Return the report of candidate and incumbent on the test and the blind side, and what the gate says of it.

    has_compared_network: a run here has trained the candidate's network, and compared its export with torch.
    look_up: called before each side; what it raises ends the comparison.
    """
    incumbent_name, load = next(iter(bases(dataset.project_id).items()))
    incumbent = load()
    measured: dict[str, tuple[Measurement, Measurement]] = {}
    for side in (Side.TEST, Side.BLIND):
        look_up()
        with folders.exported(dataset, sides=[side]) as path:
            found = load_dataset(path)
            known = list(samples(found, reader=None))
            measured[side] = (measure(candidate, found, known), measure(incumbent, found, known))
            if side == Side.TEST:
                differences = differing(found, *measured[side])
    blind = measured[Side.BLIND][0]
    network = NetworkOrigin.UNKNOWN
    if _network(candidate) in (None, _network(base_package())):
        network = NetworkOrigin.SHIPPED
    elif has_compared_network:
        network = NetworkOrigin.TRAINED_HERE
    rules = judge(*measured[Side.TEST], blind=blind, network=network)
    return {
        "incumbent": incumbent_name,
        "rules": [rule.to_json() for rule in rules],
        "passed": all(rule.ok for rule in rules),
        "differences": differences,
        **{side: {"candidate": a.to_json(), "incumbent": b.to_json()} for side, (a, b) in measured.items()},
    }


def _network(package: Package) -> bytes | None:
    return package.network.onnx if package.network is not None else None
