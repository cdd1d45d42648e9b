"""What a build's page says of the gate's report: its figures, the calibration curve, templates taken for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invex.fields.spec import title_of
from mlops.registry.models import Build

SHOWN_CONFUSIONS = 50
METRIC_NAMES: dict[str, str | Promise] = {  # of a package's manifest (mlops.learning.held_out)
    "held_out": gettext_lazy("Measured on"),
    "fields": gettext_lazy("F1 of the fields"),
    "line_items": gettext_lazy("F1 of the line items"),
    "document_exact": gettext_lazy("Whole documents right"),
    "invented_on_others": gettext_lazy("Documents of other kinds in which a value was invented"),
    "calibration_error": gettext_lazy("Error of the confidence"),
}


def metric_name(key: str) -> str:
    """Return what people call a figure of a package's manifest; one that is not known says its key."""
    return str(METRIC_NAMES.get(key, title_of(key)))


def on_test_side(build: Build, who: str = "candidate") -> dict[str, Any]:
    """Return what was measured of the build on the test side; {} where nobody judged it here.

    who: "incumbent" = of what read then.
    """
    test = build.report.get("test")
    measured = test.get(who) if isinstance(test, dict) else None
    return measured if isinstance(measured, dict) else {}


def f1_percent(build: Build) -> float | None:
    """Return the build's F1 on the test side, in percent; None where nobody measured it here."""
    f1 = on_test_side(build).get("f1")
    return None if f1 is None else 100 * f1


@dataclass(frozen=True, slots=True)
class Weakest:
    """The template that a build reads worst on the test side. f1: in percent."""

    name: str
    f1: float


def weakest(build: Build) -> Weakest | None:
    """Return the template that the build reads worst; None where nobody measured it here."""
    by_template = {name: f1 for name, f1 in on_test_side(build).get("by_template", {}).items() if f1 is not None}
    if not by_template:
        return None
    name = min(by_template, key=lambda one: (by_template[one], one))
    return Weakest(name, 100 * by_template[name])


def recognised_percent(build: Build) -> float | None:
    """Return how many of the documents of known templates found theirs on the test side, in percent."""
    accuracy = on_test_side(build).get("report", {}).get("template", {}).get("accuracy")
    return None if accuracy is None else 100 * accuracy


def milliseconds_a_page(build: Build) -> float | None:
    """Return how long a page of the test side took to read from its words, in milliseconds."""
    seconds = on_test_side(build).get("seconds_a_page")
    return None if seconds is None else 1000 * seconds


def figures(build: Build) -> list[tuple[str, str]]:
    """Return what the gate measured of the build, and beside it of what read then: (label, percent), for people."""
    said = []
    for who, name in (("candidate", build.name), ("incumbent", str(build.report.get("incumbent", "")))):
        measured = on_test_side(build, who)
        whole = measured.get("report", {}).get("document_exact")
        for label, share in ((_("F1, test side"), measured.get("f1")), (_("Whole documents right"), whole)):
            if share is not None:
                said.append((f"{label}, {name}" if who == "incumbent" else label, f"{100 * share:.1f} %"))
    if documents := on_test_side(build).get("report", {}).get("documents"):
        said.append((_("Documents"), str(documents)))
    if repository := build.report.get("repository"):
        said.append((_("Judged where it came from"), str(repository)))
    return said


def curve(build: Build) -> list[dict[str, Any]]:
    """Return the bins of the curve with their places in a square of side 1, y from the top, as SVG attributes."""
    found = []
    most = max((one["values"] for one in on_test_side(build).get("calibration", [])), default=1)
    for one in on_test_side(build).get("calibration", []):
        found.append(
            {
                **one,
                "x": f"{one['confidence']:.4f}",
                "y": f"{1 - one['right']:.4f}",
                "radius": f"{0.012 + 0.028 * (one['values'] / most) ** 0.5:.4f}",
                "says_percent": 100 * one["confidence"],
                "right_percent": 100 * one["right"],
            }
        )
    return found


def line(points: list[dict[str, Any]]) -> str:
    """Return the points as SVG writes a polyline."""
    return " ".join(f"{point['x']},{point['y']}" for point in points)


def confusions(build: Build) -> list[dict[str, Any]]:
    """Return the templates that were taken for another, the most frequent first."""
    found: list[dict[str, Any]] = on_test_side(build).get("confusions", [])
    return found[:SHOWN_CONFUSIONS]
