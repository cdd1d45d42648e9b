"""The first start: the administrator's password, and a demo that comes whole or not at all."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from invex.accounts.models import Project, User
from invex.documents.models import Document
from invex.kernel.models import Event
from invex.operations import demo

pytestmark = pytest.mark.django_db


def test_a_random_password_is_told_once(monkeypatch):
    monkeypatch.delenv("INVEX_ADMIN_PASSWORD", raising=False)
    password = demo.ensure_administrator()
    assert password is not None
    assert len(password) >= 12
    assert User.objects.get(username="admin").check_password(password)
    assert demo.ensure_administrator() is None
    assert User.objects.get(username="admin").check_password(password)


def test_the_environment_gives_the_password_and_changes_it(monkeypatch):
    monkeypatch.setenv("INVEX_ADMIN_PASSWORD", "first")
    assert demo.ensure_administrator() == "first"
    monkeypatch.setenv("INVEX_ADMIN_PASSWORD", "second")
    assert demo.ensure_administrator() == "second"
    admin = User.objects.get(username="admin")
    assert admin.is_superuser
    assert admin.check_password("second")


def test_the_demo_is_made_in_an_empty_installation_only(project):
    with pytest.raises(CommandError, match="projects already"):
        call_command("demo")


def test_a_demo_that_fails_leaves_nothing(monkeypatch):
    def broken(folder):
        raise OSError("no space left")

    demo.ensure_administrator()
    monkeypatch.setattr(demo, "write_samples", broken)
    with pytest.raises(OSError, match="no space"):
        demo.create(say=lambda text: None)
    assert not Project.objects.exists()
    assert not Document.objects.exists()
    assert demo.is_missing()


def test_examples_are_confirmed_and_the_others_are_left_to_the_workers(run_jobs):
    demo.ensure_administrator()
    said: list[str] = []
    demo.create(say=said.append)
    assert Document.objects.count() == 12
    states = Counter(Document.objects.values_list("state", flat=True))
    assert states == {"approved": 2, "received": 10}
    assert "2 of them read and confirmed" in said[0]
    assert not demo.is_missing()
    undone = set(Event.objects.filter(dispatched_at=None).values_list("name", flat=True))
    assert {"document.received", "document.approved"} <= undone, "the scheduler wakes their jobs"
