"""Pages for people who are logged in: every one starts with a project that the person may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

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


def in_project(right: Right = Right.READ) -> Callable[[View], View]:
    """Decorate `view(request, ...)` of an address with a `project` slug: `request.access` is what the person may do.

    Who is not logged in goes to the login page; who is no member gets NotFound, whose role lacks `right` NotAllowed.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def page(request: HttpRequest, project: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            page_request = cast(ProjectRequest, request)
            page_request.access = queries.access_of(page_request.user, project)
            page_request.access.require(right)
            return view(page_request, *args, **kwargs)

        return page

    return decorate
