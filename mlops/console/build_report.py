"""What a build's page draws of the gate's report: the calibration curve, and templates taken for another."""

from __future__ import annotations

from typing import Any

from mlops.registry.models import Build

SHOWN_CONFUSIONS = 50


def test_side(build: Build) -> dict[str, Any]:
    """Return what was measured of the build on the test side; {} where nobody judged it here."""
    test = build.report.get("test")
    candidate = test.get("candidate") if isinstance(test, dict) else None
    return candidate if isinstance(candidate, dict) else {}


def curve(build: Build) -> list[dict[str, Any]]:
    """Return the bins of the curve with their places in a square of side 1, y from the top, as SVG attributes."""
    found = []
    most = max((one["values"] for one in test_side(build).get("calibration", [])), default=1)
    for one in test_side(build).get("calibration", []):
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
    found: list[dict[str, Any]] = test_side(build).get("confusions", [])
    return found[:SHOWN_CONFUSIONS]
