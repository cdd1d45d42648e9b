"""Pages for people who are logged in: every one starts with a project that the person may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from . import queries
from .access import Access
from .models import User
from .roles import Right


class ProjectRequest(HttpRequest):
    """A request to a page of a project."""

    access: Access
    user: User
    htmx: Any


View = Callable[..., HttpResponseBase]
LONGEST_SAID = 60  # of a name with its value


def in_project(right: Right = Right.READ, *, query: Collection[str] | None = None) -> Callable[[View], View]:
    """Decorate `view(request, ...)` of an address with a `project` slug: `request.access` is what the person may do.

    query: the names that the page knows in the query of its address; a person is told of others, which are ignored.
    Who is not logged in goes to the login page; who is no member gets NotFound, whose role lacks `right` NotAllowed.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def page(request: HttpRequest, project: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            page_request = cast(ProjectRequest, request)
            page_request.access = queries.access_of(page_request.user, project)
            page_request.access.require(right)
            if query is not None and request.method == "GET" and not page_request.htmx:
                say_ignored(request, (name for name in request.GET if name not in query))
            return view(page_request, *args, **kwargs)

        return page

    return decorate


def say_ignored(request: HttpRequest, names: Iterable[str]) -> None:
    """Tell the person which parts of the query of the page's address, by their names, it does not know."""
    said = ", ".join(f"{name}={request.GET.get(name)}"[:LONGEST_SAID] for name in names)
    if said:
        words = _("The address asks for what this page does not know; it is ignored: %(what)s")
        messages.warning(request, words % {"what": said})
