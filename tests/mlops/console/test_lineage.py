"""The page that erases a document names what saw it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from invex.accounts.roles import Role
from mlops.console.lineage import witnesses
from mlops.datasets import services as datasets
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.registry.models import Build
from mlops.registry.states import BuildState
from tests.invex.world import access_to
from tests.mlops.factory import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def frozen(access, confirmed) -> DatasetVersion:
    """All but the oldest confirmed document."""
    row = datasets.request(access, Selection(newest=7))
    datasets.freeze(row)
    row.refresh_from_db()
    return row


@pytest.fixture
def made(access, frozen) -> Build:
    row = build(access)
    Build.objects.filter(pk=row.pk).update(dataset=frozen.hash)
    return row


def test_datasets_and_builds_are_named_and_training_is_offered(access, frozen, made, browser):
    inside = frozen.documents.first().document
    said = witnesses(access, inside)
    assert [one.url for one in said.seen_by] == [
        f"/p/acme/models/datasets/{frozen.pk}/", f"/p/acme/models/builds/{made.name}/",
    ]  # fmt: skip
    assert said.remedy.url == "/p/acme/models/runs/new/"
    assert witnesses(replace(access, role=Role.REVIEWER), inside).remedy is None

    Build.objects.filter(pk=made.pk).update(state=BuildState.EVICTED, blob="")
    assert "deleted already" in witnesses(access, inside).seen_by[1].label


def test_the_page_says_so(access, frozen, made, owner_browser):
    inside = frozen.documents.first().document
    page = owner_browser.get(f"/p/acme/documents/{inside}/erase/").content.decode()
    assert made.name in page
    assert frozen.hash[:8] in page
    assert "Train a build without it" in page


def test_a_document_that_nothing_saw(access, frozen, made, owner_browser):
    outside = access.project.documents.exclude(pk__in=frozen.documents.values("document")).get()
    assert witnesses(access, outside.pk).seen_by == ()
    page = owner_browser.get(f"/p/acme/documents/{outside.pk}/erase/").content.decode()
    assert "These datasets and builds saw it" not in page


def test_another_projects_versions_are_not_named(access, frozen, made):
    assert witnesses(access_to("other"), frozen.documents.first().document).seen_by == ()
