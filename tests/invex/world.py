"""A small world for the tests of services: projects, people with roles, and generated documents that were read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string

from fixtures.generator import Synthetic, Vendor
from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.documents import readings
from invex.documents.models import Batch, Document
from invex.documents.states import DocumentState
from invex.extraction import jobs as extraction
from invex.extraction import services
from invex.extraction.pipeline import Thresholds
from invex.fields.labels import label_to_json
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.flow import JOBS
from invex.kernel.actor import Actor
from invex.kernel.blobs import store
from invex.kernel.models import Event
from invex.kernel.outbox import emit
from invex.review import services as review


def access_to(slug: str, role: str = Role.AUTHOR, *, kind: str = "user", name: str = "ann") -> Access:
    """Return the access of somebody with `role` to project `slug`, which is made when it is missing."""
    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
    return Access(Actor(kind, name), project, role)


def read_document(access: Access, one: Synthetic, *, name: str = "invoice.pdf") -> Document:
    """Return a document that was read and waits for the predictor."""
    batch, _ = Batch.objects.get_or_create(project=access.project, name="batch", created_by="ann")
    words = readings.put_words(one.document)
    document = Document.objects.create(
        project=access.project,
        batch=batch,
        name=name,
        sha256=store().put(f"the file whose words are {words}".encode()),
        size=1,
        uploaded_by=str(access.actor),
        state=DocumentState.EXTRACTING,
        page_count=len(one.document.pages),
        words_blob=words,
        reader="test",
    )
    emit("document.read", document.pk, project=access.project.slug, document=document.pk)
    return document


def document_in_review(access: Access, one: Synthetic) -> Document:
    """Return a document whose values were read and that waits for a person."""
    document = read_document(access, one)
    extraction.extract_document(document.pk)
    document.refresh_from_db()
    assert document.state == DocumentState.REVIEW, document.state
    return document


def sure_document(access: Access, monkeypatch: pytest.MonkeyPatch, maker: Vendor) -> Document:
    """Return a document of template Acme, taught by another one, that waits for the predictor.

    All of its values pass the thresholds that are deployed, so that Invex approves it; draws are not low.
    """
    create_template(access, {"name": "Acme", "fields": [{"key": "invoice_number", "type": "id"}]})
    first = read_document(access, maker.document(0))
    extraction.extract_document(first.pk)
    number = maker.document(0).label.fields["invoice_number"][0].value
    review.confirm(access, first.pk, {"template": "Acme", "fields": {"invoice_number": [{"value": number}]}})
    run_events()

    def with_thresholds(project_id: int, real: Any = services.deployed) -> Any:
        found = real(project_id)
        held = Thresholds(template=0.0, default=0.0, audited=0.1, builds=(found.build,), version=1)
        return replace(found, thresholds={"Acme": held})

    monkeypatch.setattr(services, "deployed", with_thresholds)
    monkeypatch.setattr(services._random, "random", lambda: 0.5)
    return read_document(access, maker.document(1))


def label_of(one: Synthetic, **changes: Any) -> dict[str, Any]:
    """Return what a person confirms about a generated document."""
    return {**label_to_json(one.label), **changes}


def template_json(name: str, **changes: Any) -> dict[str, Any]:
    """Return a template that asks for the standard invoice fields and line items."""
    fields = [{"key": f.key, "type": f.type, "label": f.label} for f in STANDARD_FIELDS]
    columns = [{"key": c.key, "type": c.type, "label": c.label} for c in LINE_ITEMS.columns]
    return {"name": name, "fields": fields, "tables": [{"key": LINE_ITEMS.key, "columns": columns}], **changes}


def vendor(seed: int = 7) -> Vendor:
    return Vendor(seed, kind="invoice", locale="de-DE")


def run_events() -> int:
    """Run the jobs of all undispatched events in this process, also of those that these jobs emit; return how many."""
    done = 0
    while event := Event.objects.filter(dispatched_at__isnull=True).order_by("id").first():
        Event.objects.filter(pk=event.pk).update(dispatched_at=timezone.now())
        for job, _queue in JOBS.get(event.name, ()):
            import_string(job)(event.subject)
        done += 1
    return done
