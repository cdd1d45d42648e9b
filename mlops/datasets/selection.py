"""Which confirmed documents a dataset version is made of."""

from __future__ import annotations

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

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
class Selection:
    """All confirmed documents, less what the entries leave out; they hold together, in this order.

    since: confirmed on or after this day. templates: only these, "" for unknown; () = all. without_suspects: not those
    whose label the newest validation suspects. share: this part of the papers, (0, 1]; the same papers each time.
    newest: at most so many. per_template: at most so many of each, the newest.
    """

    since: datetime.date | None = None
    templates: tuple[str, ...] = ()
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
        unknown = sorted(set(data) - {"since", "templates", "without_suspects", "share", "newest", "per_template"})
        if unknown:
            raise BadInput(
                f"selection: {unknown[0]!r} is not known; use since, templates, without_suspects, share, newest, "
                "per_template."
            )
        return cls(
            since=_day(data.get("since")),
            templates=_names(data.get("templates", [])),
            without_suspects=_yes(data.get("without_suspects", False)),
            share=_share(data.get("share", 1.0)),
            newest=_count(data.get("newest"), "newest"),
            per_template=_count(data.get("per_template"), "per_template"),
        )

    def choose(self, documents: Sequence[Chosen], suspects: Iterable[str] = ()) -> list[Chosen]:
        """Return those of the documents that are selected, in their order. suspects: papers with suspected labels."""
        doubtful = frozenset(suspects) if self.without_suspects else frozenset()
        chosen = [
            document
            for document in documents
            if (self.since is None or document.confirmed_at.date() >= self.since)
            and (not self.templates or document.template in self.templates)
            and document.paper not in doubtful
            and _position(document.paper) < self.share
        ][: self.newest]
        if self.per_template is None:
            return chosen
        taken: dict[str, int] = defaultdict(int)
        balanced = []
        for document in chosen:
            taken[document.template] += 1
            if taken[document.template] <= self.per_template:
                balanced.append(document)
        return balanced


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


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadInput("selection.without_suspects: true or false.")
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
