"""What the pages of a training run show of its row: the ladder, yields, log, and candidate beside incumbent."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from invex.catalog.field_names import names_of
from mlops.compute.gpus import CPU
from mlops.training.leftovers import LOG, folder
from mlops.training.models import TrainingRun
from mlops.training.states import RunState, Step
from mlops.training.states import ladder as steps_of

from . import findings
from .learning_curves import name_of

SOON_S, FASTEST_POLL_S, SLOWEST_POLL_S = 60, 2, 10  # a page asks often in the first minute of a step
LOG_BYTES, LOG_LINES = 16_384, 40
SHOWN_DIFFERENCES = 200


def poll_s(row: TrainingRun) -> int:
    """Return after how many seconds the page of an open run asks again: soon in the first minute of a step."""
    begun = [_time(step["started_at"]) for step in row.steps if not step["ended_at"]]
    since = max([row.state_changed_at, *begun])
    return FASTEST_POLL_S if (timezone.now() - since).total_seconds() < SOON_S else SLOWEST_POLL_S


def actions(row: TrainingRun) -> list[tuple[str, str]]:
    """Return what a person may ask of the run now: (action, label)."""
    labels = {
        "yield": _("Yield"),
        "resume": _("Resume"),
        "on-cpu": _("Start again on the CPU"),
        "cancel": _("Cancel"),
    }
    stands = row.state in (RunState.WAITING, RunState.YIELDED, RunState.FAILED)
    may = {
        "yield": row.state in (RunState.WAITING, RunState.RUNNING),
        "resume": row.state in (RunState.YIELDED, RunState.FAILED),
        "on-cpu": stands and row.device != CPU and not row.is_step_done(Step.TRAIN),
        "cancel": RunState.CANCELLED in row.MOVES[row.state],
    }
    return [(name, label) for name, label in labels.items() if may[name]]


def forbidding(row: TrainingRun) -> dict[str, Any] | None:
    """Return the first error for which validation stopped the run, as findings.Group has it; None where none did."""
    report = row.dataset.validation
    if row.state != RunState.FAILED or row.is_step_done(Step.VALIDATE) or not report:
        return None
    errors = [finding for finding in report["findings"] if finding["severity"] == "error"][:1]
    groups = findings.grouped({"findings": errors}, {}, names_of(row.project))
    return groups[0].findings[0] if groups else None


def ladder(row: TrainingRun) -> list[dict[str, Any]]:
    """Return all steps in order: label, mark, key of its state, seconds that it took, and what it found."""
    known = {step["name"]: step for step in row.steps}
    found = []
    for step in steps_of(row.purpose):
        said = known.get(step.value)
        found.append(
            {
                "label": step.label,
                **_standing(row, said),
                "seconds": _seconds(said["started_at"], said["ended_at"]) if said and said["ended_at"] else None,
                "words": _words(step, said["detail"]) if said and said["ended_at"] else "",
            }
        )
    return found


def progress(row: TrainingRun) -> list[dict[str, Any]]:
    """Return the steps of learning: name, documents, seconds, whether a checkpoint had it, and x, width of its bar."""
    total = sum(step["seconds"] for step in row.progress)
    found, begun = [], 0.0
    for step in row.progress:
        share = step["seconds"] / total if total else 0.0
        found.append({**step, "name": name_of(step["step"]), "x": f"{begun:.4f}", "width": f"{share:.4f}"})
        begun += share
    return found


def yields(row: TrainingRun) -> list[dict[str, Any]]:
    """Return every yield: when, why, and seconds until it went on (None while it has not)."""
    return [
        {
            "at": _time(said["at"]),
            "cause": said["cause"],
            "seconds": _seconds(said["at"], said["until"]) if said.get("until") else None,
        }
        for said in row.yields
    ]


def log_tail(row: TrainingRun) -> str:
    """Return the last lines of the learning process's log; "" where it lies on another machine."""
    try:
        with (folder(row) / LOG).open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - LOG_BYTES))
            text = log.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LOG_LINES:])


def scores(row: TrainingRun) -> dict[str, Any]:
    """Return F1 of candidate and incumbent on the test side, in percent, and what the gate said; None before that."""
    test = row.report.get("test", {})
    return {
        "candidate": _percent(test.get("candidate", {}).get("f1")),
        "incumbent": _percent(test.get("incumbent", {}).get("f1")),
        "passed": row.report.get("passed"),
    }


def beside(row: TrainingRun) -> list[dict[str, Any]]:
    """Return the tables of candidate beside incumbent: all, by template, by field and cell, on both judged sides."""
    if not row.report:
        return []
    return [
        {"title": _("Overall"), "rows": list(_overall(row))},
        {"title": _("By template"), "rows": _pairs(row.report["test"], lambda m: m["by_template"], _("unknown"))},
        {"title": _("By field"), "rows": _pairs(row.report["test"], _by_field(names_of(row.project)), "")},
    ]


def differences(row: TrainingRun) -> list[dict[str, Any]]:
    """Return the documents that the two read differently, the greatest losses last, with a link where there is one."""
    numbers = dict(row.dataset.documents.filter(erased_at__isnull=True).values_list("name", "document"))
    called = names_of(row.project)
    return [
        {
            **said,
            "fields": [called(key) for key in said["fields"]],
            "pk": numbers.get(said["document"]),
            "gain": said["incumbent_errors"] - said["candidate_errors"],
        }
        for said in row.report.get("differences", [])[:SHOWN_DIFFERENCES]
    ]


def facts(pair: Sequence[TrainingRun]) -> list[dict[str, Any]]:
    """Return what the runs were made of: label, the value of each, and whether they differ."""
    said = [
        (_("State"), [str(row.get_state_display()) for row in pair]),
        (_("Version"), [row.version for row in pair]),
        (_("Dataset"), [row.dataset.hash[:12] for row in pair]),
        (_("Base"), [row.base for row in pair]),
        (_("Code"), [row.code for row in pair]),
        (_("Seed"), [str(row.seed) for row in pair]),
        (_("Build"), [row.build.name if row.build else "–" for row in pair]),
        (_("Gate"), [{True: _("passed"), False: _("refused")}.get(row.report.get("passed"), "–") for row in pair]),
    ]
    return [{"label": label, "values": values, "differs": len(set(values)) > 1} for label, values in said]


def compared(pair: Sequence[TrainingRun]) -> list[dict[str, Any]]:
    """Return tables of the two candidates' figures: by template and by field, on the test side."""
    if not all(row.report for row in pair):
        return []
    both = {"incumbent": pair[0].report["test"]["candidate"], "candidate": pair[1].report["test"]["candidate"]}
    return [
        {"title": _("Overall"), "rows": [_row(_("F1"), both["candidate"]["f1"], both["incumbent"]["f1"])]},
        {"title": _("By template"), "rows": _pairs(both, lambda m: m["by_template"], _("unknown"))},
        {"title": _("By field"), "rows": _pairs(both, _by_field(names_of(pair[0].project)), "")},
    ]


def _standing(row: TrainingRun, said: dict[str, Any] | None) -> dict[str, str]:
    if said is not None and said["ended_at"]:
        return {"key": "done", "mark": "✓", "state": _("done")}
    if said is None:
        return {"key": "ahead", "mark": "○", "state": _("ahead")}
    if row.state == RunState.RUNNING:
        return {"key": "running", "mark": "◔", "state": _("under way")}
    if row.state == RunState.FAILED:
        return {"key": "failed", "mark": "✗", "state": _("failed")}
    return {"key": "yielded", "mark": "–", "state": _("stopped")}


def _words(step: Step, detail: dict[str, Any]) -> str:
    """Return what a step that ended found, in a line."""
    match step:
        case Step.FREEZE:
            n = sum(sum(counts.values()) for counts in detail["distribution"].values())
            return _("%(n)s documents, dataset %(hash)s") % {"n": n, "hash": detail["dataset"][:8]}
        case Step.VALIDATE:
            return _("%(located)s of %(values)s labelled values are on the page") % detail
        case Step.SMOKE:
            return _("learned from a few documents in %(seconds)s s") % detail
        case Step.TRAIN:
            return _("package of %(mib).1f MiB, sha256 %(hash)s") % {
                "mib": detail["bytes"] / 2**20,
                "hash": detail["sha256"][:12],
            }
        case Step.EVALUATE:
            return _("F1 %(candidate)s, incumbent %(incumbent)s, on %(n)s documents") % {
                "candidate": _show(detail["candidate"]),
                "incumbent": _show(detail["incumbent"]),
                "n": detail["documents"],
            }
        case Step.GATE:
            return _("%(build)s passed") % detail if detail["passed"] else _("%(build)s refused") % detail


def _overall(row: TrainingRun) -> Iterator[dict[str, Any]]:
    for side, label in (("test", _("F1, test side")), ("blind", _("F1, blind side (only reported)"))):
        both = row.report[side]
        yield _row(label, both["candidate"]["f1"], both["incumbent"]["f1"])
        if side == "test":
            for key, name in (("document_exact", _("Whole documents right")), ("ece", _("Calibration error"))):
                values = [both[who]["report"][key] for who in ("candidate", "incumbent")]
                yield _row(name, *values, less_is_better=key == "ece")
            ms = [1000 * both[who]["seconds_a_page"] for who in ("candidate", "incumbent")]
            yield _row(_("Milliseconds a page"), *ms, unit="", less_is_better=True)


def _by_field(called: Callable[[str], str]) -> Callable[[dict[str, Any]], dict[str, float | None]]:
    def figures(measurement: dict[str, Any]) -> dict[str, float | None]:
        report = measurement["report"]
        counted = {called(key): counts for key, counts in report["fields"].items()}
        counted |= {_("%(table)s, cells") % {"table": called(key)}: counts for key, counts in report["tables"].items()}
        return {name: counts["f1"] for name, counts in counted.items() if counts["support"] or counts["fp"]}

    return figures


def _pairs(both: dict[str, Any], figures: Any, unnamed: str) -> list[dict[str, Any]]:
    candidate, incumbent = figures(both["candidate"]), figures(both["incumbent"])
    names = sorted({*candidate, *incumbent})
    return [_row(name or unnamed, candidate.get(name), incumbent.get(name)) for name in names]


def _row(
    name: str, candidate: float | None, incumbent: float | None, *, unit: str = "%", less_is_better: bool = False
) -> dict[str, Any]:
    """Return a line of a table: the two figures, in percent where they are shares, and which way it went."""
    scale = 100 if unit else 1
    a, b = (None if value is None else scale * value for value in (candidate, incumbent))
    change = None if a is None or b is None else round(a - b, 1)
    good = None if not change else (change < 0) == less_is_better
    return {"name": name, "candidate": a, "incumbent": b, "change": change, "is_better": good, "unit": unit}


def _percent(figure: float | None) -> float | None:
    return None if figure is None else 100 * figure


def _show(figure: float | None) -> str:
    return "–" if figure is None else f"{100 * figure:.1f} %"


def _time(said: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(said)


def _seconds(begin: str, end: str) -> float:
    return (_time(end) - _time(begin)).total_seconds()
