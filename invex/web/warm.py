"""What every page needs, loaded before the first is asked for: else the first visitor of each process waits for it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.template import engines
from django.urls import get_resolver
from django.utils import translation
from django.utils.translation import gettext


def warm() -> None:
    """Load addresses, templates and languages. The web server does it once and then forks, so that they are shared."""
    _ = get_resolver().url_patterns
    folder: Path = settings.BASE_DIR / "templates"
    for file in sorted(folder.rglob("*.html")):
        engines["django"].get_template(file.relative_to(folder).as_posix())
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            gettext("Inbox")
