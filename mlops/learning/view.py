"""A document as the learner sees it: its layout, and per type its candidates and their features, each made once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from invex.fields.locale import DocumentLocale, infer
from invex.reading.types import Document

from .blocks import Blocks
from .breaks import NO_BREAKS, Breaks
from .candidates import TEXT_TYPES, Candidates, find
from .context import Context
from .feature_groups import Features
from .features import featurize
from .hashing import Hashes, tokens
from .layout import Layout, lay_out
from .network.inputs import read_inputs
from .network.serving import Evidence, Network
from .surroundings import Surroundings

LOCALE_LINES = 200  # of a document, that are asked for its conventions


def _key(kind: str, breaks: Breaks) -> tuple[str, Breaks]:
    """What the candidates of a type depend on: words around texts, forms of ids."""
    if kind in TEXT_TYPES:
        return kind, breaks.of_texts(kind)
    if kind == "iban":
        return kind, breaks.of_ibans()
    return kind, breaks.of_ids() if kind == "id" else NO_BREAKS


class View:
    """Computes on demand and keeps; every field of a type, and every template that is tried, shares the work."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._candidates: dict[tuple[str, Breaks], Candidates] = {}
        self._features: dict[tuple[str, Breaks], Features] = {}
        self._evidence: tuple[Network, Evidence] | None = None

    @cached_property
    def layout(self) -> Layout:
        return lay_out(self.document)

    @cached_property
    def context(self) -> Context:
        return Context(self.layout)

    @cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.context)

    @cached_property
    def blocks(self) -> Blocks:
        return Blocks(self.layout)

    @cached_property
    def words(self) -> Hashes:
        """(n,) hashes of the layout's words as printed, but for case."""
        return tokens([t.casefold() for t in self.layout.texts])

    @cached_property
    def locale(self) -> DocumentLocale:
        return infer(self.layout.line_texts[:LOCALE_LINES])

    def candidates(self, kind: str, breaks: Breaks = NO_BREAKS) -> Candidates:
        key = _key(kind, breaks)
        if key not in self._candidates:
            self._candidates[key] = find(self.layout, *key)
        return self._candidates[key]

    def features(self, kind: str, breaks: Breaks = NO_BREAKS) -> Features:
        self.featurize((kind,), breaks)
        return self._features[_key(kind, breaks)]

    def featurize(self, kinds: Iterable[str], breaks: Breaks = NO_BREAKS) -> None:
        """Compute the features of several types, as far as they are missing: that is faster than one by one."""
        missing = [key for kind in dict.fromkeys(kinds) if (key := _key(kind, breaks)) not in self._features]
        if missing:
            found = [self.candidates(*key) for key in missing]
            self._features.update(zip(missing, featurize(self.surroundings, found), strict=True))

    def evidence(self, network: Network) -> Evidence:
        """What the network says of the document's words."""
        kept = self._evidence
        if kept is None or kept[0] is not network:
            kept = self._evidence = network, network.evidence(read_inputs(self.layout))
        return kept[1]

    def keep(self, network: Network, said: Evidence) -> None:
        """Take what the network said of this document together with others."""
        self._evidence = network, said
