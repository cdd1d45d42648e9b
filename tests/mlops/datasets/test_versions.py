"""Dataset versions: frozen, named by their hash, exported and imported, honest about what was erased."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, NotAllowed
from invex.review import services as review
from invex.review.models import ConfirmedLabel
from mlops.datasets import folder, jobs, queries, services
from mlops.datasets.manifest import Manifest
from mlops.datasets.models import DatasetDocument, DatasetVersion, SideAssignment
from mlops.datasets.selection import Selection
from mlops.datasets.states import DatasetState, Side
from mlops.learning.dataset import load_dataset
from tests.invex.world import access_to, document_in_review, label_of, read_document, vendor
from tests.mlops.factory import sweep_later

pytestmark = pytest.mark.django_db


@pytest.fixture
def access():
    return access_to("acme", Role.OWNER)


def label(number: int, **fields):
    """What a person confirms about the vendor's document, without its line items; `fields` replace values."""
    said = label_of(vendor().document(number), tables={})
    return {**said, "fields": {**said["fields"], **fields}}


def waiting(access, number: int) -> Document:
    """Return the vendor's document, read and to be confirmed. What a predictor would say of it does not matter here."""
    document = read_document(access, vendor().document(number))
    Document.objects.filter(pk=document.pk).update(state=DocumentState.REVIEW)
    document.refresh_from_db()
    return document


@pytest.fixture(scope="module")
def keys_of_confirmed(once) -> list[int]:
    access = access_to("acme", Role.OWNER)
    found = []
    for number in range(12):
        document = waiting(access, number)
        review.confirm(access, document.pk, label(number), may_create_template=True)
        found.append(document.pk)
    return found


@pytest.fixture
def confirmed(keys_of_confirmed) -> list[Document]:
    """Twelve confirmed documents of one vendor, the oldest first."""
    return [Document.objects.get(pk=pk) for pk in keys_of_confirmed]


def frozen(access, selection=None, **kwargs) -> DatasetVersion:
    row = services.request(access, selection or Selection(), **kwargs)
    assert services.freeze(row)
    return row


def test_a_version_is_named_by_its_content(access, confirmed):
    row = frozen(access)
    assert row.state == DatasetState.FROZEN
    assert row.hash == row.blob
    manifest = Manifest.load(row.blob)
    assert len(manifest.items) == 12
    assert {item.file for item in manifest.items} == {d.sha256 for d in confirmed}
    assert sum(n for sides in row.distribution.values() for n in sides.values()) == 12
    text = store().path(row.blob).read_text()
    value = next(vs for vs in ConfirmedLabel.objects.first().label["fields"].values() if vs)[0]["value"]
    assert value not in text, "the manifest holds hashes, no document text"


def test_nothing_new_is_no_new_version(access, confirmed):
    first = frozen(access)
    again = services.request(access, Selection())
    assert not services.freeze(again)
    assert again.state == DatasetState.FAILED
    assert first.hash[:8] in again.reason
    assert queries.version(access.project, first.hash[:8]) == first


def test_nothing_selected_is_refused(access, confirmed):
    with pytest.raises(BadInput, match="Confirm some documents"):
        services.request(access, Selection(templates=("nobody",)))
    with pytest.raises(NotAllowed):
        services.request(access_to("acme", Role.AUTHOR), Selection())


def test_sides_stay_when_documents_come(access, confirmed):
    small = frozen(access, Selection(newest=5))
    large = frozen(access)
    before = dict(small.documents.values_list("document", "side"))
    after = dict(large.documents.values_list("document", "side"))
    assert {pk: after[pk] for pk in before} == before


def test_the_same_paper_scanned_again_is_on_the_same_side(access, confirmed):
    one = confirmed[0]
    twin = waiting(access, 0)
    Document.objects.filter(pk=twin.pk).update(sha256=store().put(b"another scan"), words_blob=one.words_blob)
    review.confirm(access, twin.pk, label(0))
    row = frozen(access)
    sides = dict(row.documents.values_list("document", "side"))
    assert sides[twin.pk] == sides[one.pk]


def test_preview_says_what_freezing_does(access, confirmed):
    told = queries.preview(access.project, Selection())
    assert frozen(access).distribution == told.distribution
    assert queries.preview(access.project, Selection()) == told


def test_a_corrected_label_is_another_version(access, confirmed):
    document = document_in_review(access, vendor().document(12))
    review.confirm(access, document.pk, label(12))
    before = frozen(access)
    review.reopen(access, document.pk)
    review.confirm(access, document.pk, label(12, invoice_number=[]))
    after = frozen(access)
    found = queries.difference(before, after)
    assert found.relabelled == (str(document.pk),)
    assert (found.added, found.removed, found.moved) == ((), (), ())


def test_an_export_is_a_dataset_folder_and_comes_in_again(access, confirmed, tmp_path):
    row = frozen(access)
    assert folder.export(row, tmp_path / "out", with_files=True) == 12
    dataset = load_dataset(tmp_path / "out")
    assert len(dataset.labelled()) == 12
    about = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert about["version"] == row.hash
    assert sorted(name for names in about["splits"].values() for name in names) == sorted(str(d.pk) for d in confirmed)
    assert (tmp_path / "out" / "documents" / f"{confirmed[0].pk}.pdf").read_bytes() == (
        store().path(confirmed[0].sha256).read_bytes()
    )
    with pytest.raises(BadInput, match="not empty"):
        folder.export(row, tmp_path / "out", with_files=False)

    other = access_to("elsewhere", Role.OWNER)
    copy = services.import_folder(other, dataset, None)
    mine, theirs = ({i.id: (i.file, i.label) for i in Manifest.load(v.blob).items} for v in (row, copy))
    assert mine == theirs
    assert SideAssignment.objects.filter(project=other.project).count() == 12
    with pytest.raises(BadInput, match="Nothing has changed"):
        services.import_folder(other, dataset, None)


def test_training_reads_one_side(access, confirmed):
    row = frozen(access)
    with folder.exported(row, sides=[Side.TRAIN]) as path:
        names = {entry.id for entry in load_dataset(path).labelled()}
    assert names == set(row.documents.filter(side=Side.TRAIN).values_list("name", flat=True))


def test_an_erased_document_leaves_its_hash_and_nothing_else(access, confirmed):
    row = frozen(access)
    document = confirmed[0]
    entry = row.documents.get(document=document.pk)
    assert [v.pk for v in queries.saw(access.project, document.pk)] == [row.pk]
    Document.objects.filter(pk=document.pk).update(words_blob="", sha256="0" * 64)  # as erasure leaves no reference
    SideAssignment.objects.filter(words=entry.words_blob).update(words="")
    assert services.forget(access.project, document.pk) == 1
    sweep_later()
    for blob in (entry.label_blob, entry.words_blob):
        with pytest.raises(FileNotFoundError):
            store().path(blob)
    told = queries.wholeness(row)
    assert (told.documents, told.erased, told.is_whole) == (12, 1, False)
    assert "1 of 12 documents were erased" in told.sentence()
    with folder.exported(row) as path:
        assert len(load_dataset(path).labelled()) == 11
    assert services.forget(access.project, document.pk) == 0
    assert queries.saw(access.project, document.pk).count() == 1, "lineage stays"


def test_validation_ranks_a_wrong_label_and_leaves_it_out_when_asked(access, confirmed):
    """A value that stands elsewhere on the page was confirmed: nobody else would find it."""
    victim = waiting(access, 13)
    review.confirm(access, victim.pk, label(13, total_amount=label(13)["fields"]["net_amount"]))
    row = frozen(access, Selection(newest=5))  # each is left out once, and what is left is learned
    assert jobs.validate(row.pk)
    row.refresh_from_db()
    suspects = [f for f in row.validation["findings"] if f["code"] == "suspected_label"]
    assert str(victim.pk) in suspects[0]["documents"]
    assert not jobs.validate(row.pk), "once"
    found = queries.chosen(access.project, Selection(without_suspects=True))
    assert victim.pk not in {one.row.document_id for one in found.chosen}


def test_a_lost_job_is_taken_up_again(access, confirmed, run_jobs):
    row = services.request(access, Selection())
    run_jobs.flush()
    old = row.created_at - 2 * jobs.STALE
    DatasetVersion.objects.filter(pk=row.pk).update(state_changed_at=old)
    assert jobs.sweep() == 1
    run_jobs("mlops.datasets.jobs.freeze")
    row.refresh_from_db()
    assert row.state == DatasetState.FROZEN


class TestRest:
    def test_list_and_one(self, access, confirmed, api):
        row = frozen(access)
        client = api("viewer", project=access.project)
        (listed,) = client.get("/api/v1/datasets").json()["items"]
        assert listed["hash"] == row.hash
        assert listed["documents"] == 12
        one = client.get(f"/api/v1/datasets/{row.hash[:10]}").json()
        assert one["distribution"] == row.distribution
        assert one["validation"] is None
        assert client.get("/api/v1/datasets/000000").status_code == 404

    def test_a_longer_list_costs_no_more_queries(self, access, api):
        def version(number: int, **erased: Any) -> None:
            row = DatasetVersion.objects.create(
                project=access.project, hash=f"{number:064x}", state=DatasetState.FROZEN, made_by="ann"
            )
            for name in ("a", "b"):
                DatasetDocument.objects.create(version=row, name=name, side=Side.TRAIN, **erased)

        client = api("viewer", project=access.project)
        version(1)
        client.get("/api/v1/datasets")  # that the token is used is noted once a minute
        with CaptureQueriesContext(connection) as one:
            client.get("/api/v1/datasets")
        version(2, erased_at=timezone.now())
        version(3)
        with CaptureQueriesContext(connection) as three:
            listed = client.get("/api/v1/datasets").json()["items"]
        assert len(three) == len(one)
        assert [(item["documents"], item["is_whole"]) for item in listed] == [(2, True), (2, False), (2, True)]

    def test_another_project_sees_nothing(self, access, confirmed, api, other_project):
        row = frozen(access)
        client = api("owner", project=other_project)
        assert client.get("/api/v1/datasets").json()["items"] == []
        assert client.get(f"/api/v1/datasets/{row.hash}").status_code == 404


class TestCommand:
    def test_freeze_diff_export_list(self, access, confirmed, tmp_path, capsys):
        call_command("dataset", "freeze", "--project", "acme", "--selection", '{"newest": 8}')
        first = capsys.readouterr().out.strip()
        call_command("dataset", "freeze", "--project", "acme", "--json")
        second = json.loads(capsys.readouterr().out)
        assert second["documents"] == 12
        call_command("dataset", "diff", "--project", "acme", first[:8], second["hash"], "--json")
        assert len(json.loads(capsys.readouterr().out)["added"]) == 4
        call_command("dataset", "export", "--project", "acme", first, str(tmp_path / "out"))
        assert len(load_dataset(tmp_path / "out").labelled()) == 8
        call_command("dataset", "list", "--project", "acme")
        assert first in capsys.readouterr().out

    def test_an_import_needs_words_or_a_file_and_names_a_folder_in_its_place(self, access, confirmed, tmp_path, capsys):
        call_command("dataset", "freeze", "--project", "acme", "--selection", '{"newest": 3}')
        row = queries.version(access.project, capsys.readouterr().out.strip())
        out = tmp_path / "out"
        folder.export(row, out, with_files=True)
        with_words, without_words = [
            out / one["file"] for one in json.loads((out / "dataset.json").read_text())["documents"]
        ][:2]
        for file in (with_words, without_words):
            file.unlink()
            file.mkdir()
        (out / "words" / f"{without_words.stem}.json").unlink()
        with pytest.raises(CommandError) as caught:
            call_command("dataset", "import", str(out), "--project", "acme")
        assert str(caught.value).splitlines()[1:] == [
            f"  documents/{without_words.name}: this is a folder, and no words/{without_words.stem}.json"
        ]
        (out / "labels" / f"{without_words.stem}.json").unlink()
        call_command("dataset", "import", str(out), "--project", "acme", "--json")
        assert json.loads(capsys.readouterr().out)["documents"] == 2

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("freeze", "--project", "acme", "--selection", "{"), 2),
            (("freeze", "--project", "acme", "--selection", '{"newest": -1}'), 2),
            (("freeze", "--project", "nobody"), 2),
            (("freeze", "--project", "bare"), 5),
            (("export", "abcdef", "--project", "acme", "/nowhere"), 2),
            (("import", "/nowhere", "--project", "acme"), 2),
        ],
    )
    def test_exit_codes(self, access, arguments, code):
        access_to("bare")
        with pytest.raises(CommandError) as caught:
            call_command("dataset", arguments[0], *arguments[1:])
        assert caught.value.returncode == code
