"""One thing about a dataset that a person should know before training, or that training tells them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .message import Parts, filled

ERROR, WARNING, NOTE = SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should know. severity: error = do not train; warning = look; note = good to know.

    sentence: with {1}, {2} … in the place of each of `parts`.
    """

    severity: str
    code: str
    sentence: str
    parts: tuple[Parts, ...]
    what_to_do: str
    documents: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What it says, fields and types by their keys."""
        return filled(self.sentence, self.parts)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "message": self.message}
