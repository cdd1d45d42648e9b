"""A training site pushes, a serving-only site pulls what its deployment names, and checks what it got."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from moto import mock_aws

from invex.accounts.models import Project
from invex.kernel.errors import BadInput, NotNow, TooLarge
from mlops.deployment import preparation, queries, services
from mlops.deployment.models import DeployedModel, DeploymentRevision
from mlops.registry import repositories, repositories_s3
from mlops.registry.models import Build
from mlops.registry.services import push
from mlops.registry.states import Origin
from tests.mlops.factory import build, ml_admin


class Shelf(BaseHTTPRequestHandler):
    """GET and PUT of files in memory; /moved redirects."""

    files: dict[str, bytes] = {}
    authorizations: list[str | None] = []

    def do_GET(self) -> None:
        self.authorizations.append(self.headers.get("Authorization"))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            return
        data = self.files.get(self.path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def do_PUT(self) -> None:
        self.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def test_what_the_gate_said_is_never_cut(tmp_path, monkeypatch):
    place = repositories.Repository(repositories.Folder(tmp_path))
    said = {"passed": True, "differences": ["x" * 1000] * 2000}
    path = place.push("Acme-1.0.0-build.7", b"zip", said)
    sha256 = (tmp_path / f"{path}.sha256").read_text().split()[0]
    assert place.gate(path, sha256) == {"sha256": sha256, **said}, "2 MB"
    monkeypatch.setattr(repositories, "MOST_GATE_BYTES", 1000)
    with pytest.raises(TooLarge):
        place.gate(path, sha256)
    with pytest.raises(BadInput, match="more than the 1000"):
        place.push("Acme-1.0.0-build.8", b"zip", said)
    assert not (tmp_path / "invex/models/Acme-1.0.0-build.8.zip").exists()


@pytest.fixture
def http():
    server = HTTPServer(("127.0.0.1", 0), Shelf)
    Shelf.files, Shelf.authorizations = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://ann:secret@127.0.0.1:{server.server_port}/models"
    server.shutdown()
    server.server_close()


@pytest.fixture
def s3(monkeypatch):
    """A bucket of an S3 that exists in this process only."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="builds")
        yield "s3://builds/shelf"


@pytest.fixture(params=["folder", "http", "s3"])
def place(request, tmp_path: Path, settings) -> repositories.Repository:
    url = (tmp_path / "shelf").as_uri() if request.param == "folder" else request.getfixturevalue(request.param)
    settings.BUILD_REPOSITORIES = {"ml-invex": url}
    return repositories.repository("ml-invex")


def test_what_was_pushed_is_pulled_with_the_same_bytes(place):
    path = place.push("Acme-1.0.0-build.3", b"package")
    assert path == "invex/models/Acme-1.0.0-build.3.zip"
    assert place.pull(path) == b"package"


def test_what_is_not_what_its_hash_says_is_refused(place):
    path = place.push("Acme-1.0.0-build.3", b"package")
    place.place.put(path, b"another")
    with pytest.raises(BadInput, match="hash"):
        place.pull(path)


def test_what_is_not_there_is_said(place):
    with pytest.raises(BadInput, match="not in the repository"):
        place.pull("invex/models/Acme-1.0.0-build.4.zip")


def test_a_folder_is_not_left(tmp_path):
    with pytest.raises(BadInput):
        repositories.Folder(tmp_path / "shelf").get("../secret", max_bytes=10)


def test_http_sends_its_password_follows_no_redirect_and_says_when_nobody_answers(http):
    place = repositories.Http(http)
    with pytest.raises(BadInput):
        place.get("x.zip", max_bytes=10)
    assert Shelf.authorizations[-1] == "Basic YW5uOnNlY3JldA=="
    with pytest.raises(NotNow):
        repositories.Http(http.replace("/models", "/moved")).get("x.zip", max_bytes=10)
    with pytest.raises(NotNow):
        repositories.Http("http://127.0.0.1:1/").get("x.zip", max_bytes=10)


def test_a_bucket_that_is_not_there_or_no_address(s3):
    with pytest.raises(NotNow, match="NoSuchBucket"):
        repositories_s3.from_url("s3://nobodys").put("x.zip", b"x")
    place = repositories_s3.from_url(s3)
    place.put("x.zip", b"12345")
    with pytest.raises(TooLarge):
        place.get("x.zip", max_bytes=4)
    for url in ("s3://", "s3://builds?region=mars"):
        with pytest.raises(ImproperlyConfigured):
            repositories_s3.from_url(url)


def test_an_unknown_name_lists_those_that_are_known(settings):
    settings.BUILD_REPOSITORIES = {"ml-invex": "file:///x"}
    with pytest.raises(BadInput, match="ml-invex"):
        repositories.repository("other")


@pytest.mark.django_db
def test_a_serving_site_pulls_what_the_file_names(place):
    """One database plays both sites: the serving one has never seen the build."""
    access = ml_admin()
    row = build(access)
    name, number, blob = row.name, row.number, row.blob
    path = push(access, row, "ml-invex")
    DeployedModel.objects.all().delete()
    DeploymentRevision.objects.all().delete()
    Build.objects.all().delete()
    assert Project.objects.filter(slug="acme").exists()
    best = {"repository": "ml-invex", "mode": "single", "model": path}
    data = {"format": "invex-deployment/1", "project": "acme", "revision": 14, "fixedVersions": [], "bestModels": best}
    revision = services.deploy_file(access, data)
    assert preparation.prepare(revision.pk)
    pulled = Build.objects.get(name=name)
    assert (pulled.number, pulled.blob, pulled.origin) == (number, blob, Origin.REPOSITORY)
    assert queries.as_file(access.project, queries.live(access.project)).to_json()["bestModels"] == best


@pytest.mark.django_db
def test_nobody_waits_while_a_package_is_pulled_for_a_request_with_a_key(tmp_path, settings, monkeypatch, api):
    settings.BUILD_REPOSITORIES = {"ml-invex": (tmp_path / "shelf").as_uri()}
    access = ml_admin()
    row = build(access)
    path = push(access, row, "ml-invex")
    row.delete()
    depths, here = [], len(connection.savepoint_ids)

    def get(self, *args, real=repositories.Folder.get, **kwargs):
        depths.append(len(connection.savepoint_ids))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(repositories.Folder, "get", get)
    best = {"repository": "ml-invex", "mode": "single", "model": path}
    data = {"format": "invex-deployment/1", "project": "acme", "revision": 1, "fixedVersions": [], "bestModels": best}
    client, key = api("ml_admin", access.project), {"Idempotency-Key": "k"}
    first, again = (
        client.put("/api/v1/deployment", data, content_type="application/json", headers=key) for _ in range(2)
    )
    assert first.status_code == 200, first.content
    assert set(depths) == {here}
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert DeploymentRevision.objects.count() == 2, "what the project read with before, and this one"
