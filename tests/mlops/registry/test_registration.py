"""Packages become builds: verified, stamped with a number that never repeats, never executed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from invex.accounts.roles import Role
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound, TooLarge
from mlops.learning import archive
from mlops.learning.package import EMPTY, Package
from mlops.registry import queries, services, verification
from mlops.registry.models import Build
from mlops.registry.states import BuildState, Origin
from tests.invex.world import access_to
from tests.mlops.factory import build, ml_admin, package_bytes

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.django_db]


@pytest.fixture
def access():
    return ml_admin()


def test_a_registered_package_is_stamped_with_project_version_and_number(access):
    row = build(access, version="1.4.0")
    assert row.name == f"Acme-1.4.0-build.{row.number}"
    package = Package.from_bytes(store().path(row.blob).read_bytes())
    assert package.build == row.name
    assert package.manifest["seed"] == 1, "the rest of the manifest stays"
    assert row.state == BuildState.REGISTERED
    assert row.card == "# Package 1"


def test_numbers_go_on_over_projects_and_after_the_shipped_build(access):
    rows = [build(access, 1), build(ml_admin("other"), 1), build(access, 2)]
    numbers = [row.number for row in rows]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert numbers[0] > services.shipped().number


def test_a_number_is_not_given_again_when_its_build_is_gone(access):
    first = build(access, 1)
    number = first.number
    first.delete()
    assert build(access, 2).number == number + 1


def test_the_shipped_package_is_a_build_of_every_project_once(access):
    shipped = services.shipped()
    assert services.shipped().pk == shipped.pk
    assert shipped.origin == Origin.SHIPPED
    assert queries.build(access.project, shipped.name) == shipped
    assert queries.build(ml_admin("other").project, shipped.name) == shipped


def test_another_projects_build_is_not_found(access):
    row = build(access)
    with pytest.raises(NotFound):
        queries.build(ml_admin("other").project, row.name)
    with pytest.raises(NotFound):
        queries.build(ml_admin("other").project, str(row.number))


def test_the_same_package_is_registered_once_a_version(access):
    first = build(access, 1)
    with pytest.raises(Conflict) as e:
        build(access, 1)
    assert first.name in e.value.message
    assert build(access, 1, version="0.3.0").number == first.number + 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.AUTHOR])
def test_only_those_with_the_right_to_models_register(role):
    with pytest.raises(NotAllowed):
        build(access_to("acme", role))


@pytest.mark.parametrize("version", ["1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.3-rc1", "../1.2.3"])
def test_a_version_is_major_minor_patch(access, version):
    with pytest.raises(BadInput, match="Major"):
        build(access, version=version)


def repacked(change) -> bytes:
    """A package with one file changed after its manifest was written, or more files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package_bytes(1))) as old, zipfile.ZipFile(out, "w") as new:
        files = {info.filename: old.read(info) for info in old.infolist()}
        for name, data in change(files).items():
            new.writestr(name, data)
    return out.getvalue()


def with_manifest(**changes) -> bytes:
    return repacked(lambda f: {**f, "package.json": json.dumps({**json.loads(f["package.json"]), **changes}).encode()})


HOSTILE = {
    "no zip": b"PK\x03\x04 but no zip",
    "nothing": b"",
    "a pickle": repacked(lambda f: {**f, "weights/model.pkl": b"\x80\x04."}),
    "a file that the manifest does not name": repacked(lambda f: {**f, "weights/more.safetensors": b"x"}),
    "other bytes than the manifest says": repacked(lambda f: {**f, "card.md": b"changed"}),
    "a missing file": repacked(lambda f: {n: d for n, d in f.items() if n != "card.md"}),
    "a path outside": repacked(lambda f: {**f, "../../etc/x.json": b"{}"}),
    "another format": with_manifest(format="invex-model/2"),
    "NUL in the manifest": with_manifest(note="a\x00b"),
    "weights that are none": archive.pack(
        {**EMPTY.manifest},
        {
            "templates.json": b'{"templates": []}',
            "memory.json": b"[]",
            "card.md": b"",
            "weights/index.safetensors": b"nonsense",
        },
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_clean_package_is_refused_with_a_sentence(access, what):
    with pytest.raises(BadInput) as e:
        services.register(access, HOSTILE[what], file_name="model.zip", version="1.0.0")
    assert e.value.code == "bad_package"
    assert not Build.objects.exists()


def test_a_bomb_is_refused_before_it_is_unpacked(access):
    bomb = repacked(lambda f: f)
    out = io.BytesIO(bomb)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as z:
        z.writestr("weights/more.safetensors", b"\x00" * 30_000_000)
    with pytest.raises(TooLarge):
        services.register(access, out.getvalue(), file_name="model.zip")


def test_a_network_that_names_a_file_outside_is_refused():
    onnx = pytest.importorskip("onnx", reason="comes with the extra `train`")
    import numpy as np
    from onnx import TensorProto, helper

    tensor = onnx.numpy_helper.from_array(np.zeros(4, np.float32), "w")
    onnx.external_data_helper.set_external_data(tensor, location="/etc/passwd")
    tensor.ClearField("raw_data")
    graph = helper.make_graph([], "g", [], [helper.make_tensor_value_info("w", TensorProto.FLOAT, [4])], [tensor])
    assert verification.ONNX_EXTERNAL_DATA in helper.make_model(graph).SerializeToString()


def test_the_gate_refuses_and_a_person_overrides_with_a_reason(access):
    row = build(access)
    assert services.judge(access.actor, row, passed=False, report={"reasons": ["worse on Katz"]})
    row.refresh_from_db()
    assert row.state == BuildState.REFUSED
    with pytest.raises(BadInput):
        services.override(access, row, why="  ")
    services.override(access, row, why="Katz is no longer a customer")
    row.refresh_from_db()
    assert row.state == BuildState.PASSED
    assert row.report == {"reasons": ["worse on Katz"]}
    assert "mia" in row.override_reason


REGISTER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "invex.settings"
import django
django.setup()
from tests.mlops.factory import build, ml_admin
print(*[build(ml_admin(), 10 * int(sys.argv[1]) + i).number for i in range(3)])
"""


@pytest.mark.slow
def test_concurrent_registrations_never_share_a_number(tmp_path):
    """Four processes on one database file; `make full` does the same on PostgreSQL."""
    environment = {**os.environ, "DATA": str(tmp_path), "PYTHONPATH": str(ROOT), "DATABASE_URL": ""}
    run = partial(subprocess.run, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    run([sys.executable, "manage.py", "migrate", "-v0"])
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda n: run([sys.executable, "-c", REGISTER, str(n)]).stdout, range(4)))
    numbers = [int(n) for answer in answers for n in answer.split()]
    assert len(set(numbers)) == 12
    assert max(numbers) - min(numbers) == 11


@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads share SQLite's database of tests; processes above")
@pytest.mark.django_db(transaction=True)
def test_concurrent_registrations_of_threads_never_share_a_number():
    access = ml_admin()

    def one(mark: int) -> int:
        try:
            return build(access, mark).number
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        numbers = list(threads.map(one, range(6)))
    assert len(set(numbers)) == 6
