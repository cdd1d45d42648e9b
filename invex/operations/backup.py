"""Backups of a running installation, and their restoration into an empty one.

A folder of backups holds `blobs/aa/bb/SHA256`, shared by all of them, and one folder a backup:

    backup.json        format, time, version, migrations, rows a table, sha256 of the files beside it
    database.jsonl.gz  every row of one moment, as Django's `jsonl` serializer writes them
    blobs.txt          the blobs that these rows need, one sha256 a line
    secret_key         where the installation made its own

Rows are written without regard to the database, so that a backup of SQLite can be restored into PostgreSQL.
"""

from __future__ import annotations

import contextlib
import datetime
import gzip
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from invex.kernel import blob_references
from invex.kernel.blobs import MissingBlob, store
from invex.kernel.errors import BadInput, InvexError

FORMAT = "invex-backup/1"
MANIFEST, ROWS, BLOBS, SECRET = "backup.json", "database.jsonl.gz", "blobs.txt", "secret_key"
CHUNK = 1 << 20  # bytes
ATTEMPTS = 3  # at a moment whose blobs are all still there when they are copied: retention may run meanwhile
# Made by `migrate`, or worthless in another installation.
NOT_KEPT = ("contenttypes.ContentType", "auth.Permission", "sessions.Session")


class ExactTimes(DjangoJSONEncoder):
    """Django's own encoder cuts times off after the millisecond."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime.datetime) else super().default(o)


class Incomplete(InvexError):
    """What should be in the backup is missing or damaged in the installation itself."""

    code = "incomplete"


@dataclass(frozen=True, slots=True)
class Manifest:
    """backup.json. rows: table -> how many. sha256: file -> hash."""

    made_at: str
    version: str
    migrations: tuple[str, ...]
    rows: dict[str, int]
    blobs: int
    blob_bytes: int
    sha256: dict[str, str]
    format: str = FORMAT


def make(folder: Path, *, keep: int | None = None) -> Path:
    """Make a backup below `folder`, while others work; return its own folder.

    keep: how many of the newest backups stay. Raises Incomplete when a blob is missing or damaged, BadInput when the
    folder cannot be written; neither leaves half a backup behind.
    """
    name = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H-%M-%S-%fZ")
    try:
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incomplete-", dir=folder) as unfinished:
            _write(folder, Path(unfinished))
            os.chmod(unfinished, 0o700)  # it holds every document's text and the secret key
            os.rename(unfinished, folder / name)
            Path(unfinished).mkdir()  # for the context manager to take away
    except OSError as e:
        raise BadInput(f"{folder}: {e.strerror or e}. Give a folder with enough space that can be written.") from e
    if keep is not None:
        prune(folder, keep)
    return folder / name


def _write(folder: Path, target: Path) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        with _standing_still():
            rows = _dump(target / ROWS)
            needed = {reference.sha256: str(reference) for reference in blob_references.references()}
        try:
            size = sum(_copy(sha256, folder / "blobs", why) for sha256, why in sorted(needed.items()))
            break
        except Incomplete as e:
            erased = not blob_references.in_use({e.data["sha256"]})
            if attempt == ATTEMPTS or not erased:
                raise
    (target / BLOBS).write_text("".join(f"{sha256}\n" for sha256 in sorted(needed)), encoding="ascii")
    files = [ROWS, BLOBS]
    if "SECRET_KEY" not in os.environ:
        (target / SECRET).write_text(settings.SECRET_KEY, encoding="utf-8")
        os.chmod(target / SECRET, 0o600)
        files.append(SECRET)
    manifest = Manifest(
        made_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        version=version("invex"),
        migrations=_migrations(),
        rows=dict(sorted(rows.items())),
        blobs=len(needed),
        blob_bytes=size,
        sha256={file: _sha256(target / file) for file in files},
    )
    (target / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _standing_still() -> Iterator[None]:
    """Inside, the database is as it was at one moment, whatever others write meanwhile; they never wait for it."""
    if connection.vendor != "sqlite":
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    connection.ensure_connection()
    sqlite = cast(Any, connection)  # django-stubs does not know the attribute
    usual = sqlite.transaction_mode
    sqlite.transaction_mode = "DEFERRED"  # a reader of the write-ahead log takes no lock
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        sqlite.transaction_mode = usual


def _kept() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.label not in NOT_KEPT and model._meta.managed]


def _dump(file: Path) -> Counter[str]:
    """Write every row, without the texts that its model calls PASSING; return how many each table has."""
    counts: Counter[str] = Counter()
    with open(file, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        with io.TextIOWrapper(packed, encoding="utf-8") as out:
            for model in _kept():
                passing = getattr(model, "PASSING", ())
                for row in model._base_manager.order_by("pk").iterator(chunk_size=500):
                    for column in passing:
                        setattr(row, column, "")
                    out.write(serializers.serialize("jsonl", [row], cls=ExactTimes))
                    counts[model._meta.label_lower] += 1
        raw.flush()
        os.fsync(raw.fileno())
    return counts


def _copy(sha256: str, blobs: Path, why: str) -> int:
    """Copy a blob unless an earlier backup has it; return its size in bytes. Raises Incomplete."""
    target = blobs / sha256[:2] / sha256[2:4] / sha256
    if target.exists():
        return target.stat().st_size
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    unfinished = target.with_suffix(".incomplete")
    try:
        with store().open(sha256) as source, open(unfinished, "wb") as out:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != sha256:
            raise Incomplete(
                f"Blob {sha256} ({why}) is damaged: its bytes have another hash. `manage.py doctor` lists all of them.",
                sha256=sha256,
            )
        os.rename(unfinished, target)
    except MissingBlob as e:
        raise Incomplete(
            f"Blob {sha256} ({why}) is missing in the store. `manage.py doctor` lists all of them.", sha256=sha256
        ) from e
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def backups(folder: Path) -> list[Path]:
    """Return the backups below `folder`, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"[!.]*/{MANIFEST}"))


def prune(folder: Path, keep: int) -> int:
    """Delete all but the newest `keep` backups, and the blobs that none of these needs. Return how many went."""
    if keep < 1:
        raise BadInput("--keep: give at least 1.")
    found = backups(folder)
    for old in found[:-keep]:
        shutil.rmtree(old)
    needed = {name for backup in found[-keep:] for name in (backup / BLOBS).read_text(encoding="ascii").split()}
    for file in (folder / "blobs").glob("??/??/*"):
        if file.name not in needed:
            file.unlink()
    return max(0, len(found) - keep)


def verify(backup: Path) -> Manifest:
    """Read all of a backup and compare every hash. Raises BadInput with what is wrong."""
    try:
        said = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        why = (e.strerror or str(e)) if isinstance(e, OSError) else str(e)
        raise BadInput(f"{backup} is no backup: {MANIFEST} cannot be read ({why}).") from e
    if said.get("format") != FORMAT:
        raise BadInput(f"{backup}: format {said.get('format')!r} is not known here; this version reads {FORMAT}.")
    manifest = Manifest(**{**said, "migrations": tuple(said["migrations"])})
    for name, expected in manifest.sha256.items():
        file = backup / name
        if not file.exists() or _sha256(file) != expected:
            raise BadInput(f"{file} is missing or damaged. Take another backup.")
    for sha256 in _blobs_of(backup):
        file = _blob_file(backup, sha256)
        if not file.exists() or _sha256(file) != sha256:
            raise BadInput(f"{file} is missing or damaged. Take another backup.")
    return manifest


def restore(backup: Path) -> Manifest:
    """Put a verified backup into this installation, whose database must be migrated and empty, and its store too.

    Raises BadInput, and has changed nothing then.
    """
    manifest = verify(backup)
    _check_target(manifest)
    for sha256 in _blobs_of(backup):
        with open(_blob_file(backup, sha256), "rb") as source:
            stored, _ = store().put_stream(iter(lambda: source.read(CHUNK), b""), max_bytes=1 << 62)
        if stored != sha256:
            raise BadInput(f"Blob {sha256} changed while it was copied.")
    with transaction.atomic():
        counts = _load(backup / ROWS)
        if counts != manifest.rows:
            raise BadInput(f"{backup / ROWS} does not hold the rows that {MANIFEST} promises. Take another backup.")
        connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _kept()):
            cursor.execute(statement)
    if SECRET in manifest.sha256 and "SECRET_KEY" not in os.environ:
        target = settings.DATA_DIR / SECRET
        target.unlink(missing_ok=True)
        with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write((backup / SECRET).read_text(encoding="utf-8"))
    return manifest


def _check_target(manifest: Manifest) -> None:
    here = _migrations()
    if manifest.migrations != here:
        differ = sorted(set(manifest.migrations) ^ set(here))
        raise BadInput(
            f"The backup was made by another version ({manifest.version}; its tables differ: {', '.join(differ[:3])}). "
            "Restore with that version, then update."
        )
    full = [model._meta.label for model in _kept() if _is_a_persons(model) and model._base_manager.exists()]
    if full:
        raise BadInput(
            f"This installation is not empty ({', '.join(full[:3])}). A restore never overwrites: give an empty one, "
            "DATA=/a/new/folder or another DATABASE_URL."
        )
    if next(store().names(), None) is not None:
        raise BadInput(f"There are files in {settings.STORAGE_URL}. A restore never overwrites: give an empty place.")


def _is_a_persons(model: type[models.Model]) -> bool:
    """Say whether rows of the model mean that somebody has used the installation; `migrate` itself makes a few."""
    return model._meta.label in ("accounts.User", "accounts.Project", "documents.Document", "kernel.AuditEntry")


def _load(file: Path) -> dict[str, int]:
    """Write the rows as they were, without what saving would change; return how many each table got."""
    for model in _kept():
        model._base_manager.all().delete()
    counts: Counter[str] = Counter()
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for found in serializers.deserialize("jsonl", lines):
            found.save(force_insert=True)
            counts[found.object._meta.label_lower] += 1
    return dict(sorted(counts.items()))


def _migrations() -> tuple[str, ...]:
    applied = MigrationLoader(connection).applied_migrations
    return tuple(sorted(f"{app}.{name}" for app, name in applied))


def _blobs_of(backup: Path) -> list[str]:
    return (backup / BLOBS).read_text(encoding="ascii").split()


def _blob_file(backup: Path, sha256: str) -> Path:
    return backup.parent / "blobs" / sha256[:2] / sha256[2:4] / sha256


def _sha256(file: Path) -> str:
    with open(file, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def summary(manifest: Manifest) -> dict[str, Any]:
    """What a person wants to know of a backup."""
    return {"made_at": manifest.made_at, "rows": sum(manifest.rows.values()), "blobs": manifest.blobs,
            "bytes": manifest.blob_bytes}  # fmt: skip
