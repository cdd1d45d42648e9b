"""What the page of retraining sends: shares in percent, empty limits for none."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from invex.kernel.errors import BadInput
from invex.kernel.sent import sent_number

from .policy import Policy
from .states import MEASURED, Kind, Step

SHARES = (Kind.ACCURACY, Kind.UNKNOWN)  # whose thresholds are shares


def read_policy(data: QueryDict, before: Policy) -> dict[str, Any]:
    """Return the policy that was sent as Policy.from_json takes it; what the page does not show stays. Raises BadInput.

    The bounds are those of Policy.from_json.
    """
    said = before.to_json()
    said["triggers"] = {str(kind): _trigger(data, kind, said["triggers"][kind]) for kind in MEASURED}
    said["schedule"]["cron"] = " ".join(data.get("cron", "").split())
    said["cooldown_h"] = sent_number(data, "cooldown_h", _("the cooldown")) or 0.0
    said["budget"] = {
        "runs": sent_number(data, "runs", _("the runs of a week")),
        "cpu_h": sent_number(data, "cpu_h", _("the CPU hours of a week")),
        "gpu_h": sent_number(data, "gpu_h", _("the GPU hours of a week")),
    }
    said["automatic"] = {str(step): data.get(f"automatic:{step}") == "on" for step in Step}
    said["mode"] = data.get("mode", said["mode"])
    said["trial_days"] = _needed(data, "trial_days", _("the days of a trial"))
    said["selection"] = {**said["selection"], "without_suspects": data.get("without_suspects") == "on"}
    return said


def _trigger(data: QueryDict, kind: Kind, before: dict[str, Any]) -> dict[str, Any]:
    threshold = _needed(data, f"threshold:{kind}", _("the threshold"))
    said = {**before, "on": data.get(f"on:{kind}") == "on"}
    said["threshold"] = round(threshold / 100, 6) if kind in SHARES else threshold
    for name, what in (("newest", _("the newest documents")), ("least", _("the fewest documents"))):
        value = sent_number(data, f"{name}:{kind}", what)
        said[name] = before[name] if value is None else value
    return said


def _needed(data: QueryDict, name: str, what: str) -> float:
    value = sent_number(data, name, what)
    if value is None:
        raise BadInput(_("Give %(what)s.") % {"what": what}, code="bad_number")
    return value
