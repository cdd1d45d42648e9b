"""Who does something, as text: audit rows and labels outlive users and tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """kind: "user", "token" or "system"; name: as people know it. `str()` is what rows keep, e.g. "token:erp"."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "user" else f"{self.kind}:{self.name}"


SYSTEM = Actor("system", "invex")
