"""Writes of the review: who confirms, corrects, reopens or postpones a document."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.catalog import queries as catalog
from invex.catalog.models import Template
from invex.catalog.services import create_template, learn_locale, update_template
from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import WORKING, DocumentState
from invex.extraction import duplicates
from invex.extraction.models import REOPENED, Extraction
from invex.extraction.pipeline import UNKNOWN
from invex.fields.labels import Label, label_to_json
from invex.fields.locale import infer, settle
from invex.fields.spec import LocaleSpec, TemplateSpec
from invex.fields.template_json import template_to_json
from invex.kernel import audit, writes
from invex.kernel.errors import BadInput, Conflict, NotFound
from invex.kernel.outbox import emit
from invex.kernel.states import move

from . import checks, drafts, printed, queries
from .labels import (
    Shape,
    Spent,
    corrections,
    extended,
    observed_locale,
    parse,
    require_canonical,
    shape_of,
    shape_of_vocabulary,
    unknown_keys,
)
from .leases import FREED
from .locate import lacks_boxes, with_boxes
from .models import Comment, ConfirmedLabel
from .queries import Seen

S = DocumentState
LONGEST_COMMENT = 2000  # characters


def confirm(
    access: Access,
    document_id: int,
    data: dict[str, Any],
    *,
    version: int | None = None,
    seen: int | None = None,
    may_create_template: bool = False,
    spent: Spent | None = None,
) -> ConfirmedLabel:
    """Confirm what a document says: store `data` (labels/ID.json) as its label, approve it, tell the learner.

    version: of the document that the caller looked at; None = whatever it is now. seen: the extraction that they
    looked at; None = the current one. The same label again changes nothing.
    may_create_template: create or extend the template that the label names (right TEMPLATES). spent: how long a person
    was at it.
    Raises NotFound, BadInput (no label, an unknown template or field, a value that is not canonical), and Conflict
    with `yours` and `theirs` when somebody was faster or the document is in no state to be confirmed.
    """
    access.require(Right.REVIEW)
    looked_at = queries.seen(documents.document(access.project, document_id), seen)
    return confirm_seen(access, looked_at, data, version=version, may_create_template=may_create_template, spent=spent)


def confirm_seen(
    access: Access,
    seen: Seen,
    data: dict[str, Any],
    *,
    version: int | None = None,
    may_create_template: bool = False,
    spent: Spent | None = None,
) -> ConfirmedLabel:
    """Confirm what a document of the project says, as `confirm` does, from what the caller has read of it already."""
    access.require(Right.REVIEW)
    document, before, shown = seen.document, seen.label, seen.extraction
    _require_version(document, version, data)
    label = _with_source(access, parse(data, pages=document.page_count or 0))
    target = _target_of(access, document, label, may_create=may_create_template)
    require_canonical(label, target.shape, template_locale(target.template))
    is_approved = document.state == S.APPROVED
    if before and is_approved and before.label == label_to_json(label):
        return _as_it_was(access, document, before)
    # Before the transaction: on a long document it takes a while, and others want to write.
    stored = label_to_json(_located(document, label, target.shape))
    if before and is_approved and before.label == stored:
        return _as_it_was(access, document, before)
    failures = checks.failed(seen, label, target.asked)
    writes.begin()
    with transaction.atomic():
        duplicates.one_at_a_time(access.project.pk)
        template = _save_template(access, target)
        corrected = corrections(label, _judged(before, shown), target.shape)
        _approve(access, document, label, data)
        if before is not None:  # still the newest: the document's version, which was swapped, grows with each
            ConfirmedLabel.objects.filter(pk=before.pk).update(is_current=False)
        row = ConfirmedLabel.objects.create(
            document=document,
            revision=before.revision + 1 if before is not None else 1,
            template=label.template or "",
            label=stored,
            source=label.source,
            actor=str(access.actor),
            corrected=list(corrected),
            failed=list(dict.fromkeys(failure.message for failure in failures)),
            extraction=shown,
            seconds=spent.seconds if spent is not None else None,
            field_seconds=dict(spent.fields) if spent is not None else {},
        )
        if template is not None:
            learn_locale(template, observed_locale(label, target.shape))
        duplicates.confirmed(document, row.template, {k: vs[0].value for k, vs in label.fields.items() if vs})
        drafts.discard(access, document)
        _tell(access, document, row, shown)
    return row


def _as_it_was(access: Access, document: Document, before: ConfirmedLabel) -> ConfirmedLabel:
    """What is confirmed already is not confirmed again; what the person had begun on it is done all the same."""
    writes.begin()
    drafts.discard(access, document)
    return before


def reopen(access: Access, document_id: int, *, version: int | None = None) -> None:
    """Take an approved or rejected document back into review, or to be read if it never was.

    Its values stay as they were: it is not read over. Raises NotFound, Conflict.
    """
    document = _to_change(access, document_id, version, allowed=(S.APPROVED, S.REJECTED))
    project = access.project.slug
    was_read = Extraction.objects.filter(document=document, is_current=True).exists()
    with transaction.atomic():
        won = move(
            document,
            S.REVIEW if was_read else S.RECEIVED,
            actor=access.actor,
            project=project,
            only_if=Q(version=document.version),
            version=F("version") + 1,
            reason_code=REOPENED if was_read else "",
            reason_message=f"Opened again by {access.actor}" if was_read else "",
            approved_by="",
            approved_at=None,
            attempts=0,
            leased_until=None,
        )
        if not won:
            raise _stale(document, version)
        event = "document.reopened" if was_read else "document.received"
        emit(event, document.pk, project=project, document=document.pk, template=document.template)


def postpone(access: Access, document_id: int, until: datetime.date | None, *, version: int | None = None) -> None:
    """Hide a document from the review queue until a day; None shows it again. Raises NotFound, BadInput, Conflict."""
    document = _to_change(access, document_id, version, allowed=(S.REVIEW,))
    if until is not None and until <= timezone.localdate():
        raise BadInput("Postpone it to a day after today.", code="bad_date")
    with transaction.atomic():
        unchanged = Document.objects.filter(pk=document.pk, state=S.REVIEW, version=document.version)
        changes = {"postponed_until": until, "version": F("version") + 1, "updated_at": timezone.now(), **FREED}
        if not unchanged.update(**changes):
            raise _stale(document, version)
        audit.record(
            access.actor, "postpone", "document", document.pk, project=access.project.slug,
            until=until.isoformat() if until else None,
        )  # fmt: skip


def comment(access: Access, document_id: int, text: str) -> Comment:
    """Note something about the document for whoever looks at it next. Raises NotFound, BadInput."""
    access.require(Right.REVIEW)
    document = documents.document(access.project, document_id)
    text = text.strip()
    if not text or len(text) > LONGEST_COMMENT:
        raise BadInput(f"Write 1 to {LONGEST_COMMENT} characters.", code="bad_comment")
    with transaction.atomic():
        audit.record(access.actor, "comment", "document", document.pk, project=access.project.slug)
        return Comment.objects.create(document=document, author=str(access.actor), text=text)


def document_locale(document: Document, template: Template | None) -> LocaleSpec:
    """Return how this document writes dates and numbers: its template's conventions, and what its own text shows."""
    found = printed.of(document)
    conventions = found.conventions if found is not None else infer(())
    return settle(template_locale(template), conventions).guess


def template_locale(template: Template | None) -> LocaleSpec:
    """Return how documents of the template write dates and numbers."""
    return catalog.spec(template).locale if template is not None else LocaleSpec()


def _with_source(access: Access, label: Label) -> Label:
    """A label may say that it is weaker evidence (bulk, xml); who sends it decides between person and token."""
    if label.source in ("bulk", "xml"):
        return label
    return replace(label, source="token" if access.actor.kind == "token" else "person")


@dataclass(frozen=True, slots=True)
class _Target:
    """What a label names: the keys it may use, the template's row where there is one, and what it must become.

    spec: to be created or saved as a new version; None = it stays as it is.
    """

    shape: Shape
    template: Template | None = None
    spec: TemplateSpec | None = None

    @property
    def asked(self) -> TemplateSpec:
        """What the document is checked against."""
        if self.spec is not None or self.template is None:
            return self.spec or UNKNOWN
        return catalog.spec(self.template)


def _target_of(access: Access, document: Document, label: Label, *, may_create: bool) -> _Target:
    """Return what the label names; nothing is written. Raises BadInput for an unknown template or field."""
    if label.template is None or may_create:
        known = shape_of_vocabulary(catalog.vocabulary(access.project))
    if label.template is None:
        _require_known(label, known, "the project's vocabulary")
        return _Target(known)
    try:
        row = catalog.template(access.project, label.template)
    except NotFound as e:
        if not may_create:
            raise BadInput(
                f"There is no template {label.template!r}; create it, or send ?create_template=1.",
                code="unknown_template",
                template=label.template,
            ) from e
        spec = extended(TemplateSpec(label.template), label, known)
        return _Target(shape_of(spec), None, spec)
    asked = catalog.asked(row)
    if may_create and (row.retired_at is not None or unknown_keys(label, shape_of(asked))):
        spec = extended(asked, label, known)
        return _Target(shape_of(spec), row, spec)
    if row.retired_at is not None and row.name != document.template:
        raise BadInput(
            f"Template {row.name!r} is retired; choose another one, or save it again to use it.",
            code="retired_template",
            template=row.name,
        )
    _require_known(label, shape_of(asked), f"template {label.template!r}")
    return _Target(shape_of(asked), row)


def _save_template(access: Access, target: _Target) -> Template | None:
    """Create or extend the template as the label asks. Raises NotAllowed, Conflict."""
    if target.spec is None:
        return target.template
    if target.template is None:
        return create_template(access, template_to_json(target.spec))
    row = target.template
    return update_template(access, row.name, template_to_json(target.spec), version=row.version)


def _require_known(label: Label, shape: Shape, where: str) -> None:
    unknown = unknown_keys(label, shape)
    if unknown:
        raise BadInput(
            f"{', '.join(unknown)}: no such field in {where}; add it there, or leave it out.",
            code="unknown_field",
            fields=list(unknown),
        )


def _located(document: Document, label: Label, shape: Shape) -> Label:
    found = printed.of(document) if lacks_boxes(label) else None
    return with_boxes(label, found, shape) if found is not None else label


def _judged(before: ConfirmedLabel | None, shown: Extraction | None) -> dict[str, Any]:
    """Return the values that the person saw: what was confirmed before, else what was extracted."""
    if before is not None:
        label: dict[str, Any] = before.label
        return label
    return shown.prediction if shown is not None else {}


def _approve(access: Access, document: Document, label: Label, data: dict[str, Any]) -> None:
    changes: dict[str, Any] = {
        "template": label.template or "",
        "approved_by": str(access.actor),
        "approved_at": timezone.now(),
        "reason_code": "",
        "reason_message": "",
        "postponed_until": None,
        "version": F("version") + 1,
        "updated_at": timezone.now(),
        **FREED,
    }
    project = access.project.slug
    if document.state == S.APPROVED:  # corrected once more: no change of state, but the same swap
        unchanged = Document.objects.filter(pk=document.pk, state=S.APPROVED, version=document.version)
        won = bool(unchanged.update(**changes))
        audit.record(access.actor, "confirm again", "document", document.pk, project=project)
    elif document.state == S.REVIEW:
        won = move(
            document, S.APPROVED, actor=access.actor, project=project, only_if=Q(version=document.version), **changes
        )
    else:
        raise _not_in(document, (S.REVIEW, S.APPROVED))
    if not won:
        raise _stale(document, None, data)


def _tell(access: Access, document: Document, row: ConfirmedLabel, shown: Extraction | None) -> None:
    project, build = access.project.slug, shown.build if shown else ""
    about: dict[str, Any] = {"document": document.pk, "template": row.template, "build": build, "source": row.source}
    fields = shown.prediction.get("fields", {}) if shown else {}
    for key in row.corrected:
        confidence = max((v["confidence"] for v in fields.get(key, ())), default=None)
        emit("field.corrected", document.pk, project=project, **about, field=key, confidence=confidence, corrected=True)
    emit("document.approved", document.pk, project=project, **about, corrected=bool(row.corrected))


def _to_change(access: Access, document_id: int, version: int | None, *, allowed: tuple[str, ...]) -> Document:
    access.require(Right.REVIEW)
    document = documents.document(access.project, document_id)
    _require_version(document, version)
    if document.state not in allowed:
        raise _not_in(document, allowed)
    return document


def _require_version(document: Document, version: int | None, data: dict[str, Any] | None = None) -> None:
    if version is not None and version != document.version:
        raise _stale(document, version, data)


def _not_in(document: Document, allowed: tuple[str, ...]) -> Conflict:
    remedy = "wait until it is read" if document.state in WORKING else "open it again, or retry it, first"
    return Conflict(
        f"The document is {document.get_state_display().lower()}, not {' or '.join(allowed)}: {remedy}.",
        code="wrong_state",
        state=document.state,
    )


def _stale(document: Document, version: int | None, data: dict[str, Any] | None = None) -> Conflict:
    """The document changed since the caller looked at it: say what they sent and what is there now."""
    now = Document.objects.get(pk=document.pk)
    theirs = queries.current_label(now)
    return Conflict(
        f"Somebody changed this document meanwhile (it is {now.get_state_display().lower()} now); "
        "look at it and save again.",
        code="stale",
        version=now.version,
        seen=document.version if version is None else version,
        state=now.state,
        yours=data,
        theirs=theirs.label if theirs else None,
    )
