"""What tests of the whole product share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from invex.accounts.roles import Role
from invex.documents.models import Document

from .web.access_world import World, make_world
from .world import access_to, document_in_review, vendor


@pytest.fixture(scope="module")
def key_of_document(once: Any) -> int:
    """The vendor's first document, read and in review in *demo*: once for all tests of a module."""
    return document_in_review(access_to("demo", Role.OWNER, name="owner-demo"), vendor().document(0)).pk


@pytest.fixture
def document(key_of_document: int) -> Document:
    return Document.objects.get(pk=key_of_document)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[World]:
    """The world of the access matrix, one for all tests of a module; what a request changes is undone.

    Its blobs are its own: a module that uses it overrides `data_dir`.
    """
    data = tmp_path_factory.mktemp("data")
    there = override_settings(DATA_DIR=data, STORAGE_URL=(data / "blobs").as_uri())
    with there, django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)
