"""The drill: a backup of an installation in use, restored into a new one, has the same rows and the same bytes."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from invex.accounts.models import ApiToken, Project, User
from invex.documents import queries
from invex.documents.models import Document
from invex.documents.services import give_password
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput
from invex.kernel.models import AuditEntry
from invex.operations import backup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    settings.TMP_DIR = tmp_path / "tmp"
    return tmp_path / "backups"


@pytest.fixture
def documents(receive, run_jobs, person, token) -> list[Document]:
    """Two documents that were read, a person and a token."""
    person("reviewer")
    token("reviewer")
    found = [receive(name="one.pdf"), receive(b"not a document", name="two.bin")]
    run_jobs()
    return found


def rows_in(data: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(data / "invex.sqlite3") as other:
        return other.execute(sql).fetchall()


def tables_of(database: sqlite3.Connection) -> dict[str, set[str]]:
    """Return the columns and constraints of each table, whose order says nothing, and the definition of each index."""
    found = {}
    for name, kind, sql in database.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        found[name] = {sql} if kind == "index" else parts_of(sql.partition("(")[2].rpartition(")")[0])
    return found


def parts_of(body: str) -> set[str]:
    """Return what commas outside of brackets divide."""
    parts, depth = [""], 0
    for character in body:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return {part.strip() for part in parts}


def restore_elsewhere(made: Path, data: Path) -> subprocess.CompletedProcess[str]:
    """Restore into a new SQLite installation, in a process of its own, whatever the database here is."""
    environment = {**os.environ, "DATA": str(data), "DATABASE_URL": "", "STORAGE_URL": ""}
    environment.pop("SECRET_KEY", None)
    manage = str(django_settings.BASE_DIR / "manage.py")
    return subprocess.run(
        [sys.executable, manage, "restore", str(made)], env=environment, capture_output=True, text=True, timeout=300
    )


def test_a_drill(documents, folder, tmp_path):
    made = backup.make(folder)
    answer = restore_elsewhere(made, tmp_path / "new")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["blobs"] == len(list(store().names()))
    columns = "name, sha256, state, page_count, reason_code"
    here = Document.objects.order_by("pk").values_list(*columns.split(", "))
    assert rows_in(tmp_path / "new", f"SELECT {columns} FROM documents_document ORDER BY id") == list(here)
    for model in (User, Project, ApiToken, AuditEntry):
        table = model._meta.db_table
        assert rows_in(tmp_path / "new", f"SELECT COUNT(*) FROM {table}") == [(model.objects.count(),)]
    kept = {p.name: p.read_bytes() for p in (tmp_path / "new" / "blobs").glob("??/??/*")}
    assert kept == {name: store().path(name).read_bytes() for name, _ in store().names()}
    if "SECRET_KEY" not in os.environ:  # one of the environment is not the installation's to keep
        assert (tmp_path / "new" / "secret_key").read_text() == django_settings.SECRET_KEY

    if connection.vendor == "sqlite":  # where tests have the tables of the models, and not those of the migrations
        with sqlite3.connect(tmp_path / "new" / "invex.sqlite3") as other:
            assert tables_of(other) == tables_of(connection.connection)


def test_times_and_numbers_come_back_as_they_were(documents, folder):
    """Restored in place: the same process, the same database."""
    before = {d.pk: (d.created_at, d.updated_at, d.state) for d in Document.objects.all()}
    made = backup.make(folder)
    call_command("flush", interactive=False, verbosity=0)
    for name, _ in list(store().names()):
        store().delete(name)
    manifest = backup.restore(made)
    assert {d.pk: (d.created_at, d.updated_at, d.state) for d in Document.objects.all()} == before
    assert manifest.rows["documents.document"] == len(before)
    new = Project.objects.create(slug="new", name="New")  # its number is a free one, on PostgreSQL too
    assert Project.objects.filter(pk=new.pk).count() == 1


def test_a_password_is_in_no_backup(folder, access, receive, run_jobs, make_pdf, tmp_path):
    """It is given and waits for the read; restored, the document asks for it again."""
    document = receive(make_pdf(password="open sesame"))
    run_jobs("invex.documents.")
    give_password(access, queries.document(access.project, document.pk), password="open sesame")
    made = backup.make(folder)
    with gzip.open(made / backup.ROWS, "rt", encoding="utf-8") as rows:
        assert "sesame" not in rows.read()
    document.refresh_from_db()
    assert document.password == "open sesame", "the read that waits needs it"


def write_in_between(monkeypatch, write) -> None:
    """Have `write` called when the first table is in the backup and the others are not."""
    real = backup._kept

    def tables():
        first, *others = real()
        yield first
        write()
        yield from others

    monkeypatch.setattr(backup, "_kept", tables)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's tests share one connection; the next test does not")
def test_a_backup_is_of_one_moment(documents, folder, monkeypatch):
    def write():
        with ThreadPoolExecutor(1) as thread:
            thread.submit(create_project_and_disconnect).result()

    before = Project.objects.count()
    write_in_between(monkeypatch, write)
    assert backup.verify(backup.make(folder)).rows["accounts.project"] == before
    assert Project.objects.count() == before + 1


def create_project_and_disconnect() -> None:
    Project.objects.create(slug="meanwhile", name="Meanwhile")
    connection.close()


SQLITE = """
import sqlite3, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from invex.accounts.models import Project
from invex.operations import backup
call_command("migrate", verbosity=0)
settings.DATA_DIR.joinpath("blobs").mkdir(exist_ok=True)
real = backup._kept
def tables():
    first, *others = real()
    yield first
    with sqlite3.connect(settings.DATA_DIR / "invex.sqlite3", timeout=1) as other:  # it must not have to wait
        other.execute("INSERT INTO accounts_project (slug, name, created_at) VALUES ('b', 'B', '2026-01-01')")
    yield from others
Project.objects.create(slug="a", name="A")
backup._kept = tables
made = backup.make(settings.DATA_DIR / "backups")
print(backup.verify(made).rows["accounts.project"], Project.objects.count())
"""


def test_a_backup_of_sqlite_is_of_one_moment_and_nobody_waits_for_it(tmp_path):
    environment = {**os.environ, "DATA": str(tmp_path), "DATABASE_URL": "", "STORAGE_URL": ""}
    environment |= {"PYTHONPATH": str(django_settings.BASE_DIR), "DJANGO_SETTINGS_MODULE": "invex.settings"}
    if connection.vendor == "sqlite":  # its tables are there already: migrating them takes seconds
        connection.ensure_connection()
        with closing(sqlite3.connect(tmp_path / "invex.sqlite3")) as other:
            connection.connection.backup(other)
    answer = subprocess.run(
        [sys.executable, "-c", SQLITE], env=environment, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["1", "2"]


def test_what_is_damaged_is_told(documents, folder):
    made = backup.make(folder)
    some = next((folder / "blobs").glob("??/??/*"))
    some.write_bytes(b"other bytes")
    with pytest.raises(BadInput, match="missing or damaged"):
        backup.verify(made)
    (made / "database.jsonl.gz").write_bytes(b"")
    with pytest.raises(BadInput, match=r"database\.jsonl\.gz is missing or damaged"):
        backup.verify(made)


def test_an_installation_that_lost_a_file_is_not_backed_up_in_silence(documents, folder):
    store().delete(documents[0].sha256)
    with pytest.raises(backup.Incomplete, match="is missing in the store"):
        backup.make(folder)
    assert backup.backups(folder) == []


def test_old_backups_go_and_their_files_with_them(documents, folder, receive, make_pdf):
    first = backup.make(folder)
    extra = receive(make_pdf("another"))
    second = backup.make(folder, keep=5)
    assert backup.backups(folder) == [first, second]
    Document.objects.filter(pk=extra.pk).delete()
    third = backup.make(folder, keep=1)
    assert backup.backups(folder) == [third]
    assert not list(folder.glob(f"blobs/*/*/{extra.sha256}"))
    backup.verify(third)


def test_commands_say_what_to_do(documents, folder, tmp_path, capsys):
    call_command("backup", str(folder))
    made = Path(capsys.readouterr().out.strip())
    call_command("restore", str(made), "--verify")
    assert json.loads(capsys.readouterr().out)["blobs"] > 0
    for arguments, message in [
        (["restore", str(tmp_path / "nothing")], "is no backup"),
        (["restore", str(made)], "is not empty"),
        (["backup", "/proc/nowhere"], "Give a folder"),
        (["backup", str(folder), "--keep", "0"], "at least 1"),
    ]:
        with pytest.raises(CommandError, match=message) as caught:
            call_command(*arguments)
        assert caught.value.returncode == 2
