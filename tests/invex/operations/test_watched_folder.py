"""The watched folder: complete files only, once each, whatever happens in between."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invex.documents.models import Batch, Document, DocumentPolicy, IdenticalFiles
from invex.kernel.errors import BadInput, Conflict
from invex.operations import watching
from invex.operations.models import WatchedFile
from invex.operations.watching import Watcher
from tests.invex.documents.archive_files import marked_encrypted, zip_of


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "scans"
    made.mkdir()
    return made


@pytest.fixture
def watch(folder, access):
    """watch() -> a new watcher of the folder, as after a restart; the one before is closed."""
    open_ones: list[Watcher] = []

    def make(**kwargs) -> Watcher:
        while open_ones:
            open_ones.pop().close()
        open_ones.append(Watcher(folder, access, **{"settle_s": 0, **kwargs}))
        return open_ones[-1]

    yield make
    for watcher in open_ones:
        watcher.close()


def looks(watcher: Watcher, times: int = 2) -> list[str]:
    return [outcome.name for _ in range(times) for outcome in watcher.look()]


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_taken_and_moved_once_its_document_is_there(watch, folder):
    (folder / "a.pdf").write_bytes(b"one")
    watcher = watch()
    assert looks(watcher, 1) == []  # it might still grow
    assert looks(watcher, 1) == ["a.pdf"]
    document = Document.objects.get()
    assert (document.name, document.uploaded_by) == ("a.pdf", "owner-demo")
    assert names(folder) == {"taken/a.pdf"}
    assert not WatchedFile.objects.exists()
    assert looks(watcher) == []


def test_files_of_a_day_share_a_batch(watch, folder):
    watcher = watch()
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(name.encode())
        looks(watcher)
    assert Batch.objects.get().name.startswith("scans 20")
    assert Document.objects.count() == 2


def test_what_still_grows_or_settles_waits(watch, folder):
    watcher = watch()
    for size in range(1, 4):
        (folder / "a.pdf").write_bytes(b"x" * size)
        assert looks(watcher, 1) == []
    assert looks(watch(settle_s=60)) == []
    assert looks(watch()) == ["a.pdf"]


def test_what_is_open_for_writing_waits(watch, folder):
    path = folder / "a.pdf"
    path.write_bytes(b"x")
    with path.open("ab"):
        assert looks(watch()) == []
    assert looks(watch()) == ["a.pdf"]


@pytest.mark.parametrize("name", [".a.pdf", "~$a.docx", "a.pdf.part", "a.pdf~", "a.PDF.CRDOWNLOAD", "a.tmp"])
def test_temporary_names_are_left_alone(watch, folder, name):
    (folder / name).write_bytes(b"x")
    assert looks(watch()) == []
    assert names(folder) == {name}


def test_links_and_folders_are_left_alone(watch, folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "link.pdf").symlink_to(tmp_path / "secret")
    (folder / "sub").mkdir()
    (folder / "sub" / "a.pdf").write_bytes(b"x")
    assert looks(watch()) == []
    assert not Document.objects.exists()


def test_what_cannot_be_taken_is_put_aside_with_the_reason(watch, folder, settings):
    settings.MAX_UPLOAD_BYTES = 2**20
    (folder / "big.pdf").write_bytes(b"x" * (2**20 + 1))
    (folder / "all.zip").write_bytes(zip_of({"x.zip": zip_of({"a": b"a"})}))
    assert looks(watch()) == ["all.zip", "big.pdf"]
    assert names(folder) == {f"refused/{name}" for name in ("big.pdf", "big.pdf.txt", "all.zip", "all.zip.txt")}
    assert "larger than 1 MiB" in (folder / "refused" / "big.pdf.txt").read_text()
    assert not Document.objects.exists()


def test_of_an_archive_the_refused_members_are_told(watch, folder):
    (folder / "a.zip").write_bytes(marked_encrypted(zip_of({"a.pdf": b"a", "b.pdf": b"b"}), "b.pdf"))
    looks(watch())
    assert names(folder) == {"taken/a.zip", "taken/a.zip.txt"}
    assert "b.pdf: It is protected" in (folder / "taken" / "a.zip.txt").read_text()
    assert Document.objects.get().name == "a.pdf"


def test_the_policy_of_the_project_holds_here_too(watch, folder, project):
    DocumentPolicy.objects.create(project=project, identical=IdenticalFiles.REFUSE)
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(b"same")
    looks(watch())
    assert names(folder) == {"taken/a.pdf", "refused/b.pdf", "refused/b.pdf.txt"}


def test_a_name_that_was_taken_before_is_no_obstacle(watch, folder):
    for content in (b"one", b"two", b"three"):
        (folder / "a.pdf").write_bytes(content)
        looks(watch())
    assert names(folder) == {"taken/a.pdf", "taken/a-2.pdf", "taken/a-3.pdf"}
    assert Document.objects.count() == 3


LATIN_1 = os.fsdecode("Rechnung für Müller.pdf".encode("latin-1"))  # as copiers name files on a share


def test_a_name_that_is_no_utf_8_is_taken_like_any_other(watch, folder):
    for name in (LATIN_1, "z.pdf"):
        (folder / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    assert looks(watch()) == ["Rechnung für Müller.pdf", "z.pdf"]
    assert sorted(document.name for document in Document.objects.all()) == ["Rechnung für Müller.pdf", "z.pdf"]
    assert names(folder) == {f"taken/{LATIN_1}", "taken/z.pdf"}


def test_such_a_file_is_moved_at_the_next_start_when_the_process_was_killed_before(watch, folder, monkeypatch):
    (folder / LATIN_1).write_bytes(b"one")
    watcher = watch()
    looks(watcher, 1)
    with monkeypatch.context() as deadly:
        deadly.setattr(Watcher, "_move", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            looks(watcher, 1)
    assert looks(watch()) == []
    assert names(folder) == {f"taken/{LATIN_1}"}
    assert Document.objects.count() == 1


def test_a_folder_whose_name_is_no_utf_8(access, tmp_path):
    folder = tmp_path / LATIN_1
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"one")
    watcher = Watcher(folder, access, settle_s=0)
    assert looks(watcher) == ["a.pdf"]
    watcher.close()
    assert Batch.objects.get().name.startswith("Rechnung für Müller.pdf 20")


def test_a_file_that_nobody_was_prepared_for_does_not_end_the_watch(watch, folder, monkeypatch):
    stage = watching.intake.stage

    def stage_most(access, *, name, file):
        if name == "a.pdf":
            raise UnicodeError("no text")
        return stage(access, name=name, file=file)

    monkeypatch.setattr(watching.intake, "stage", stage_most)
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(name.encode())
    assert looks(watch()) == ["a.pdf", "b.pdf"]
    assert names(folder) == {"refused/a.pdf", "refused/a.pdf.txt", "taken/b.pdf"}
    assert "UnicodeError" in (folder / "refused" / "a.pdf.txt").read_text()


class Killed(BaseException):
    """What no `except Exception` catches: the process is gone."""


@pytest.mark.parametrize("killed_in", ["_commit", "_move", "_batch"])
def test_a_process_that_is_killed_in_between_takes_nothing_twice_and_loses_nothing(
    watch, folder, killed_in, monkeypatch
):
    (folder / "a.pdf").write_bytes(b"one")
    watcher = watch()
    looks(watcher, 1)
    with monkeypatch.context() as deadly:

        def kill(*_args, **_kwargs):
            raise Killed

        deadly.setattr(Watcher, killed_in, kill)
        with pytest.raises(Killed):
            looks(watcher, 1)
    assert names(folder) == {"a.pdf"}
    looks(watch())
    assert names(folder) == {"taken/a.pdf"}
    assert Document.objects.count() == 1
    assert not WatchedFile.objects.exists()


def test_a_process_that_is_killed_after_the_move_leaves_the_next_file_of_that_name_alone(watch, folder, monkeypatch):
    (folder / "a.pdf").write_bytes(b"one")
    watcher = watch()
    looks(watcher, 1)
    with monkeypatch.context() as deadly:
        deadly.setattr(WatchedFile, "delete", lambda self: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            looks(watcher, 1)
    (folder / "a.pdf").write_bytes(b"two")
    looks(watch())
    assert Document.objects.count() == 2
    assert names(folder) == {"taken/a.pdf", "taken/a-2.pdf"}


def test_what_changes_while_it_is_read_is_taken_whole_later(watch, folder, monkeypatch):
    path = folder / "a.pdf"
    path.write_bytes(b"one")
    watcher = watch()
    looks(watcher, 1)
    stage = watching.intake.stage

    def stage_and_append(access, *, name, file):
        staged = stage(access, name=name, file=file)
        with path.open("ab") as more:
            more.write(b" and more")
        return staged

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(watching.intake, "stage", stage_and_append)
        assert looks(watcher, 1) == []
    assert looks(watcher) == ["a.pdf"]
    assert Document.objects.get().size == len(b"one and more")


def test_one_watcher_a_folder(watch, folder, access):
    watch()
    with pytest.raises(Conflict):
        Watcher(folder, access, settle_s=0)


def test_a_folder_that_is_none(access, tmp_path):
    with pytest.raises(BadInput):
        Watcher(tmp_path / "nowhere", access, settle_s=0)


class TestCommand:
    def run(self, *args: str) -> str:
        out = StringIO()
        call_command("watch", *args, "--settle", "0", stdout=out, stderr=StringIO())
        return out.getvalue()

    def test_once(self, folder, project):
        (folder / "a.pdf").write_bytes(b"one")
        os.utime(folder / "a.pdf", (1, 1))
        said = self.run(str(folder), "--project", "demo", "--once")
        document = Document.objects.get()
        assert said == f"a.pdf: documents {document.pk}\n"
        assert document.uploaded_by == "system:invex"

    @pytest.mark.parametrize(
        ("args", "code"), [(["--project", "demo"], 5), (["--project", "nobody"], 2), (["--project", "demo", "x"], 2)]
    )
    def test_exit_codes(self, folder, project, args, code):
        place = [str(folder / "nowhere")] if args[-1] == "x" else [str(folder)]
        with pytest.raises(CommandError) as caught:
            self.run(*place, *args[:2], "--once")
        assert caught.value.returncode == code
