"""What tests of the Django rooms share: projects, people of each role, tokens, clients, files, and jobs run in line."""

from __future__ import annotations

import gc
import io
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import hypothesis
import pytest
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.test import Client, override_settings
from django.utils import translation
from django.utils.module_loading import import_string

from invex.accounts.access import Access
from invex.accounts.models import Membership, Project, User
from invex.accounts.roles import Role
from invex.kernel.actor import Actor
from mlops.learning.view import View
from tests.kept_views import sharing

# Seconds of a test, its fixtures included, where the 300 of pyproject.toml are too few: the first that fits holds.
TIME = {"slow": 2400, "browser": 1200, "installation": 1200}


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until all is imported and collected, which stays
    # Two workers share two cores: a second thread of tesseract, numpy or torch in each would only wait for the other.
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Dozens of processes import the same: where bytecode is not kept, each compiles all of it anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Nobody's documents are lost when the power fails: thousands of blobs need not wait for the disk.
    os.fsync = lambda fd: None
    # How long drawing takes says something of the machine and its other work, and nothing of the code.
    hypothesis.settings.register_profile(
        "invex", deadline=None, max_examples=50, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("invex")
    # Tests collect no static files.
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")


# What bears a mark as a whole is not imported where the mark is not wanted.
WHOLLY = {"test_api_schema_limits.py": "slow", "browser": "browser", "installation": "installation"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    mark = WHOLLY.get(collection_path.name)
    return True if mark is not None and f"not {mark}" in config.option.markexpr else None


# What makes a world once for the tests of a module: whoever takes over some of them makes it again.
WORLDS = {"once", "world"}


def _is_rolled_back(item: pytest.Item) -> bool:
    """Whether it is a test of a database whose changes are undone."""
    mark = item.get_closest_marker("django_db")
    return (mark is not None and not mark.kwargs.get("transaction")) or "db" in item.fixturenames


@pytest.hookimpl(trylast=True)  # when the marks of the folders are set, and tests of a database stand before the others
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A worker that has done its half of the tests takes over the last ones of the other's: these shall need no world.
    rolled_back = list(itertools.takewhile(_is_rolled_back, items))
    with_world = {item.path for item in rolled_back if not WORLDS.isdisjoint(item.fixturenames)}
    items[: len(rolled_back)] = sorted(rolled_back, key=lambda item: item.path not in with_world)
    for item in items:
        for mark, seconds in TIME.items():
            if item.get_closest_marker(mark) is not None and item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(seconds))


def pytest_collection_finish() -> None:
    """The garbage collector need not look at what was imported again and again, nor after each seven hundred objects."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """SQLite gets its tables from the models, in a tenth of the time that the migrations take.

    test_backup.py compares them with the tables of an installation; on PostgreSQL the migrations make all of them.
    """
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The migrations count as applied."""
    if not connection.settings_dict["TEST"]["MIGRATE"]:
        with django_db_blocker.unblock():
            recorder = MigrationRecorder(connection)
            recorder.ensure_schema()
            for app, name in MigrationLoader(connection).disk_migrations:
                recorder.record_applied(app, name)


_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Passwords are hashed by MD5, since argon2 is slow by design; and pages are drawn small."""
    md5 = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=md5, PAGE_IMAGE_DPI=50, SHARP_PAGE_DPI=100):
        yield


@pytest.fixture(scope="module")
def once(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """A transaction around all tests of a module; return the folder of its blobs.

    What fixtures of the module make in it is made once, and each test finds it untouched: a test's own changes are
    undone, and its blobs are a copy. Such a fixture returns keys, since rows that a test changed would keep the change.
    """
    data = tmp_path_factory.mktemp("data")
    there = override_settings(DATA_DIR=data, TMP_DIR=data / "tmp", STORAGE_URL=(data / "blobs").as_uri())
    with django_db_blocker.unblock(), transaction.atomic():
        with there, pytest.MonkeyPatch.context() as patched:
            patched.setattr(View, "__init__", sharing)
            yield data
        transaction.set_rollback(True)


@pytest.fixture
def tmp_path(tmp_path_factory) -> Path:
    """As pytest's own, which looks through all earlier folders for a free name."""
    path = tmp_path_factory.getbasetemp() / str(next(_numbers))
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def data_dir(request) -> Path | None:
    """The folder of a database test, in which its blobs and temporary files lie; what it reads is looked at once.

    Thousands of other tests need no folder: None.
    """
    is_marked = request.node.get_closest_marker("django_db") is not None  # which asks for the database by no fixture
    if not is_marked and "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        return None
    folder, settings, monkeypatch = map(request.getfixturevalue, ("tmp_path", "settings", "monkeypatch"))
    settings.DATA_DIR = folder
    settings.STORAGE_URL = (folder / "blobs").as_uri()
    monkeypatch.setattr(View, "__init__", sharing)
    if "once" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("once"), folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A request leaves its language active, which the next test in the same process would speak."""
    yield
    translation.deactivate()


@pytest.fixture
def project(db) -> Project:
    """The project *demo*, also where fixtures of the module made something in it."""
    return Project.objects.get_or_create(slug="demo", defaults={"name": "Demo"})[0]


@pytest.fixture
def other_project(db) -> Project:
    return Project.objects.create(slug="other", name="Other")


@pytest.fixture
def person(project) -> Callable[..., User]:
    """person(role, project=...) -> a member with that role, called by it."""

    def make(role: str, project: Project = project) -> User:
        user, _ = User.objects.get_or_create(username=f"{role}-{project.slug}")
        Membership.objects.get_or_create(project=project, user=user, role=role)
        return user

    return make


@pytest.fixture
def access_as(project) -> Callable[..., Access]:
    """access_as(role, project=...) -> what a person with that role may do."""
    return lambda role, project=project: Access(Actor("user", f"{role}-{project.slug}"), project, Role(role))


@pytest.fixture
def access(access_as) -> Access:
    """The access of the project's owner."""
    return access_as(Role.OWNER)


@pytest.fixture
def other_access(access_as, other_project) -> Access:
    """The access of the owner of another project."""
    return access_as(Role.OWNER, other_project)


@pytest.fixture
def token(access_as, project) -> Callable[..., str]:
    """token(role, project=...) -> the secret of a token with that role."""
    from invex.accounts.models import ApiToken
    from invex.accounts.services import create_token

    def make(role: str, project: Project = project, **kwargs: Any) -> str:
        name = f"{role}-{ApiToken.objects.count()}"
        return create_token(access_as(Role.OWNER, project), name=name, role=role, **kwargs)[1]

    return make


@pytest.fixture
def api(token, project) -> Callable[..., Client]:
    """api(role, project=...) -> a client of the REST interface that sends a token with that role."""
    return lambda role="owner", project=project: Client(headers={"Authorization": f"Bearer {token(role, project)}"})


@pytest.fixture
def batch(access):
    from invex.documents.services import create_batch

    return create_batch(access, name="March")


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    """make_pdf(*pages, password="") -> a PDF with these lines of text, one string a page."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    def make(*pages: str, password: str = "") -> bytes:
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=A4, invariant=1, encrypt=password or None)
        for text in pages or ("Invoice 4711",):
            for row, line in enumerate(text.splitlines()):
                canvas.drawString(72, 770 - 16 * row, line)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    return make


@pytest.fixture
def receive(access, batch, make_pdf):
    """receive(content=..., name=...) -> a document that was just uploaded."""
    from invex.documents.services import receive as receive_document

    def make(content: bytes | None = None, *, name: str = "invoice.pdf", access: Access = access, batch=batch):
        return receive_document(access, batch, name=name, chunks=[make_pdf() if content is None else content])

    return make


class Jobs:
    """The queues without Redis: what is enqueued waits in a list; calling it runs all, in order, in this process."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, tuple[Any, ...]]] = []
        self.ran: list[tuple[str, tuple[Any, ...]]] = []
        self.is_away = False

    def get_queue(self, name: str) -> SimpleNamespace:
        import redis

        if self.is_away:
            raise redis.ConnectionError("Redis is away")
        return SimpleNamespace(enqueue=self._enqueue, count=len(self.waiting), connection=MagicMock())

    def _enqueue(self, job: str, *args: Any, at_front: bool = False, **_: Any) -> SimpleNamespace:
        self.waiting.insert(0 if at_front else len(self.waiting), (job, args))
        # Nobody answers while the caller waits: there is no worker.
        return SimpleNamespace(latest_result=lambda timeout: None, delete=lambda: None)

    def flush(self) -> None:
        """What FLUSHALL does."""
        self.waiting.clear()

    def __call__(self, only: str = "") -> int:
        """Dispatch the outbox and run jobs until none is left; `only`: those whose dotted name begins so.

        Return how many ran. An event of a test's own transaction never commits, so it is dispatched here.
        """
        count = 0
        while True:
            self._dispatch()
            job = next((j for j in self.waiting if j[0].startswith(only)), None)
            if job is None:
                return count
            self.waiting.remove(job)
            self.ran.append(job)
            import_string(job[0])(*job[1])
            count += 1

    def _dispatch(self) -> None:
        from invex.kernel.models import Event
        from invex.kernel.outbox import dispatch

        for event in Event.objects.filter(dispatched_at__isnull=True).order_by(F("id")):
            dispatch(event)


@pytest.fixture
def run_jobs(monkeypatch) -> Jobs:
    jobs = Jobs()
    monkeypatch.setattr("django_rq.get_queue", jobs.get_queue)
    monkeypatch.setattr("invex.kernel.queue.named", jobs.get_queue)
    monkeypatch.setattr("invex.kernel.liveness.is_served", lambda queue: False)
    return jobs
