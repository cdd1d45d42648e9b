"""What the page of the automation sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from invex.kernel.errors import BadInput


@dataclass(frozen=True, slots=True)
class SentPromise:
    template: str
    is_wanted: bool
    promised_error: float
    audited: float


def read_promise(data: Mapping[str, str]) -> SentPromise:
    """Return the promise that was sent; shares come in per cent. Raises BadInput."""
    return SentPromise(
        template=data.get("template", ""),
        is_wanted=data.get("wanted") == "on",
        promised_error=_share(data.get("promised", "")),
        audited=_share(data.get("audited", "")),
    )


def _share(text: str) -> float:
    try:
        percent = float(text.replace(",", "."))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise BadInput(_("Give a share in per cent, such as 5."), code="bad_share")
    return round(percent / 100, 6)
