"""The same paper twice: the same words, or the same paper scanned again."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from invex.reading.types import Document

SAME_WORDS = 0.85  # Jaccard resemblance; recognisers misread some words of every scan
MIN_WORDS = 10  # with fewer, equal words are chance

_DIGITS = re.compile(r"\d+")


def duplicates(documents: Mapping[str, Document]) -> Iterator[tuple[str, ...]]:
    """Yield the ids of documents that are one paper, ascending, at least two each.

    Two documents are when every number is printed in both equally often and nearly all other words are: two invoices of
    one kind differ in their numbers above all, two readings of one page in single characters of words.
    """
    same_numbers: dict[str, list[tuple[str, Counter[str]]]] = defaultdict(list)
    for identity in sorted(documents):
        words = _words(documents[identity])
        if words.total() >= MIN_WORDS:
            same_numbers[_numbers(words)].append((identity, words))
    for candidates in same_numbers.values():
        yield from _alike(candidates)


def fingerprint(document: Document) -> str:
    """Return what two readings of one paper have in common: a digest of its numbers; "" when it has too few words."""
    words = _words(document)
    return _numbers(words) if words.total() >= MIN_WORDS else ""


def _words(document: Document) -> Counter[str]:
    return Counter(word.text.casefold() for page in document.pages for word in page.words)


def _numbers(words: Counter[str]) -> str:
    """A digest of all digits of the document: the same for two documents that print the same numbers."""
    found: Counter[str] = Counter()
    for text, count in words.items():
        for number in _DIGITS.findall(text):
            found[number] += count
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()


def _alike(candidates: Sequence[tuple[str, Counter[str]]]) -> Iterator[tuple[str, ...]]:
    rest = list(candidates)
    while rest:
        identity, words = rest.pop(0)
        same = [other for other, theirs in rest if _jaccard(words, theirs) >= SAME_WORDS]
        if same:
            yield (identity, *same)
            rest = [one for one in rest if one[0] not in same]


def _jaccard(a: Counter[str], b: Counter[str]) -> float:
    return (a & b).total() / (a | b).total()
