"""The whole circle by the events of invex/flow.py: confirmed documents in, a build that people found better reads."""

from __future__ import annotations

import pytest

from fixtures.generator import Synthetic
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.extraction.models import Extraction
from invex.review import services as review
from invex.review.models import ConfirmedLabel
from mlops.datasets.models import SideAssignment
from mlops.datasets.states import Side
from mlops.deployment import jobs as deployment_jobs
from mlops.deployment import queries as deployments
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.states import Mode
from mlops.retraining import jobs, services
from mlops.retraining.models import Circle
from mlops.retraining.states import CircleState
from tests.invex.world import access_to, label_of, read_document, vendor

from .conftest import FIELDS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def confirm(access, one: Synthetic, side: Side) -> None:
    """A person confirms a document, with the total by a key that the shipped model does not know."""
    document = read_document(access, one)
    Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
    said = label_of(one, tables={})
    said["fields"]["amount_due"] = said["fields"].pop("total_amount")
    owner = access_to(access.project.slug, Role.OWNER)
    review.confirm(owner, document.pk, said, may_create_template=True)
    SideAssignment.objects.create(project=access.project, paper=document.sha256, group=document.sha256, side=side)


def judge(row: DeploymentRevision, documents: list[Document]) -> None:
    """People found nothing to correct in what the challenger read, and much in what the incumbent did."""
    routing = deployments.routing(row)
    for document in documents:
        arm = routing.arm_of(document.pk)
        Extraction.objects.filter(document=document).update(arm=arm, deployment=row.revision)
        if arm == "A":
            ConfirmedLabel.objects.filter(document=document).update(corrected=FIELDS[:6])


def test_new_labels_become_a_build_that_is_promoted(access, arrived, run_jobs, monkeypatch):
    monkeypatch.setattr("mlops.datasets.validation.MOST_CROSS_VALIDATED", 0)  # it has tests of its own
    for number in range(8):
        confirm(access, vendor().document(number), Side.TEST if number < 5 else Side.TRAIN)
    policy = services.set_policy(
        access,
        {
            "triggers": {"labels": {"on": True, "threshold": 8}},
            "mode": "A/B",
            "cooldown_h": 1,
            "automatic": {"deploy": True},
        },
    )
    run_jobs.flush()
    assert jobs.consider(policy.pk)
    run_jobs("mlops.")
    circle = Circle.objects.get()
    assert circle.state == CircleState.TRYING, (circle.reason, circle.run and circle.run.reason)
    live = deployments.live(access.project)
    assert live is not None
    assert (live.mode, live.pk) == (Mode.AB, circle.deployment_id)
    assert {m.build for m in live.models.all() if m.role == "B"} == {circle.build}
    assert circle.run is not None
    assert circle.run.trigger["why"] == "8 new labels, from 8 on it retrains"

    judge(live, arrived(150))
    assert deployment_jobs.judge() == 1
    run_jobs("mlops.retraining")
    circle.refresh_from_db()
    assert circle.state == CircleState.PROMOTED
    assert circle.reason.split(": ", 1)[1].startswith("promote")
    now = deployments.live(access.project)
    assert now is not None
    assert [m.build for m in now.models.all()] == [circle.build]

    assert jobs.consider(policy.pk), "150 more were confirmed meanwhile"
    assert access.project.retraining_decisions.latest("pk").hold == "cooldown"
