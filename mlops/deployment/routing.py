"""Which build reads which document: a stable hash of the document and the revision's salt.

The same document has the same place for as long as the salt is kept, so a canary that grows keeps the documents that it
had, and a document that is read twice in one experiment is read by the same arm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from .states import Mode, ModelRole

# The arm that a share is given to, of those modes whose documents are divided; the other arm has the rest.
DIVIDED = {Mode.AB: (ModelRole.A, ModelRole.B), Mode.CANARY: (ModelRole.MODEL, ModelRole.CHALLENGER)}


@dataclass(frozen=True, slots=True)
class Routing:
    """share: arm -> part of the documents, summing to 1; empty where the mode does not divide them."""

    mode: str = Mode.SINGLE
    share: Mapping[str, float] = field(default_factory=dict)
    salt: str = ""

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that documents are divided among, the incumbent first; () where there is but one."""
        return DIVIDED.get(Mode(self.mode), ())

    def arm_of(self, document_id: int) -> str:
        """Return the arm that reads the document; "" where there is but one."""
        if not self.arms:
            return ""
        incumbent, challenger = self.arms
        return challenger if place(self.salt, document_id) < self.share[challenger] else incumbent


def place(salt: str, document_id: int) -> float:
    """Return the document's place in [0, 1), uniform over documents and independent between salts."""
    digest = hashlib.sha256(f"{salt}:{document_id}".encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56
