"""The first start: an administrator, and the project `demo` with sample documents that the real pipeline reads."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction

from fixtures.generator.samples import write_samples
from invex.accounts import queries as accounts
from invex.accounts.access import Access
from invex.accounts.models import Project, User
from invex.accounts.roles import Role
from invex.accounts.services import create_project, set_member
from invex.documents import jobs as reading
from invex.documents import services as documents
from invex.extraction import jobs as extraction
from invex.kernel.actor import SYSTEM
from invex.review import services as reviews

ADMINISTRATOR = "admin"
PROJECT = "demo"
PASSWORD_BYTES = 9  # 12 characters, 72 bits


def ensure_administrator() -> str | None:
    """Make the administrator when there is none, with INVEX_ADMIN_PASSWORD or a random password.

    Return the password when it is new, or was given again by the environment (which then sets it); else None.
    """
    given = os.environ.get("INVEX_ADMIN_PASSWORD") or None
    admin = User.objects.filter(username=ADMINISTRATOR).first()
    if admin is not None:
        if given and not admin.check_password(given):
            admin.set_password(given)
            admin.save(update_fields=["password"])
        return given
    password = given or secrets.token_urlsafe(PASSWORD_BYTES)
    User.objects.create_superuser(ADMINISTRATOR, password=password)
    return password


def has_administrator() -> bool:
    return User.objects.filter(username=ADMINISTRATOR).exists()


def is_missing() -> bool:
    """Whether no project was ever made here."""
    return not Project.objects.exists()


def create(*, say: Callable[[str], None]) -> None:
    """Make the project `demo`: upload the samples and confirm one of each kind; the workers read the others.

    The project comes with its documents or not at all. What is not done here is found by the scheduler, so that a
    newcomer sees within seconds how documents are read, and learned from.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_samples(Path(folder))
        with transaction.atomic():
            access = _create_project()
            labels = _upload(access, Path(folder))
    examples = _first_of_each_kind(labels)
    for pk in examples:
        reading.read_document(pk)
        extraction.extract_document(pk)
        reviews.confirm(access, pk, labels[pk], may_create_template=True)
    say(
        f"  {len(labels)} sample documents are received, {len(examples)} of them read and confirmed as examples. "
        "The workers read the others now."
    )


def _create_project() -> Access:
    create_project(SYSTEM, slug=PROJECT, name="Demo")
    admin = User.objects.get(username=ADMINISTRATOR)
    set_member(accounts.system_access(PROJECT), user=admin, role=Role.OWNER)
    return accounts.access_of(admin, PROJECT)


def _upload(access: Access, folder: Path) -> dict[int, dict[str, Any]]:
    """Receive the files of a dataset folder; return their labels by document."""
    batch = documents.create_batch(access, name="Sample documents")
    about = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    labels = {}
    for entry in about["documents"]:
        file = folder / entry["file"]
        label = json.loads((folder / "labels" / f"{entry['id']}.json").read_text(encoding="utf-8"))
        kind, name = _names(label)
        name = f"{name}{file.suffix}".replace("/", "-")
        row = documents.receive(access, batch, name=name, chunks=[file.read_bytes()])
        labels[row.pk] = {**label, "template": kind}
    return labels


def _names(label: dict[str, Any]) -> tuple[str, str]:
    """Return how an office would call the kind of the document, and the document."""

    def first(key: str) -> str:
        return next((str(v["value"]) for v in label["fields"].get(key, ())), "")

    if number := first("order_number"):
        return "Purchase order", f"Order {number}"
    return f"{first('supplier_name')} invoice", f"{first('supplier_name')} {first('invoice_number')}"


def _first_of_each_kind(labels: dict[int, dict[str, Any]]) -> list[int]:
    """Return the first document of every kind that comes more than once: an example for the others."""
    kinds = [label["template"] for label in labels.values()]
    first = {label["template"]: pk for pk, label in reversed(labels.items())}
    return sorted(pk for kind, pk in first.items() if kinds.count(kind) > 1)
