"""Sentences of errors and checks in the reader's language.

Code raises errors and finds faults in English, with what they speak of put in: programs, rows and logs keep that, and
the pure rooms know no Django. Whoever shows such a sentence to a person asks here. The catalogue of messages holds each
kind of sentence with {1}, {2} … for what is put in (invex.operations.catalogue gathers them from the sources). That
makes it a pattern: it recognises the sentence, and its translation says the same again. See docs/translating.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils import translation
from django.utils.translation import trans_real

CONTEXT = "sentence"  # of these messages, which keeps them apart from those that code marks
PLACE = re.compile(r"\{(\d)\}")
DETAIL = re.compile(r"(.*[.!]) \((.*)\)", re.DOTALL)  # "The file is empty. (0 bytes)": what a library said
AND = " + "  # between names
SEPARATOR = ": "  # "Line 3: the file is empty" is said in two parts


def spoken(sentence: str, names: str = "") -> str:
    """Return `sentence` in the active language; as it is where that has no words for it.

    names: context of the messages which are names that the sentence may put in, also several with " + " between them;
    without it a name is never translated, since a customer's own may look the same.
    """
    language = translation.get_language() or ""
    if not sentence or language.startswith("en"):
        return sentence
    return _spoken(language, str(sentence), names)


def filled(sentence: str, parts: Sequence[str]) -> str:
    """Return a sentence of the catalogue in the active language, `parts` in the place of {1}, {2} …

    For whoever has apart what `spoken` would have to recognise; the parts are put in as they are.
    """
    return _filled(translation.pgettext(CONTEXT, sentence), parts)


@lru_cache(maxsize=4096)
def _spoken(language: str, sentence: str, names: str) -> str:
    for pattern, said in _patterns(language):
        if found := pattern.fullmatch(sentence):
            return _filled(said, [_spoken(language, part, names) for part in found.groups()])
    if names and (named := _named(language, sentence, names)):
        return named
    if found := DETAIL.fullmatch(sentence):
        return f"{_spoken(language, found[1], names)} ({found[2]})"
    head, separator, tail = sentence.partition(SEPARATOR)
    if not separator:
        return sentence
    return f"{_spoken(language, head, names)}{SEPARATOR}{_spoken(language, tail, names)}"


def _named(language: str, text: str, names: str) -> str:
    """Return the names that `text` consists of, translated; "" where it is something else."""
    catalogue = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    keys = [f"{names}\x04{part}" for part in text.split(AND)]
    if not any(key in catalogue for key in keys):
        return ""
    return AND.join(str(catalogue[key]) if key in catalogue else key.partition("\x04")[2] for key in keys)


def _filled(said: str, parts: Sequence[str]) -> str:
    return PLACE.sub(lambda place: parts[int(place[1]) - 1], said)


@lru_cache(maxsize=8)
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """The sentences of a language with what recognises each, those with the most words of their own first."""
    prefix = f"{CONTEXT}\x04"
    catalogue = trans_real.translation(language)._catalog.items()  # type: ignore[attr-defined]
    known = [(key.removeprefix(prefix), said) for key, said in catalogue if str(key).startswith(prefix)]
    known.sort(key=lambda pair: -len(PLACE.sub("", pair[0])))
    return [(_pattern(text), said) for text, said in known]


def _pattern(text: str) -> re.Pattern[str]:
    parts = PLACE.split(text)  # text, number, text, number … in rising order
    return re.compile("".join("(.*?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.DOTALL)
