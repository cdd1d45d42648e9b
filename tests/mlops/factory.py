"""What tests of the factory share: small packages, registered builds, deployments."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache

import pytest

from fixtures.generator import Vendor
from invex.accounts.access import Access
from invex.accounts.roles import Role
from invex.kernel import doomed
from invex.kernel.actor import SYSTEM
from invex.kernel.blobs import store
from mlops.deployment import preparation, services
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.services import Model, Wanted
from mlops.deployment.states import Mode, ModelRole
from mlops.learning.package import EMPTY, Package
from mlops.memory.base import base_package
from mlops.registry.models import Build
from mlops.registry.services import judge, register
from mlops.registry.states import BuildState
from mlops.training import jobs
from mlops.training.models import TrainingRun
from mlops.training.states import RunState
from tests.invex.world import access_to


def ml_admin(slug: str = "acme") -> Access:
    return access_to(slug, Role.ML_ADMIN, name="mia")


def sweep_later() -> None:
    """Delete the doomed blobs as if all of them had been stored long ago."""
    for name, _ in store().names():
        os.utime(store().path(name), (0, 0))
    doomed.sweep()


@lru_cache
def package_bytes(mark: int, *, is_small: bool = True) -> bytes:
    """A package as a data scientist would upload it; `mark` makes its bytes differ. Small: it reads nothing alone."""
    package = EMPTY if is_small else replace(base_package(), network=None)
    about = {**package.manifest, "name": "Elsewhere", "version": "0.2.0", "build": 77, "seed": mark}
    return replace(package, manifest=about, card=f"# Package {mark}").to_bytes()


def build(access: Access, mark: int = 1, *, version: str = "", is_small: bool = True) -> Build:
    return register(access, package_bytes(mark, is_small=is_small), file_name="model.zip", version=version)


def passed(one: Build) -> Build:
    """The build, let through by the gate unless something was said of it already."""
    if one.state == BuildState.REGISTERED:
        judge(SYSTEM, one, passed=True, report={})
    return one


def deploy(
    access: Access,
    *builds: Build,
    mode: str = Mode.SINGLE,
    share: dict[str, float] | None = None,
    why: str = "",
    **more,
) -> DeploymentRevision:
    """Deploy builds in the order of the mode's places, as if the gate had passed them; prepare that in this process."""
    for one in builds:
        passed(one)
    places = {
        Mode.SINGLE: (ModelRole.MODEL,),
        Mode.AB: (ModelRole.A, ModelRole.B),
        Mode.SHADOW: (ModelRole.MODEL, ModelRole.CHALLENGER),
        Mode.CANARY: (ModelRole.MODEL, ModelRole.CHALLENGER),
        Mode.ENSEMBLE: (ModelRole.MEMBER,) * len(builds),
    }[Mode(mode)]
    models = tuple(Model(role, one) for role, one in zip(places, builds, strict=True))
    row = services.deploy(access, Wanted(mode=mode, models=models, share=share or {}, **more), why=why)
    preparation.prepare(row.pk)
    row.refresh_from_db()
    return row


def vendors(count: int) -> list[Vendor]:
    return [Vendor(seed, kind="invoice", locale="de-DE") for seed in range(7, 7 + count)]


def marked(package: Package, number: int) -> Package:
    """The same package under another build number."""
    return replace(package, manifest={**package.manifest, "build": number})


def ran(row: TrainingRun) -> int:
    """Take a run to its end, and return its key; validation by folds, which has tests of its own, is left out."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mlops.datasets.validation.MOST_CROSS_VALIDATED", 0)
        assert jobs.run(row.pk) == RunState.DONE
    return row.pk
