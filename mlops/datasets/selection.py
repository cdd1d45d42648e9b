"""Which confirmed documents a dataset version is made of."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

from invex.kernel.errors import BadInput

HASH_SPACE = float(1 << 64)


class Confirmed(Protocol):
    """A confirmed document, the newest first in every sequence of them."""

    @property
    def paper(self) -> str: ...
    @property
    def template(self) -> str: ...
    @property
    def confirmed_at(self) -> datetime.datetime: ...


Chosen = TypeVar("Chosen", bound=Confirmed)


@dataclass(frozen=True, slots=True)
class Choice(Generic[Chosen]):
    """What a selection selects, and held_back: what it would select if the memory did not hold it back."""

    chosen: tuple[Chosen, ...]
    held_back: tuple[Chosen, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """All confirmed documents, less what the entries leave out; they hold together, in this order.

    What the memory holds back because others of its template contradict it is left out unless with_held is said.

    since: confirmed on or after this day. templates: only these, "" for unknown; () = all. without_suspects: not those
    whose label the newest validation suspects. share: this part of the papers, (0, 1]; the same papers each time.
    newest: at most so many. per_template: at most so many of each, the newest.
    """

    since: datetime.date | None = None
    templates: tuple[str, ...] = ()
    with_held: bool = False
    without_suspects: bool = False
    share: float = 1.0
    newest: int | None = None
    per_template: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what was said: an empty object selects everything."""
        nothing = asdict(Selection())
        said = {key: value for key, value in asdict(self).items() if value != nothing[key]}
        if self.since:
            said["since"] = self.since.isoformat()
        if self.templates:
            said["templates"] = list(self.templates)
        return said

    @classmethod
    def from_json(cls, data: Any) -> Selection:
        """Return the selection that `data` says. Raises BadInput with the entry that is wrong."""
        if not isinstance(data, Mapping):
            raise BadInput("selection: give an object, {} for every confirmed document.")
        known = [entry.name for entry in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise BadInput(f"selection: {unknown[0]!r} is not known; use {', '.join(known)}.")
        return cls(
            since=_day(data.get("since")),
            templates=_names(data.get("templates", [])),
            with_held=_yes(data.get("with_held", False), "with_held"),
            without_suspects=_yes(data.get("without_suspects", False), "without_suspects"),
            share=_share(data.get("share", 1.0)),
            newest=_count(data.get("newest"), "newest"),
            per_template=_count(data.get("per_template"), "per_template"),
        )

    def choose(
        self, documents: Sequence[Chosen], *, suspects: Iterable[str] = (), held: Iterable[str] = ()
    ) -> Choice[Chosen]:
        """Return what is selected of the documents, in their order.

        suspects, held: papers with suspected labels, and those that the memory holds back. What is held back takes no
        place of newest and per_template; given only Choice.held_back as `held`, the same documents are chosen again.
        """
        doubtful = frozenset(suspects) if self.without_suspects else frozenset()
        contradicted = frozenset() if self.with_held else frozenset(held)
        chosen: list[Chosen] = []
        held_back: list[Chosen] = []
        taken: Counter[str] = Counter()
        places = 0  # of `newest`; what is one too many of its template takes one as well
        for document in documents:
            if not self._asks_for(document) or document.paper in doubtful:
                continue
            if places == self.newest:
                break
            is_full = taken[document.template] == self.per_template
            if document.paper in contradicted and not is_full:
                held_back.append(document)
                continue
            places += 1
            if not is_full:
                taken[document.template] += 1
                chosen.append(document)
        return Choice(tuple(chosen), tuple(held_back))

    def _asks_for(self, document: Confirmed) -> bool:
        return (
            (self.since is None or document.confirmed_at.date() >= self.since)
            and (not self.templates or document.template in self.templates)
            and _position(document.paper) < self.share
        )


def _position(paper: str) -> float:
    """Return a number in [0, 1) that the paper has for ever, independent of its side."""
    return int.from_bytes(hashlib.sha256(f"share {paper}".encode()).digest()[:8]) / HASH_SPACE


def _day(value: Any) -> datetime.date | None:
    if value is None:
        return None
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput(f"selection.since: {value!r} is no day such as 2026-03-29.") from None


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise BadInput('selection.templates: give a list of names, "" for documents of no template.')
    return tuple(value)


def _yes(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise BadInput(f"selection.{name}: true or false.")
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise BadInput("selection.share: a number above 0, at most 1.")
    return float(value)


def _count(value: Any, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadInput(f"selection.{name}: a whole number of at least 1.")
    return value
