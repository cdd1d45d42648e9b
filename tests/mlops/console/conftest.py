"""A project with confirmed documents, and somebody who is logged in."""

from __future__ import annotations

import pytest
from django.test import Client

from invex.accounts import services as accounts
from invex.accounts.access import Access
from invex.accounts.models import User
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.review import services as review
from mlops.datasets.models import SideAssignment
from mlops.datasets.states import Side
from tests.invex.world import access_to, label_of, read_document, vendor


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


@pytest.fixture(scope="module")
def confirmed(once) -> None:
    """Eight confirmed documents of one vendor, without line items; the first five are there to judge by."""
    access = access_to("acme", Role.OWNER)
    for number in range(8):
        one = vendor().document(number)
        document = read_document(access, one)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
        review.confirm(access, document.pk, label_of(one, tables={}), may_create_template=True)
        SideAssignment.objects.create(
            project=access.project, paper=document.sha256, group=document.sha256,
            side=Side.TEST if number < 5 else Side.TRAIN,
        )  # fmt: skip


@pytest.fixture
def no_validation(monkeypatch):
    """Cross-validation has tests of its own, in datasets."""
    monkeypatch.setattr("mlops.datasets.validation.MOST_CROSS_VALIDATED", 0)


@pytest.fixture
def browser(access):
    """The browser of an ML admin."""
    return _browser(access, "mia", Role.ML_ADMIN)


@pytest.fixture
def owner_browser(access):
    return _browser(access, "olga", Role.OWNER)


def _browser(access: Access, name: str, role: str) -> Client:
    user = User.objects.create(username=name)
    accounts.set_member(access, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client
