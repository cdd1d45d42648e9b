"""Figures of the dashboard that other parts bring, found by the dotted names in settings.DASHBOARD_TILES."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from invex.accounts.access import Access


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, what it is a figure of, and the page behind it. mark: "", "sure", "look" or "wrong"."""

    figure: str
    label: str
    url: str
    mark: str = ""


def tiles(access: Access) -> list[Tile]:
    """Return the figures for somebody with this access; each callable takes it and returns a Tile, or None."""
    found = (import_string(name)(access) for name in settings.DASHBOARD_TILES)
    return [tile for tile in found if tile is not None]
