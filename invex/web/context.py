"""What every page of the shell shows: the project, the menu, who is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from invex.accounts import queries
from invex.accounts.access import Access
from invex.accounts.roles import Right, Role
from invex.review import queries as reviews


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A place in the frame. name: of its URL; count: what waits there for a person, None = nothing is counted there."""

    label: str
    url: str
    is_current: bool
    count: int | None = None
    name: str = ""


# (url name, label, path under the project, right that it needs)
PLACES = (
    ("inbox", gettext_lazy("Inbox"), "inbox", Right.READ),
    ("batches", gettext_lazy("Batches"), "batches", Right.READ),
    ("documents", gettext_lazy("Documents"), "documents", Right.READ),
    ("templates", gettext_lazy("Templates"), "templates", Right.READ),
    ("masterdata", gettext_lazy("Master data"), "master-data", Right.READ),
    ("exports", gettext_lazy("Exports"), "exports", Right.READ),
    ("settings", gettext_lazy("Settings"), "settings", Right.READ),
)
# Pages of the settings area, in the order of its menu: (url name, label, right that it needs). Their templates extend
# shell/settings.html.
SETTINGS_PAGES = (
    ("members", gettext_lazy("Members"), Right.ADMIN),
    ("tokens", gettext_lazy("API tokens"), Right.ADMIN),
    ("audit", gettext_lazy("Audit"), Right.ADMIN),
    ("document-policy", gettext_lazy("Documents"), Right.ADMIN),
    ("automation", gettext_lazy("Automation"), Right.READ),  # everybody may look
    ("webhooks", gettext_lazy("Webhooks"), Right.ADMIN),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the template context of the frame; only the bare name of the product before login."""
    access: Access | None = getattr(request, "access", None)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    # Called by the templates of the frame alone: a fragment of a page costs no queries for what it does not show.
    context: dict[str, Any] = {"projects": cache(lambda: list(queries.projects_of(user)))}
    if access is not None:
        context |= {
            "access": access,
            "role_label": Role(access.role).label,
            "menu": cache(lambda: _menu(request, access)),
            "settings_menu": cache(lambda: settings_menu(request, access)),
        }
    return context


def settings_menu(request: HttpRequest, access: Access) -> list[MenuEntry]:
    """Return the pages of the settings area that the role may see."""
    places = [
        (str(label), reverse(name, args=[access.project.slug]))
        for name, label, right in SETTINGS_PAGES
        if access.may(right)
    ]
    return [MenuEntry(label, url, request.path.startswith(url)) for label, url in places]


def _menu(request: HttpRequest, access: Access) -> list[MenuEntry]:
    here = request.path.removeprefix(f"/p/{access.project.slug}/").split("/")[0]
    counts = {"inbox": reviews.to_review(access.project).count()}
    places = [*PLACES[:-1], *(place for name in settings.SHELL_PLACES for place in import_string(name)), PLACES[-1]]
    return [
        MenuEntry(str(label), reverse(name, args=[access.project.slug]), here == path, counts.get(name), name)
        for name, label, path, right in places
        if access.may(right)
    ]
