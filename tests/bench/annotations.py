"""Boxes that a person drew in the review screen, laid over labels that come without (see fixtures/annotations)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from invex.fields.geometry import Box, PageBox
from mlops.learning.dataset import Sample

ANNOTATIONS = Path(__file__).resolve().parents[2] / "fixtures" / "annotations"

# Document id -> field key -> the boxes of the field's value; a value that wraps has several.
Annotations = Mapping[str, Mapping[str, tuple[PageBox, ...]]]


def load_annotations(dataset: str) -> Annotations:
    """Return the boxes drawn on the documents of `dataset`, say "adbuy". Raises FileNotFoundError when there are none."""
    data = json.loads((ANNOTATIONS / f"{dataset}_boxes.json").read_text(encoding="utf-8"))
    return {
        identity: {
            key: tuple(PageBox(int(b["page"]), Box(*(float(v) for v in b["box"]))) for b in boxes)
            for key, boxes in fields.items()
        }
        for identity, fields in data["documents"].items()
    }


def with_boxes(sample: Sample, annotations: Annotations) -> Sample:
    """Return `sample` with the boxes of its annotation in its label; unchanged when nobody annotated the document.

    Values stay the label's. Only a field with exactly one value takes boxes: of several, nobody said which is meant; an
    annotated field that the label does not have is left out.
    """
    drawn = annotations.get(sample.id, {})
    fields = {
        key: (replace(values[0], boxes=drawn[key]),) if len(values) == 1 and drawn.get(key) else values
        for key, values in sample.label.fields.items()
    }
    return replace(sample, label=replace(sample.label, fields=fields))
