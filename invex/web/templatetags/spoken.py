"""What rows keep in English or as a code, in the reader's language: {{ problem|spoken }}, {{ type|type_name }}, …"""

from __future__ import annotations

import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext

from invex.catalog.field_names import CONTEXT, field_name
from invex.catalog.type_names import TYPE_NAMES
from invex.kernel.spoken import spoken as spoken_sentence
from invex.review.reason_names import REASON_NAMES

register = template.Library()
MINUTE = datetime.timedelta(minutes=1)


@register.filter
def spoken(sentence: object) -> str:
    """Return the sentence in the active language; markup that a page made of it stays as it is."""
    return sentence if isinstance(sentence, SafeString) else spoken_sentence(str(sentence or ""))


@register.filter
def check_spoken(sentence: object) -> str:
    """Return what a check of fields says in the active language, the standard fields by their names in it."""
    return spoken_sentence(str(sentence or ""), CONTEXT)


@register.filter("field_name")
def field_name_filter(path: str, label: str = "") -> str:
    """Return what people call a field, a table or a column ("table.column"); label: as its template calls it."""
    return field_name(path, label)


@register.filter
def ago(moment: datetime.datetime) -> str:
    """Return how long ago that was, "just now" below a minute."""
    if timezone.now() - moment < MINUTE:
        return gettext("just now")
    return gettext("%(ago)s ago") % {"ago": timesince(moment)}


@register.filter
def type_name(field_type: str) -> str:
    """Return what people call a type of field."""
    return str(TYPE_NAMES[field_type])


@register.filter
def reason_name(code: str) -> str:
    """Return what people call a reason for which a document waits; the code where it has no name."""
    return str(REASON_NAMES.get(code, code))
