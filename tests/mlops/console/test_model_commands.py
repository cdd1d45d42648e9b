"""`build`, `deploy` and `rollback` on the command line."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from mlops.registry.models import Build
from tests.mlops.factory import ml_admin, package_bytes

pytestmark = [pytest.mark.django_db]


def run(*args: object) -> str:
    out = io.StringIO()
    call_command(*map(str, args), stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "model.zip"
    path.write_bytes(package_bytes(1))
    return path


def test_from_a_package_to_a_deployment_and_back(package, tmp_path):
    ml_admin()
    name = run("build", "register", package, "--project", "acme", "--version", "0.3.0")
    assert name.startswith("Acme-0.3.0-build.")
    assert name in run("build", "list", "--project", "acme")
    file = tmp_path / "deployment.json"
    best = {"repository": "", "mode": "single", "model": f"invex/models/{name}.zip"}
    file.write_text(json.dumps({"format": "invex-deployment/1", "project": "acme", "bestModels": best}))
    assert json.loads(run("deploy", file, "--why", "it is better"))["revision"] == 2
    back = json.loads(run("rollback", "--project", "acme"))
    assert back["revision"] == 3
    assert back["bestModels"]["model"].startswith("Invex-")


def test_mistakes_end_with_two_and_a_sentence(package, tmp_path):
    ml_admin()
    for args in (
        ("build", "register", package, "--project", "nowhere"),
        ("build", "register", tmp_path / "none.zip", "--project", "acme"),
        ("build", "push", "1", "nowhere", "--project", "acme"),
        ("deploy", tmp_path / "none.json"),
        ("rollback", "--project", "acme"),
    ):
        with pytest.raises(CommandError) as e:
            run(*args)
        assert e.value.returncode == 2
        assert str(e.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file cannot be opened (No such file or directory)"),
        ("{bad", "line 1, column 2: this is no JSON"),
        ("[1]", "an object is expected, not a list"),
    ],
)
def test_a_deployment_file_that_is_none_is_said(tmp_path, content, said):
    file = tmp_path / "deployment.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError) as e:
        run("deploy", file)
    assert str(e.value).startswith(f"{file}: {said}")


def test_evicting_is_tried_first(package):
    ml_admin()
    name = run("build", "register", package, "--project", "acme")
    args = ("build", "evict", "--project", "acme", "--best", 0, "--newest", 0)
    assert run(*args).startswith(name)
    assert Build.objects.get(name=name).blob
    run(*args, "--yes")
    assert not Build.objects.get(name=name).blob
    with pytest.raises(CommandError) as e:
        run(*args, "--yes")
    assert e.value.returncode == 5
