"""How learning went, step by step of the optimisation: what training runs told, as a chart with its table."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from mlops.learning.learner import EVERY
from mlops.monitoring.chart import BOTTOM, LEFT, RIGHT, TOP, Line, figure
from mlops.training.models import TrainingRun

# As mlops.learning.network.building, which needs torch, tells them.
NETWORK = re.compile(r"network (\d+) of (\d+)(, pretraining)?")
MAKING = "synthetic documents"
LEAST = 0.001  # what is less is drawn there
KINDS = ("accent", "look", "live", "sure", "wrong", "soft")  # classes of the stylesheet, a curve each


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """losses: of small scorers the objective a document, before the first step of optimisation and after each.

    Of a network the mean loss of so many steps, one figure after the other.
    """

    label: str
    kind: str
    losses: tuple[float, ...]


@dataclass(frozen=True)
class LearningChart:
    """Curves over the same steps. left_out: curves that are only in the file.

    network_steps: of a point, where the curves are of networks; 0 where they are of small scorers.
    """

    title: str
    curves: tuple[LearningCurve, ...]
    left_out: int = 0
    network_steps: int = 0

    @property
    def key(self) -> str:
        """Of the section on its page."""
        return "networks" if self.network_steps else "learning"

    @property
    def last_step(self) -> int:
        return self._step(self._last)

    @property
    def _last(self) -> int:
        return max(len(curve.losses) for curve in self.curves) - 1

    def _step(self, n: int) -> int:
        return (n + 1) * self.network_steps if self.network_steps else n

    @cached_property
    def _powers(self) -> tuple[int, int]:
        """The powers of ten between which the axis goes: an objective falls by most of itself in its first steps."""
        seen = [max(LEAST, loss) for curve in self.curves for loss in curve.losses]
        low, high = math.floor(math.log10(min(seen))), math.ceil(math.log10(max(seen)))
        return low, max(high, low + 1)

    @property
    def ticks(self) -> list[Line]:
        low, high = self._powers
        return [Line(self._y(10.0**power), figure(10.0**power)) for power in range(low, high + 1)]

    @property
    def paths(self) -> list[tuple[str, str]]:
        """(class, path data) of each curve."""
        return [
            (curve.kind, "M" + " L".join(f"{self._x(n)} {self._y(loss)}" for n, loss in enumerate(curve.losses)))
            for curve in self.curves
        ]

    @property
    def said(self) -> str:
        """The chart in words, for who cannot see it."""
        sentence = _("%(name)s: from %(first)s to %(last)s in %(steps)s steps")
        return "; ".join(
            sentence
            % {
                "name": curve.label,
                "first": figure(curve.losses[0]),
                "last": figure(curve.losses[-1]),
                "steps": self._step(len(curve.losses) - 1),
            }
            for curve in self.curves
        )

    @property
    def rows(self) -> list[tuple[int, list[str]]]:
        """The table: number of the step, and a figure a curve."""
        return [
            (self._step(n), [figure(curve.losses[n]) if n < len(curve.losses) else "–" for curve in self.curves])
            for n in range(self._last + 1)
        ]

    def _x(self, step: int) -> str:
        return f"{LEFT + (RIGHT - LEFT) * step / max(1, self._last):.1f}"

    def _y(self, value: float) -> str:
        low, high = self._powers
        return f"{BOTTOM - (BOTTOM - TOP) * (math.log10(max(LEAST, value)) - low) / (high - low):.1f}"


def of_run(row: TrainingRun) -> LearningChart | None:
    """Return the curves of a run, those with the most documents; None before anything was learned."""
    told = _told(row)
    shown = sorted(told, key=lambda step: -step["documents"])[: len(KINDS)]
    if not shown:
        return None
    curves = tuple(
        LearningCurve(name_of(step["step"]), kind, tuple(step["losses"])) for step, kind in zip(shown, KINDS)
    )
    return LearningChart(_("How learning went"), curves, len(told) - len(shown))


def of_networks(row: TrainingRun) -> LearningChart | None:
    """Return the curves of the networks of a run that pretrains; None before the first told one."""
    told = _networks(row)[: len(KINDS)]
    if not told:
        return None
    curves = tuple(LearningCurve(name_of(step["step"]), kind, tuple(step["curve"])) for step, kind in zip(told, KINDS))
    return LearningChart(_("How the networks learned"), curves, network_steps=told[0]["curve_steps"])


def compared(pair: Sequence[TrainingRun]) -> LearningChart | None:
    """Return what both runs learned from the most documents, a curve a run; None when they have nothing in common."""
    first, second = ({step["step"]: step for step in _told(row)} for row in pair)
    common = first.keys() & second.keys()
    if not common:
        return None
    name = max(sorted(common), key=lambda key: first[key]["documents"] + second[key]["documents"])
    curves = tuple(
        LearningCurve(_("Run %(n)s") % {"n": row.pk}, kind, tuple(told[name]["losses"]))
        for row, told, kind in zip(pair, (first, second), KINDS)
    )
    return LearningChart(_("How learning went: %(name)s") % {"name": name_of(name)}, curves)


def lines(row: TrainingRun) -> list[tuple[str, int, float]]:
    """Return every figure of a run: what was learned, number of the step, objective a document."""
    networks = [
        (step["step"], n * step["curve_steps"], loss)
        for step in _networks(row)
        for n, loss in enumerate(step["curve"], 1)
    ]
    return networks + [(step["step"], n, loss) for step in _told(row) for n, loss in enumerate(step["losses"])]


def name_of(step: str) -> str:
    """What a step of learning is called: a template, all of them, or a network."""
    if step == EVERY:
        return _("all templates together")
    if step == MAKING:
        return _("synthetic documents")
    if network := NETWORK.fullmatch(step):
        said = _("network %(n)s of %(of)s, pretraining") if network[3] else _("network %(n)s of %(of)s")
        return said % {"n": network[1], "of": network[2]}
    return step


def _told(row: TrainingRun) -> list[dict[str, Any]]:
    """Return the steps of learning that told a curve: those of runs before there were curves did not."""
    return [step for step in row.progress if step.get("losses")]


def _networks(row: TrainingRun) -> list[dict[str, Any]]:
    """Return what the networks of a run that pretrains told."""
    return [step for step in row.progress if step.get("curve")]
