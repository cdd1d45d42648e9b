"""How far a build's probabilities can be believed, and which templates it takes for which; of one measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from invex.fields.labels import Label
from invex.fields.prediction import Prediction
from mlops.learning.comparison import same
from mlops.learning.dataset import Dataset

BINS = 10


def calibration(
    dataset: Dataset, labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> list[dict[str, Any]]:
    """Return the bins of a reliability diagram (Niculescu-Mizil and Caruana, 2005), those with values only.

    [{"confidence": mean in the bin, "right": share of its values that were confirmed, "values": how many}]; fields that
    nobody was asked for are left out.
    """
    types = {field.key: field.type for field in dataset.fields}
    bins: dict[int, list[tuple[float, bool]]] = {}
    for name, prediction in predictions.items():
        for key, values in prediction.fields.items():
            if key not in types or key not in labels[name].fields:
                continue
            for value in values:
                is_right = any(same(types[key], value.value, said.value) for said in labels[name].fields[key])
                bins.setdefault(min(BINS - 1, int(value.confidence * BINS)), []).append((value.confidence, is_right))
    return [
        {
            "confidence": sum(confidence for confidence, _ in found) / len(found),
            "right": sum(is_right for _, is_right in found) / len(found),
            "values": len(found),
        }
        for _, found in sorted(bins.items())
    ]


def confusions(labels: Mapping[str, Label], predictions: Mapping[str, Prediction]) -> list[dict[str, Any]]:
    """Return [{"is", "said", "documents"}] of documents that were taken for another template, the most first.

    "" = of none, or taken for none.
    """
    found = Counter(
        (labels[name].template or "", prediction.template.name or "") for name, prediction in predictions.items()
    )
    wrong = [(pair, n) for pair, n in found.items() if pair[0] != pair[1]]
    ordered = sorted(wrong, key=lambda one: (-one[1], one[0]))
    return [{"is": pair[0], "said": pair[1], "documents": n} for pair, n in ordered]
