"""Writes of the registry: who makes, judges and lets through a build."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.roles import Right
from invex.kernel import audit, writes
from invex.kernel.actor import SYSTEM, Actor
from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Conflict, Gone
from invex.kernel.outbox import emit
from invex.kernel.states import move
from mlops.learning.package import CARD
from mlops.memory.base import base_bytes, base_package

from . import repositories
from .models import Build, BuildSequence
from .states import BuildState, Origin
from .verification import NAME, Verified, checked_version, verify

MOST_REASON = 2000  # characters


def register(
    access: Access, data: bytes, *, file_name: str, version: str = "", report: dict[str, Any] | None = None
) -> Build:
    """Store a package as the project's next build: verified, stamped with its name and number, never executed.

    version: Major.Minor.Patch; "" = as the package says. report: what is known of how it was made and measured.
    Raises NotAllowed, BadInput (no package of ours, no version), TooLarge, and Conflict when the same package is
    registered under this version already.
    """
    access.require(Right.MODELS)
    verified = verify(data, file_name)
    version = checked_version(version or str(verified.manifest.get("version", "")))
    source = hashlib.sha256(data).hexdigest()
    twin = Build.objects.filter(project=access.project, source_sha256=source, version=version).first()
    if twin is not None:
        raise Conflict(
            f"This package is registered already, as {twin.name}.", code="registered_before", build=twin.name
        )
    writes.begin()
    with transaction.atomic():
        number = _next_number()
        stem = project_part(access.project)
        stamped = verified.stamped(name=stem, version=version, number=number)
        row = _create(
            access.actor, verified, stamped, project=access.project, name=f"{stem}-{version}-build.{number}",
            version=version, number=number, origin=Origin.LOCAL, source_sha256=source, report=report or {},
        )  # fmt: skip
    return row


def pull(access: Access, repository: str, path: str, *, name: str) -> Build:
    """Store the build of that name which lies at `path` in a repository, with what the gate said of it there.

    Raises NotAllowed, BadInput, Conflict, NotNow.
    """
    place = repositories.repository(repository)
    row = adopt(access, place.pull(path), name=name)
    gate = place.gate(path, row.sha256) if row.state == BuildState.REGISTERED else None
    if gate is not None:
        judge(access.actor, row, passed=True, report={**gate, "repository": repository})
    return row


def adopt(access: Access, data: bytes, *, name: str) -> Build:
    """Store a build that another installation registered: it keeps its name, number and bytes.

    Raises NotAllowed, BadInput when the package is not the build of that name, Conflict when another is known by it.
    """
    access.require(Right.MODELS)
    verified = verify(data, name)
    parts = NAME.fullmatch(name)
    said = "{name}-{version}-build.{build}".format(**{"name": "", "version": "", "build": "", **verified.manifest})
    if parts is None or said != name:
        raise BadInput(f"The package says that it is {said[:120]!r}, not {name[:120]!r}.", code="bad_package")
    blob = hashlib.sha256(data).hexdigest()
    known = Build.objects.filter(name=name).first()
    if known is not None and known.project_id not in (None, access.project.pk):
        raise Conflict(f"The name {name} belongs to a build of another project here.", code="name_taken")
    if known is not None and known.sha256 != blob:
        raise Conflict(f"There is another build {name} here; its bytes differ from these.", code="name_taken")
    if known is not None:
        if known.state == BuildState.EVICTED:
            move(known, BuildState.REGISTERED, actor=access.actor, project=access.project.slug, blob=store().put(data))
        return known
    with transaction.atomic():
        return _create(
            access.actor, verified, data, project=access.project, name=name, version=parts["version"],
            number=int(parts["number"]), origin=Origin.REPOSITORY, source_sha256=blob, report={},
        )  # fmt: skip


def shipped() -> Build:
    """Return the build that Invex ships, as a row that every project may use; made when it is first asked for."""
    package = shipped_package_name()
    found = Build.objects.filter(name=package).first()
    return found if found is not None else _register_shipped()


def shipped_package_name() -> str:
    """Return its name."""
    return base_package().build


def judge(actor: Actor, build: Build, *, passed: bool, report: dict[str, Any]) -> bool:
    """Write down what the gate found. Return False when the build had left its state meanwhile."""
    to = BuildState.PASSED if passed else BuildState.REFUSED
    if build.state == to:
        return bool(Build.objects.filter(pk=build.pk, state=to).update(report=report))
    slug = build.project.slug if build.project else ""
    with transaction.atomic():
        won = move(build, to, actor=actor, project=slug, report=report, override_reason="")
        if won:
            emit("build.judged", build.pk, project=slug, build=build.name, passed=passed)
    return won


def override(access: Access, build: Build, *, why: str) -> None:
    """Let a build through that the gate refused, or has not judged. Raises NotAllowed, BadInput, Conflict.

    why: written by the person who answers for it; BadInput without it.
    """
    access.require(Right.MODELS)
    why = " ".join(why.split())
    if not why or len(why) > MOST_REASON:
        raise BadInput(f"Write why, in at most {MOST_REASON} characters.", code="no_reason")
    if build.state not in (BuildState.REFUSED, BuildState.REGISTERED):
        raise Conflict(f"{build.name} is {build.get_state_display()}: nothing to let through.", code="wrong_state")
    detail = {"why": why}
    if not move(
        build, BuildState.PASSED, actor=access.actor, project=access.project.slug, detail=detail,
        override_reason=f"{access.actor}: {why}",
    ):  # fmt: skip
        raise Conflict(f"Somebody else has just moved {build.name}. Look again.", code="moved")


def with_bytes(build: Build) -> Build:
    """Return the build when its package is here. Raises Gone when it was evicted."""
    if not build.blob:
        raise Gone(f"The package of {build.name} was deleted to make room; its card and report stay.", code="evicted")
    return build


def push(access: Access, build: Build, repository: str) -> str:
    """Store the build's package in a repository; return its path there. Raises NotAllowed, BadInput, Gone, NotNow."""
    access.require(Right.MODELS)
    place = repositories.repository(repository)
    data = store().path(with_bytes(build).blob).read_bytes()
    path = place.push(build.name, data, _gate(build) if build.state == BuildState.PASSED else None)
    with transaction.atomic():
        row = Build.objects.select_for_update().get(pk=build.pk)
        row.pushed_to = {**row.pushed_to, repository: path}
        row.save(update_fields=["pushed_to"])
        audit.record(access.actor, "pushed", "build", row.name, project=access.project.slug, repository=repository)
    build.pushed_to = row.pushed_to
    return path


def _gate(build: Build) -> dict[str, Any]:
    """Return what other sites are told of why the build passed: rules and figures, no document."""
    return {"rules": build.report.get("rules", []), "override_reason": build.override_reason}


def project_part(project: Project) -> str:
    """Return how the project is called in the names of its builds."""
    return project.slug[:1].upper() + project.slug[1:]


def _next_number() -> int:
    """Take the next number, in the transaction of the registration: it holds the row until that ends."""
    BuildSequence.objects.get_or_create(pk=1)
    row = BuildSequence.objects.select_for_update().get(pk=1)
    highest: int | None = Build.objects.aggregate(n=Max("number"))["n"]
    row.last = max(row.last, highest or 0, shipped_number()) + 1
    row.save(update_fields=["last"])
    return row.last


def shipped_number() -> int:
    """The shipped build's number is taken, registered or not."""
    return int(shipped_package_name().rpartition(".")[2])


@lru_cache(maxsize=1)
def _verified_shipped() -> Verified:
    """Return what a build's row says of the shipped package, looked at once a process."""
    verified = verify(base_bytes(), base_package().build)
    return replace(verified, files={CARD: verified.files[CARD]})


def _register_shipped() -> Build:
    package = base_package()
    about = package.manifest
    try:
        with transaction.atomic():
            return _create(
                SYSTEM, _verified_shipped(), base_bytes(), project=None, name=package.build,
                version=str(about["version"]), number=int(about["build"]), origin=Origin.SHIPPED, source_sha256="",
                report={},
            )  # fmt: skip
    except IntegrityError:  # another process was first
        return Build.objects.get(name=package.build)


def _create(actor: Actor, verified: Verified, data: bytes, *, project: Project | None, **columns: Any) -> Build:
    dataset = verified.manifest.get("dataset")
    metrics = verified.manifest.get("metrics")
    blob = store().put(data)
    row = Build.objects.create(
        project=project,
        blob=blob,
        sha256=blob,
        size=len(data),
        manifest=verified.manifest,
        card=verified.card,
        metrics=metrics if isinstance(metrics, dict) else {},
        dataset=str(dataset.get("version") or dataset.get("sha256", ""))[:64] if isinstance(dataset, dict) else "",
        made_by=str(actor),
        **columns,
    )
    slug = project.slug if project is not None else ""
    audit.record(actor, "registered", "build", row.name, project=slug, sha256=row.blob, size=row.size)
    emit("build.registered", row.pk, project=slug, build=row.name, dataset=row.dataset)
    return row
