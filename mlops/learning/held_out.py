"""What the base package reads of synthetic vendors that no part of it has met: its manifest's metrics, and its card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

from .dataset import Sample
from .evaluation import Report, evaluate
from .package import Package
from .predictor import Predictor

FIRST = 4_000_000  # number of the first vendor
NOISE = (0.0, 0.0, 0.3)  # of the documents in turn
DIGITS = 4  # of a figure that are kept


def measure(package: Package, documents: int) -> dict[str, Any]:
    """Return the figures of `documents` invoices, and of a quarter as many papers that are none."""
    invoices = _report(package, list(_invoices(documents)))
    others = _report(package, list(_others(max(documents // 4, 1))))
    return {
        "held_out": {
            "generator": "fixtures.generator",
            "first": FIRST,
            "invoices": documents,
            "others": others.documents,
        },
        "fields": _round(invoices.micro.f1),
        "by_field": {key: _round(counts.f1) for key, counts in invoices.fields.items()},
        "line_items": _round(invoices.tables[LINE_ITEMS.key].f1),
        "document_exact": _round(invoices.document_exact),
        "calibration_error": _round(invoices.calibration_error),
        "invented_on_others": _round(others.spurious_rate),
    }


def card(metrics: dict[str, Any], *, archive: str = "", documents: int = 0) -> str:
    """The model card of these figures. archive, documents: on whose so many documents the network was pretrained."""
    seen = "trained on synthetic documents alone (fixtures/generator); no real document was used."
    if archive:
        seen = f"trained on synthetic documents (fixtures/generator); before, the network read {documents} documents"
        seen += f" of {archive} without their labels."
    about, invented = metrics["held_out"], _show(metrics["invented_on_others"])
    rows = [f"| {f.label} | {_show(metrics['by_field'][f.key])} |" for f in STANDARD_FIELDS]
    return "\n".join(
        [
            "# Invex base package",
            "",
            "Reads the standard invoice fields and line items of invoices never seen before, in the languages of the",
            "generator (English, German and French among them), and makes learning a new template easier.",
            "",
            "Small scorers and a network over words and cells,",
            seen,
            "",
            "## Measured when it was built",
            "",
            f"On {about['invoices']} synthetic invoices of vendors that it had not met, a third as scans are read;",
            "real documents are harder: figures on them are in docs/accuracy.md.",
            "",
            "| micro-F1 | |",
            "|---|---|",
            f"| all fields | {_show(metrics['fields'])} |",
            *rows,
            f"| cells of line items | {_show(metrics['line_items'])} |",
            "",
            f"All fields of a document right: {_show(metrics['document_exact'])}.",
            f"Calibration error: {_show(metrics['calibration_error'])}.",
            f"Fields invented on {about['others']} orders, letters and other papers: {invented}.",
            "",
            "Weakest where names have no label, legal form or address beside them.",
            "",
        ]
    )


def _invoices(count: int) -> Iterator[Sample]:
    from fixtures.generator import Vendor  # needs more libraries than learning and predicting do

    for i in range(count):
        one = Vendor(FIRST + i).document(0, noise=NOISE[i % len(NOISE)])
        yield Sample(str(i), one.document, one.label)


def _others(count: int) -> Iterator[Sample]:
    from fixtures.generator import Vendor
    from fixtures.generator.negatives import KINDS

    for i in range(count):
        one = Vendor(FIRST + i, kind=KINDS[i % len(KINDS)]).document(0, noise=NOISE[i % len(NOISE)])
        yield Sample(str(i), one.document, one.label)


def _report(package: Package, samples: list[Sample]) -> Report:
    predictor = Predictor(package)
    answers = {s.id: predictor.predict(s.document) for s in samples}
    return evaluate(STANDARD_FIELDS, (LINE_ITEMS,), {s.id: s.label for s in samples}, answers)


def _round(figure: float | None) -> float | None:
    return None if figure is None else round(figure, DIGITS)


def _show(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"
