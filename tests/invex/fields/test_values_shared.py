"""Printed texts of real labels are read as the values that people confirmed."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from invex.fields.values import readings

DATA = Path(__file__).parents[4] / "shared" / "data"
# Share of labels whose printed text has the confirmed value among its readings. The rest are misprints and OCR errors
# of the sets themselves (their READMEs say so); amounts and dates have nearly none.
LEAST_SHARE = {"date": 0.99, "amount": 0.99, "text": 0.95, "id": 0.85}


def labelled_texts():
    """Yield (type, printed text, confirmed value) of every label that has a text."""
    for about in sorted(DATA.glob("*/dataset.json")):
        types = {field["key"]: field["type"] for field in json.loads(about.read_text())["fields"]}
        for path in sorted(about.parent.glob("labels/*.json")):
            for key, values in json.loads(path.read_text()).get("fields", {}).items():
                for value in values:
                    if value.get("text"):
                        yield types[key], value["text"], value["value"]


@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_label_texts_read_as_their_values():
    counts, read = defaultdict(int), defaultdict(int)
    for type, text, value in labelled_texts():
        counts[type] += 1
        read[type] += value in {reading.value for reading in readings(type, text)}
    shares = {type: round(read[type] / counts[type], 4) for type in counts}
    print(shares)
    assert {type: share for type, share in shares.items() if share < LEAST_SHARE.get(type, 0)} == {}
