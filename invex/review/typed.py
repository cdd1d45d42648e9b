"""What a person has typed into the form of a document, read and checked; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from invex.catalog import queries as catalog
from invex.catalog.field_names import CONTEXT
from invex.documents.models import Document
from invex.fields.findings import Finding
from invex.fields.labels import label_from_json
from invex.fields.spec import TemplateSpec
from invex.kernel.sent import sent_whole
from invex.kernel.spoken import spoken

from . import checks, forms, page, printed, queries, services


def read(document: Document, chosen: str, data: Mapping[str, str]) -> tuple[TemplateSpec, forms.Sent]:
    """Return what the form of template `chosen` ("" = unknown) asks for, and what its inputs `data` say."""
    template = catalog.template(document.project, chosen) if chosen else None
    spec = catalog.spec(template) if template is not None else page.spec_of(document, chosen, data)
    return spec, forms.read_form(
        spec, data, template=chosen or None, locale=lambda: services.document_locale(document, template)
    )


class Judged(TypedDict):
    """What is to be said of what was typed, in the reader's language.

    unread: what is no value, the sentence by input. failed: which checks fail and are not said on the page yet, by
    input or by cell, and cells that are no value. settled: sentences that the page says and that are true no more.
    nowhere: inputs and cells with a value that a person has said and that the document does not print, so that nothing
    is learned from it.
    """

    unread: dict[str, str]
    failed: dict[str, str]
    settled: list[str]
    nowhere: list[str]


NOT_JUDGED = Judged(unread={}, failed={}, settled=[], nowhere=[])


def judged(document: Document, chosen: str, data: Mapping[str, str]) -> Judged:
    """Return what is to be said of it. data says which extraction its page was made of."""
    spec, sent = read(document, chosen, data)
    return judge(queries.seen(document, sent_whole(data.get("extraction", ""))), spec, sent, data)


def judge(seen: queries.Seen, spec: TemplateSpec, sent: forms.Sent, data: Mapping[str, str]) -> Judged:
    """Return what is to be said of what was typed. What is no value takes part in no sum: others are of the rest."""
    outcome = checked(seen, spec, sent, data)
    unread = {name: problem for name, problem in sent.errors.items() if not name.startswith("t:")}
    failed = {**forms.marks(data, outcome.unseen), **sent.errors}
    return Judged(
        unread={name: spoken(sentence, CONTEXT) for name, sentence in unread.items()},
        failed={name: spoken(sentence, CONTEXT) for name, sentence in failed.items() if name not in unread},
        settled=sorted(spoken(sentence, CONTEXT) for sentence in outcome.settled),
        nowhere=_nowhere(seen, sent),
    )


def _nowhere(seen: queries.Seen, sent: forms.Sent) -> list[str]:
    """Return the names of the inputs and cells whose value a person has said and the document does not print."""
    words = printed.of(seen.document) if sent.unplaced else None
    if words is None or not words.has_words:
        return []
    read = set()  # of which the person has said nothing but that it is right
    for one in (seen.extraction and seen.extraction.prediction, seen.label and seen.label.label):
        for key, values in (one or {}).get("fields", {}).items():
            read |= {(key, "", value["value"]) for value in values}
        for key, rows in (one or {}).get("tables", {}).items():
            read |= {(key, column, cell["value"]) for row in rows for column, cell in row.items()}

    def is_read(name: str, value: str) -> bool:
        kind, key, *_, column = name.split(":")
        return (key, column if kind == "t" else "", value) in read

    return [
        name
        for name, (kind, value) in sent.unplaced.items()
        if not is_read(name, value) and not words.is_printed(kind, value)
    ]


@dataclass(frozen=True, slots=True)
class Checked:
    """Which checks fail on what was typed, beside what its page was made of (seen) and has told since (sentences)."""

    seen: queries.Seen
    failing: tuple[Finding, ...]
    told: frozenset[str]

    @property
    def unseen(self) -> tuple[Finding, ...]:
        """Those that its page has not said yet."""
        return checks.unseen(self.seen, self.failing, told=self.told)

    @property
    def settled(self) -> frozenset[str]:
        """The sentences that its page says and that are true no more."""
        return checks.settled(self.seen, self.failing, told=self.told)


def checked(seen: queries.Seen, spec: TemplateSpec, sent: forms.Sent, data: Mapping[str, str]) -> Checked:
    """Return what the checks say of what was typed: while one types, and as one approves."""
    failing = checks.failed(seen, label_from_json(sent.label), spec)
    return Checked(seen, failing, forms.read_told(data.get("told", "")))
