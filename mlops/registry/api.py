"""REST: builds."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import FileResponse, HttpResponse
from django.urls import reverse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from invex.accounts.auth import ApiRequest
from invex.accounts.idempotency import idempotent_slow
from invex.accounts.roles import Right
from invex.kernel.blobs import store
from invex.kernel.rest.pagination import page
from invex.kernel.rest.problems import Problem

from . import queries, services
from .schemas import BuildDetail, BuildFilters, BuildOut, BuildPage

router = Router(tags=["models"])

Version = Annotated[
    str,
    Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$", description="Major.Minor.Patch; left out: as the package says."),
]


@router.get("/builds", response=BuildPage, summary="List builds, the newest first")
def list_builds(request: ApiRequest, filters: Query[BuildFilters]) -> Any:
    """The project's builds, and the one that Invex ships."""
    request.auth.require(Right.READ)
    services.shipped()
    rows = queries.builds(request.auth.project)
    if filters.state is not None:
        rows = rows.filter(state=filters.state)
    found = page(request, rows, filters, order=("-id",))
    return {**found, "items": [BuildOut.of(row) for row in found["items"]]}


@router.post("/builds", response={201: BuildDetail, 413: Problem}, summary="Register a model package")
@idempotent_slow
def register_build(
    request: ApiRequest, response: HttpResponse, file: File[UploadedFile], version: Version | None = None
) -> Any:
    """A package that `learn` made, here or elsewhere, as the part `file`.

    It is verified, never executed, and stamped with the project's name and the next number. Role: ml_admin or owner.
    """
    request.auth.require(Right.MODELS)
    row = services.register(request.auth, file.read(), file_name=file.name or "package", version=version or "")
    response.headers["Location"] = reverse("api:get_build", args=[row.name])
    return Status(201, BuildDetail.of(row))


@router.get("/builds/{build}", response=BuildDetail, summary="A build, by its name or number")
def get_build(request: ApiRequest, build: str) -> Any:
    """Where it comes from, how it was judged, its manifest and model card."""
    request.auth.require(Right.READ)
    return BuildDetail.of(queries.build(request.auth.project, build))


@router.get("/builds/{build}/package", response={200: None, 410: Problem}, summary="Download a build",
            openapi_extra={"responses": {200: {"content": {"application/zip": {}}}}})  # fmt: skip
def get_package(request: ApiRequest, build: str) -> Any:
    """The package, `invex-model/1`; 410 once it was evicted."""
    request.auth.require(Right.READ)
    row = services.with_bytes(queries.build(request.auth.project, build))
    return FileResponse(
        store().open(row.blob), as_attachment=True, filename=f"{row.name}.zip", content_type="application/zip"
    )
