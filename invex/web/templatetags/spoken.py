"""{{ problem|spoken }}: a sentence of an error or a check, in the reader's language."""

from __future__ import annotations

from django import template
from django.utils.html import SafeString

from invex.kernel.spoken import spoken as spoken_sentence

register = template.Library()


@register.filter
def spoken(sentence: object) -> str:
    """Return the sentence in the active language; markup that a page made of it stays as it is."""
    return sentence if isinstance(sentence, SafeString) else spoken_sentence(str(sentence or ""))
