"""What every page of the shell shows: the project, the menu, who is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from invex.accounts import queries
from invex.accounts.access import Access
from invex.accounts.roles import Right, Role
from invex.review import queries as reviews


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A place in the frame. count: what waits there for a person, 0 = not said."""

    label: str
    url: str
    is_current: bool
    count: int = 0


# (url name, label, path under the project, right that it needs)
PLACES = (
    ("inbox", gettext_lazy("Inbox"), "inbox", Right.READ),
    ("batches", gettext_lazy("Batches"), "batches", Right.READ),
    ("documents", gettext_lazy("Documents"), "documents", Right.READ),
    ("templates", gettext_lazy("Templates"), "templates", Right.READ),
    ("tokens", gettext_lazy("API tokens"), "settings", Right.ADMIN),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the template context of the frame; only the bare name of the product before login."""
    access: Access | None = getattr(request, "access", None)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    context: dict[str, Any] = {"projects": list(queries.projects_of(user))}
    if access is not None:
        context |= {"access": access, "role_label": Role(access.role).label, "menu": _menu(request, access)}
    return context


def _menu(request: HttpRequest, access: Access) -> list[MenuEntry]:
    here = request.path.removeprefix(f"/p/{access.project.slug}/").split("/")[0]
    counts = {"inbox": reviews.to_review(access.project).count()}
    return [
        MenuEntry(str(label), reverse(name, args=[access.project.slug]), here == path, counts.get(name, 0))
        for name, label, path, right in PLACES
        if access.may(right)
    ]
