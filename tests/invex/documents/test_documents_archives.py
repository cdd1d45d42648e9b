"""ZIP uploads: one document a file, hostile archives, and nothing taken silently by half."""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invex.accounts.roles import Role
from invex.documents import intake
from invex.documents.archives import MAX_DIRECTORY_BYTES, Archive, ArchiveLimits, BadArchive, BadMember, open_archive
from invex.documents.models import Document, DocumentPolicy, IdenticalFiles
from invex.documents.states import DocumentState as S
from invex.kernel import doomed
from invex.kernel.blobs import FolderStore, store
from invex.kernel.errors import BadInput, Conflict, NotAllowed
from invex.kernel.models import AuditEntry, DoomedBlob, Event
from tests.invex.documents.archive_files import huge_directory, marked_encrypted, overlapping, zip_of, zip_with_link

LIMITS = ArchiveLimits(members=20, unpacked_bytes=1 << 20, member_bytes=1 << 19)


def opened(content: bytes, limits: ArchiveLimits = LIMITS) -> Archive | None:
    return open_archive(io.BytesIO(content), limits)


def contents(archive: Archive) -> dict[str, bytes]:
    return {info.filename: b"".join(archive.chunks(info)) for info in archive.members}


@pytest.fixture
def take(access, batch):
    """take(content) -> what became of the upload of an archive."""
    return lambda content, access=access: intake.take_in(access, batch, name="mail.zip", file=io.BytesIO(content))


class TestArchive:
    def test_the_members_come_out_without_folders_and_litter(self):
        archive = opened(
            zip_of({"a.pdf": b"a" * 99, "in/": b"", "in/b.pdf": b"", "__MACOSX/a.pdf": b"x", "in/.DS_Store": b"x"})
        )
        assert contents(archive) == {"a.pdf": b"a" * 99, "in/b.pdf": b""}

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK", b"\x89PNG\r\n\x1a\n" + zip_of({"a": b"a"})])
    def test_the_content_decides(self, content):
        assert opened(content) is None

    @pytest.mark.parametrize("mark", ["[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"])
    def test_an_office_file_is_no_archive(self, mark):
        assert opened(zip_of({mark: b"", "word/document.xml": b"<x/>"})) is None

    def test_too_many_members(self):
        with pytest.raises(BadArchive, match="21 files; 20 are allowed"):
            opened(zip_of({f"{n}.pdf": b"" for n in range(21)}))

    def test_too_many_bytes_are_seen_in_the_directory(self):
        with pytest.raises(BadArchive, match="more than 1 MiB"):
            opened(zip_of({f"{n}.pdf": bytes(1 << 18) for n in range(5)}))

    def test_more_bytes_than_documents_have_when_unpacked(self):
        limits = ArchiveLimits(members=20, unpacked_bytes=1 << 30, member_bytes=1 << 30, ratio_from=1 << 20)
        with pytest.raises(BadArchive, match="200 times"):
            opened(zip_of({"a.pdf": bytes(2 << 20)}), limits)
        assert opened(zip_of({"blank.tif": bytes(1 << 20)}), limits) is not None  # a blank scan packs as well

    def test_members_that_share_their_bytes_count_each_time(self):
        limits = ArchiveLimits(members=1000, unpacked_bytes=1 << 30, member_bytes=1 << 30, ratio_from=1 << 20)
        with pytest.raises(BadArchive):
            opened(overlapping(50, 1 << 18), limits)

    def test_a_directory_that_is_said_to_be_huge_is_not_read(self):
        with pytest.raises(BadArchive, match="longer than allowed"):
            opened(huge_directory(MAX_DIRECTORY_BYTES + 1))

    def test_sizes_that_lie_do_not_help(self):
        content = bytearray(zip_of({"a.pdf": b"a" * 1000}))
        at = content.rindex(b"PK\x01\x02")
        content[at + 24 : at + 28] = (10).to_bytes(4, "little")  # "unpacked size" of the directory
        archive = opened(bytes(content))
        with pytest.raises(BadMember) as caught:
            contents(archive)
        assert caught.value.code == "damaged"

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (zip_with_link({}, link="a.pdf", target="/etc/passwd"), "no_file"),
            (marked_encrypted(zip_of({"a.pdf": b"a"}), "a.pdf"), "encrypted"),
            (zip_of({"a.pdf": b"a"}, method=zipfile.ZIP_LZMA), "unsupported"),
            (zip_of({"a.pdf": b"x" * ((1 << 19) + 1)}), "too_large"),
            (zip_of({"a.pdf": zip_of({"b.pdf": b"b"})}), "nested"),
            (zip_of({"a.tgz": b"\x1f\x8b\x08 and so on"}), "nested"),
        ],
    )
    def test_what_is_not_taken(self, content, code):
        archive = opened(content)
        with pytest.raises(BadMember) as caught:
            list(archive.chunks(archive.members[0]))
        assert caught.value.code == code

    @given(st.binary(max_size=400), st.integers(0, 300), st.binary(max_size=20))
    def test_damaged_archives_are_refused_not_crashed_on(self, content, at, noise):
        whole = zip_of({"a.pdf": content, "b.pdf": b"b" * 50})
        at = 4 + at % (len(whole) - 4)
        try:
            archive = opened(whole[:at] + noise + whole[at + len(noise) :])
            for member in archive.members if archive is not None else ():
                list(archive.chunks(member))
        except (BadArchive, BadMember):
            pass


class TestTaking:
    def test_every_file_becomes_a_document_of_the_batch(self, take, batch, make_pdf, run_jobs):
        taken = take(zip_of({"März/a.pdf": make_pdf("one"), "b.pdf": make_pdf("two"), "c.pdf": b""}))
        assert [(d.name, d.batch_id) for d in taken.documents] == [(n, batch.pk) for n in ("a.pdf", "b.pdf", "c.pdf")]
        assert taken.refused == ()
        run_jobs("invex.documents.")
        assert list(Document.objects.order_by("id").values_list("state", flat=True)) == [
            S.EXTRACTING,
            S.EXTRACTING,
            S.FAILED,
        ]
        assert AuditEntry.objects.get(action="unpacked").detail == {"archive": "mail.zip", "taken": 3, "refused": 0}

    @pytest.mark.parametrize(
        ("name", "shown"),
        [("../../etc/cron.d/a.pdf", "a.pdf"), ("/etc/passwd", "passwd"), ("C:\\x\\a.pdf", "a.pdf"), ("..", "unnamed")],
    )
    def test_a_path_is_only_a_name(self, take, data_dir, name, shown):
        before = {p for p in data_dir.parent.rglob("*") if "blobs" not in p.parts}
        taken = take(zip_of({name: b"content"}))
        assert [d.name for d in taken.documents] == [shown]
        assert {p for p in data_dir.parent.rglob("*") if "blobs" not in p.parts} == before

    def test_what_is_refused_is_named_and_the_rest_is_taken(self, take):
        content = zip_with_link({"a.pdf": b"a", "in/b.zip": zip_of({"x": b"x"})}, link="c.pdf", target="a.pdf")
        taken = take(content)
        assert [d.name for d in taken.documents] == ["a.pdf"]
        assert [(r.name, r.code) for r in taken.refused] == [("b.zip", "nested"), ("c.pdf", "no_file")]

    def test_when_nothing_can_be_taken_the_upload_is_refused(self, take):
        with pytest.raises(BadInput) as caught:
            take(marked_encrypted(zip_of({"a.pdf": b"a"}), "a.pdf"))
        assert caught.value.code == "nothing_taken"
        assert [r["code"] for r in caught.value.data["refused"]] == ["encrypted"]
        with pytest.raises(BadInput, match="no files"):
            take(zip_of({"folder/": b""}))
        assert not Document.objects.exists()

    def test_members_that_no_document_took_are_deleted(self, take, settings, receive, project):
        DocumentPolicy.objects.create(project=project, identical=IdenticalFiles.REFUSE)
        known = receive(b"known")
        settings.MAX_ARCHIVE_BYTES = 60_000
        with pytest.raises(BadInput):
            take(zip_of({"a.pdf": b"a", "b.pdf": b"b" * 70_000}))
        taken = take(zip_of({"c.pdf": b"c", "known.pdf": b"known"}))
        for name, _ in store().names():
            os.utime(store().path(name), (0, 0))
        doomed.sweep()
        assert {name for name, _ in store().names()} == {known.sha256, taken.documents[0].sha256}
        assert not DoomedBlob.objects.exists()

    def test_a_bomb_that_shows_itself_late_takes_nothing(self, take, settings):
        settings.MAX_ARCHIVE_BYTES = 1000
        with pytest.raises(BadInput) as caught:
            take(zip_of({"a.pdf": b"a", "b.pdf": bytes(2000)}))
        assert caught.value.code == "archive_limit"
        assert not Document.objects.exists()

    def test_a_crash_between_two_files_takes_nothing(self, take, monkeypatch):
        put = FolderStore.put_stream
        seen = []

        def put_once(self, chunks, *, max_bytes):
            if seen:
                raise OSError("the disk is full")
            seen.append(1)
            return put(self, chunks, max_bytes=max_bytes)

        monkeypatch.setattr(FolderStore, "put_stream", put_once)
        with pytest.raises(OSError, match="full"):
            take(zip_of({"a.pdf": b"a", "b.pdf": b"b"}))
        assert not Document.objects.exists()

    def test_a_crash_between_two_rows_takes_nothing(self, take, monkeypatch):
        add = intake._add
        monkeypatch.setattr(
            intake, "_add", lambda *args: add(*args) if args[2].name == "a.pdf" else (_ for _ in ()).throw(OSError("x"))
        )
        with pytest.raises(OSError, match="x"):
            take(zip_of({"a.pdf": b"a", "b.pdf": b"b"}))
        assert not Document.objects.exists()
        assert not Event.objects.filter(name="document.received").exists()

    def test_a_viewer_may_not(self, take, access_as):
        with pytest.raises(NotAllowed):
            take(zip_of({"a.pdf": b"a"}), access_as(Role.VIEWER))


class TestIdenticalFiles:
    @pytest.fixture
    def refusing(self, project):
        return DocumentPolicy.objects.create(project=project, identical=IdenticalFiles.REFUSE)

    def test_linked_unless_the_project_refuses(self, receive):
        assert receive(b"same").twin is None
        assert receive(b"same").twin is not None

    def test_refused_with_the_name_of_the_first(self, refusing, receive):
        first = receive(b"same")
        with pytest.raises(Conflict) as caught:
            receive(b"same", name="again.pdf")
        assert (caught.value.code, caught.value.data["twin"]) == ("identical", str(first.pk))
        assert Document.objects.count() == 1
        assert store().path(first.sha256).exists()
        assert [receive(b"").state, receive(b"").state] == [S.FAILED, S.FAILED]  # no bytes are not the same bytes

    def test_within_an_archive_too(self, refusing, take):
        taken = take(zip_of({"a.pdf": b"same", "b.pdf": b"same"}))
        assert [d.name for d in taken.documents] == ["a.pdf"]
        assert [(r.name, r.code) for r in taken.refused] == [("b.pdf", "identical")]

    def test_another_project_s_file_is_not_the_same(self, refusing, receive, other_access):
        from invex.documents.services import create_batch

        receive(b"same", access=other_access, batch=create_batch(other_access))
        assert receive(b"same").twin is None


class TestInterfaces:
    def send(self, client: Client, batch, content: bytes, name="a.zip"):
        return client.post(f"/api/v1/batches/{batch.pk}/documents", {"file": SimpleUploadedFile(name, content)})

    def test_rest_names_what_was_taken_and_what_was_not(self, api, batch):
        content = marked_encrypted(zip_of({"a.pdf": b"a", "b.pdf": b"b"}), "b.pdf")
        answer = self.send(api("reviewer"), batch, content)
        assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/v1/batches/{batch.pk}")
        assert [d["name"] for d in answer.json()["documents"]] == ["a.pdf"]
        assert [(r["name"], r["code"]) for r in answer.json()["refused"]] == [("b.pdf", "encrypted")]

    def test_rest_refuses_what_cannot_be_taken(self, api, batch, project):
        bad = self.send(api(), batch, zip_of({"x.zip": zip_of({"a": b"a"})}))
        assert (bad.status_code, bad.json()["code"]) == (422, "nothing_taken")
        assert bad.json()["refused"][0]["code"] == "nested"
        damaged = self.send(api(), batch, b"PK\x03\x04 and no more")
        assert (damaged.status_code, damaged.json()["code"]) == (422, "archive_damaged")
        DocumentPolicy.objects.create(project=project, identical=IdenticalFiles.REFUSE)
        self.send(api(), batch, b"same", name="a.pdf")
        again = self.send(api(), batch, b"same", name="a.pdf")
        assert (again.status_code, again.json()["code"]) == (409, "identical")

    def test_the_same_archive_with_the_same_key_is_taken_once(self, api, batch):
        client, content = api(), zip_of({"a.pdf": b"a", "b.pdf": b"b"})
        path = f"/api/v1/batches/{batch.pk}/documents"
        one, two = (
            client.post(
                path, {"file": SimpleUploadedFile("a.zip", content)}, headers={"Idempotency-Key": "mail-1"}
            ).json()
            for _ in range(2)
        )
        assert one == two
        assert Document.objects.count() == 2

    def test_the_page_tells_both_with_script_and_without(self, person, batch):
        client = Client()
        client.force_login(person(Role.REVIEWER))
        path = f"/p/demo/batches/{batch.pk}/upload/"
        content = marked_encrypted(zip_of({"a.pdf": b"a", "b.pdf": b"b"}), "b.pdf")
        script = client.post(
            path, {"file": SimpleUploadedFile("a.zip", content)}, headers={"Accept": "application/json"}
        )
        assert (len(script.json()["ids"]), script.json()["refused"][0]["name"]) == (1, "b.pdf")
        files = [SimpleUploadedFile("a.zip", content), SimpleUploadedFile("x.zip", b"PK\x03\x04 damaged")]
        plain = client.post(path, {"file": files}, headers={"Accept": "text/html"}, follow=True)
        assert "protected by a password" in plain.content.decode()
        assert "damaged and cannot be opened" in plain.content.decode()
        assert Document.objects.count() == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(
    # zipfile cuts names at NUL, and writes none that is empty.
    names=st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda name: name[0] != "\0"),
        min_size=1, max_size=5, unique=True,
    )
)  # fmt: skip
def test_any_member_name_is_only_shown(names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    found = opened(out.getvalue())
    if found is not None:
        assert len(contents(found)) <= len(names)
