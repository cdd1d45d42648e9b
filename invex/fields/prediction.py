"""What was read from one document: `invex-prediction/1` (FORMATS.md, section 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .geometry import PageBox

PREDICTION_FORMAT = "invex-prediction/1"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a value: its name, whether it held, and for people a sentence when it did not."""

    name: str
    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A candidate that came second or third."""

    value: str
    confidence: float
    text: str = ""
    boxes: tuple[PageBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was read.

    value: canonical. text: as printed. confidence: probability that it is right, [0, 1].
    source: "model", "xml" or "person".
    why: what spoke for it, strongest first, as (evidence, weight) for people.
    """

    value: str
    text: str
    confidence: float
    source: str = "model"
    boxes: tuple[PageBox, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    why: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateMatch:
    """Which template a document is: name None = unknown; confidence is the best template's in any case."""

    name: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """All that was read from one document; `model` says which build, memory, deployment and reader did it."""

    template: TemplateMatch
    fields: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    tables: dict[str, tuple[dict[str, Value], ...]] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def _boxes(boxes: tuple[PageBox, ...]) -> list[dict[str, Any]]:
    return [{"page": b.page, "box": [round(v, 5) for v in b.box]} for b in boxes]


def value_to_json(v: Value) -> dict[str, Any]:
    out: dict[str, Any] = {
        "value": v.value,
        "text": v.text,
        "confidence": round(v.confidence, 4),
        "source": v.source,
        "boxes": _boxes(v.boxes),
    }
    if v.checks:
        out["checks"] = [
            {"name": c.name, "ok": c.ok, **({"message": c.message} if c.message else {})} for c in v.checks
        ]
    if v.alternatives:
        out["alternatives"] = [
            {"value": a.value, "text": a.text, "confidence": round(a.confidence, 4), "boxes": _boxes(a.boxes)}
            for a in v.alternatives
        ]
    if v.why:
        out["why"] = [{"evidence": e, "weight": round(w, 3)} for e, w in v.why]
    return out


def prediction_to_json(
    prediction: Prediction, *, id: str, file: str, pages: int, seconds: float, **extra: Any
) -> dict[str, Any]:
    """Return the `invex-prediction/1` object; `extra` adds `state` and `by` where they mean something."""
    return {
        "format": PREDICTION_FORMAT,
        "id": id,
        "file": file,
        "pages": pages,
        "template": {"name": prediction.template.name, "confidence": round(prediction.template.confidence, 4)},
        "fields": {k: [value_to_json(v) for v in vs] for k, vs in prediction.fields.items()},
        "tables": {
            k: [{c: value_to_json(v) for c, v in row.items()} for row in rows] for k, rows in prediction.tables.items()
        },
        "model": prediction.model,
        **extra,
        "seconds": round(seconds, 4),
        "warnings": list(prediction.warnings),
    }


def error_to_json(*, file: str, code: str, message: str, id: str | None = None) -> dict[str, Any]:
    """Return the line of a file that could not be read."""
    out: dict[str, Any] = {"format": PREDICTION_FORMAT}
    if id is not None:
        out["id"] = id
    return {**out, "file": file, "error": {"code": code, "message": message}}
