"""Who may do what: every view and every API operation starts here, with a project that the person may see."""

from __future__ import annotations

from dataclasses import dataclass

from invex.kernel.actor import Actor
from invex.kernel.errors import NotAllowed

from .models import Project
from .roles import RIGHTS, Right


@dataclass(frozen=True, slots=True)
class Access:
    """An actor inside one project, with a role. Every query of a room takes one, or the project out of one."""

    actor: Actor
    project: Project
    role: str

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Raise NotAllowed unless the role may do this."""
        if not self.may(right):
            roles = ", ".join(role for role, rights in RIGHTS.items() if right in rights)
            raise NotAllowed(f"Your role in {self.project.name} is {self.role}; this needs one of these: {roles}.")
