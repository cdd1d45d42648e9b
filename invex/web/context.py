"""What every page of the shell shows: the project, the menu, who is there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the template context of the frame; empty before login."""
    return {"access": getattr(request, "access", None)}
