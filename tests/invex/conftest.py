"""What tests of the whole product share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from .web.access_world import World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[World]:
    """The world of the access matrix, one for all tests of a module; what a request changes is undone.

    Its blobs are its own: a module that uses it overrides `data_dir`.
    """
    data = tmp_path_factory.mktemp("data")
    there = override_settings(
        DATA_DIR=data,
        STORAGE_URL=(data / "blobs").as_uri(),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    with there, django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)
