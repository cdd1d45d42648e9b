"""A run whose network reads the documents first: its build, what it says of that, and the same bytes again.

The processes are real; only the network is trained for as few steps as in a smoke run.
"""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from invex.accounts import services as accounts
from invex.accounts.models import User
from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel.blobs import store
from invex.review import services as review
from mlops.datasets import services as datasets
from mlops.datasets.models import SideAssignment
from mlops.datasets.selection import Selection
from mlops.datasets.states import Side
from mlops.learning import pretrain
from mlops.learning.package import Package
from mlops.memory.base import base_package
from mlops.training import device, leftovers, process, queries, rebuild, services
from mlops.training.models import TrainingRun
from tests.invex.world import access_to, label_of, read_document, vendor
from tests.mlops.factory import ran

pytest.importorskip("torch")
pytestmark = pytest.mark.django_db
TESTED, LEARNED = 5, 3  # documents


@pytest.fixture(scope="module", autouse=True)
def few_steps():
    """Pretraining as in a smoke run."""
    whole = process.supervised

    def supervised(command, *args, **kwargs):
        return whole([*command, *(["--smoke"] if "pretrain" in command else [])], *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process, "supervised", supervised)
        yield


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


@pytest.fixture
def browser(access) -> Client:
    user = User.objects.create(username="mia")
    accounts.set_member(access, user=user, role=Role.ML_ADMIN)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def key_of_run(once, few_steps) -> int:
    access = access_to("acme", Role.OWNER)
    for number in range(TESTED + LEARNED):
        document = read_document(access, vendor().document(number))
        Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
        review.confirm(access, document.pk, label_of(vendor().document(number), tables={}), may_create_template=True)
        SideAssignment.objects.create(
            project=access.project, paper=document.sha256, group=document.sha256,
            side=Side.TEST if number < TESTED else Side.TRAIN,
        )  # fmt: skip
    return ran(services.request(access, datasets.request(access, Selection()), version="0.2.0", seed=3, pretrains=True))


@pytest.fixture
def run(key_of_run) -> TrainingRun:
    return TrainingRun.objects.get(pk=key_of_run)


def test_the_build_has_a_network_of_its_own_and_says_what_it_read(run):
    made = Package.from_bytes(store().path(run.build.blob).read_bytes())
    assert made.network is not None
    assert made.network.onnx != base_package().network.onnx
    said = made.manifest["pretraining"]
    assert (said["documents"], said["seed"]) == (LEARNED, 3)
    assert said["device_class"] == made.manifest["device_class"]
    made, *learned = run.progress
    assert (made["step"], made["documents"], made["wanted"]) == ("synthetic documents", 16, 16)
    names = [step["step"] for step in learned]
    assert names[:4] == [f"network {n} of 2{of}" for n in (1, 2) for of in (", pretraining", "")]
    assert names[4:], "then the templates"
    assert all(step["curve"] for step in learned[:4])


def test_the_gate_lets_a_network_through_that_was_compared_here(run):
    (rule,) = [rule for rule in run.report["rules"] if rule["name"] == "network"]
    assert rule["ok"]
    assert "trained by a run here" in rule["reason"]


def test_a_run_that_judges_the_build_later_knows_its_network(access, run):
    assert queries.is_network_made_here(services.request_judgement(access, run.build))
    TrainingRun.objects.filter(pk=run.pk).update(pretrains=False)
    assert not queries.is_network_made_here(services.request_judgement(access, run.build))


@pytest.mark.slow
def test_it_is_rebuilt_to_the_same_bytes(run):
    again = rebuild.rebuild(run)
    assert rebuild.verify(run, again).proof == rebuild.Proof.SAME_BYTES


def test_a_rebuild_says_what_the_network_was_made_with(run):
    assert rebuild._changed(run, 0) == []
    said = run.build.manifest["pretraining"]
    assert said["training"]["members"] == 2
    said |= {"device_class": "cuda-Card", "generator": "older", "libraries": {**said["libraries"], "torch": "1.0"}}
    why = "; ".join(rebuild._changed(run, 0))
    assert "the network was pretrained on cuda-Card, now on cpu-" in why
    assert "the generator of synthetic documents was older" in why
    assert "torch was 1.0, now it is" in why


def test_the_page_draws_both_kinds_of_curves_and_the_file_has_them(access, run, browser):
    page = browser.get(reverse("run", args=[access.project.slug, run.pk])).content.decode()
    assert 'id="networks"' in page
    assert 'id="learning"' in page
    german = browser.get(reverse("run", args=[access.project.slug, run.pk]), headers={"accept-language": "de"})
    assert "Netz 1 von 2, Vortraining" in german.content.decode()
    assert "synthetische Dokumente" in german.content.decode()
    assert "after it has read the documents" in page
    rows = browser.get(reverse("run-curves", args=[access.project.slug, run.pk])).content.decode().splitlines()
    assert rows[1].startswith('"network 1 of 2, pretraining"') or rows[1].startswith("network 1 of 2")


def test_the_page_says_how_many_synthetic_documents_there_are_of_how_many(access, run, browser):
    from mlops.learning.network import building  # torch

    making = {"step": "synthetic documents", "seconds": 12.0, "is_resumed": False, "documents": 300, "wanted": 16000}
    TrainingRun.objects.filter(pk=run.pk).update(progress=[making])
    assert making["step"] == building.MAKING
    address = reverse("run", args=[access.project.slug, run.pk])
    assert "300 of 16000" in browser.get(address).content.decode().replace(",", "")
    german = browser.get(address, headers={"accept-language": "de"}).content.decode()
    assert "300 von 16000" in german.replace(".", "")


def test_what_read_an_erased_document_is_not_gone_on_from(tmp_path, monkeypatch):
    dataset, kept, base = tmp_path / "dataset", tmp_path / "kept", tmp_path / "base.zip"
    (dataset / "words").mkdir(parents=True)
    kept.mkdir()
    base.write_bytes(b"base")
    for name in "ab":
        (dataset / "words" / f"{name}.json").write_text(name)
    monkeypatch.setattr(pretrain, "provenance", None)  # of which but the generator's hash is wanted, for itself
    first = process._own_folder(kept, dataset, base, 0)
    (first / "network.zip").write_bytes(b"has read a and b")
    assert process._own_folder(kept, dataset, base, 0) == first
    assert list(first.iterdir()), "goes on there"
    (dataset / "words" / "a.json").unlink()
    second = process._own_folder(kept, dataset, base, 0)
    assert second != first
    assert not first.exists()
    assert len({process._own_folder(kept, dataset, base, seed) for seed in (0, 1)}) == 2
    other = process._own_folder(kept, dataset, base, 0)
    monkeypatch.setattr(pretrain, "generator_hash", lambda: "another generator")
    assert process._own_folder(kept, dataset, base, 0) != other


def test_one_that_began_on_the_cpu_stays_there_before_it_told_anything(access, run):
    TrainingRun.objects.filter(pk=run.pk).update(progress=[])
    run.refresh_from_db()
    assert not device._began_on_cpu(run)
    (leftovers.folder(run) / "checkpoints").mkdir(parents=True)
    assert device._began_on_cpu(run)


def test_it_is_asked_for_by_page_rest_and_command(access, run, api, browser):
    address = reverse("run-new", args=[access.project.slug])
    assert 'name="pretrain"' in browser.get(address).content.decode()
    browser.post(address, {"action": "train", "version": "0.3.0", "seed": "1", "pretrain": "on"})
    browser.post(address, {"action": "train", "version": "0.3.1", "seed": "1"})
    rest = api("ml_admin", project=access.project)
    body = json.dumps({"version": "0.3.2", "pretrain": True})
    assert rest.post("/api/v1/training-runs", body, content_type="application/json").json()["pretrain"] is True
    call_command("train", "--project", "acme", "--package-version", "0.3.3", "--pretrain")
    asked = dict(TrainingRun.objects.filter(version__startswith="0.3.").values_list("version", "pretrains"))
    assert asked == {"0.3.0": True, "0.3.1": False, "0.3.2": True, "0.3.3": True}
