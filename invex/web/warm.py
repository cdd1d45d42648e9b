"""What every page needs, loaded before the first is asked for: else the first visitor of each process waits for it."""

from __future__ import annotations

import gc
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.urls import get_resolver
from django.utils import translation
from django.utils.translation import gettext

from invex.fields.spec import FIELD_TYPES
from invex.fields.validators import BadValue, entered, iban_is_valid, vat_id_is_valid
from invex.kernel.spoken import spoken

TYPED = ("19/03/2020", "12,50 EUR")  # as somebody types them: what makes values of such is loaded when first asked


def warm() -> None:
    """Load addresses, templates, languages, and what says what a typed value means.

    The web server does it once and then forks, so that all of it is shared. The collector of garbage leaves it alone
    from then on: to look through it took 200 ms each time, in the midst of some request.
    """
    _ = get_resolver().url_patterns
    folder: Path = settings.BASE_DIR / "templates"
    for file in sorted(folder.rglob("*.html")):
        engines["django"].get_template(file.relative_to(folder).as_posix())
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            spoken(gettext("Inbox"))
    for kind in FIELD_TYPES:
        for text in TYPED:
            with suppress(BadValue):
                entered(kind, text)
    iban_is_valid("DE89370400440532013000")
    vat_id_is_valid("DE136695976")
    gc.collect()
    gc.freeze()
