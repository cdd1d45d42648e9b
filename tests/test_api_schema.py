"""Every operation of /api/v1 keeps the word of its OpenAPI document, on sense and on nonsense (schemathesis)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode

from invex.documents.models import Batch, Document
from invex.documents.states import DocumentState

# The generator's client now and then sends a multipart body without the file that it drew.
LEFT_OUT = [{"where": ["file"], "message": "is missing; send the file as a part of that name, in multipart/form-data"}]
EXAMPLES = 3  # an operation, drawn at random


def schema_with(*, limits: bool) -> schemathesis.BaseSchema:
    """Return the schema to draw from. limits: also the examples at the limits that it sets, fifty an operation."""
    config = schemathesis.Config()
    config.projects.default.generation.update(deterministic=True, max_examples=EXAMPLES)
    config.projects.default.phases.coverage.enabled = limits
    checks = config.projects.default.checks
    checks.not_a_server_error.expected_statuses = ["2xx", "3xx", "4xx", "503"]  # nobody is there to predict
    checks.negative_data_rejection.expected_statuses = ["401", "403", "404", "405", "409", "413", "415", "422", "503"]
    checks.positive_data_acceptance.enabled = False  # see what_the_schema_allows_is_valid
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), config=config)


schema = schema_with(limits=False)
drawn = settings(
    deadline=None,
    max_examples=EXAMPLES,  # a profile's number goes before that of the configuration above
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the test's own connection open between requests, as Django's test client does."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def bearer(token, receive, run_jobs, make_pdf) -> dict[str, str]:
    """The header of an owner, in a project that has a document in review and one that failed."""
    receive(make_pdf("Invoice 4711"))
    receive(b"")
    run_jobs("invex.documents.")
    Document.objects.filter(state=DocumentState.EXTRACTING).update(state=DocumentState.REVIEW)
    run_jobs.is_away = True  # so that nobody waits for a worker
    return {"Authorization": f"Bearer {token('owner')}"}


@schema.parametrize()
@drawn
def test_every_operation_keeps_its_word(case, bearer, batch):
    asked(case, bearer, batch)


def asked(case: schemathesis.Case, bearer: dict[str, str], batch: Batch) -> None:
    """Send the request that was drawn, and check the answer."""
    if _is_sense(case) and "id" in (case.path_parameters or {}) and len(case.path_parameters["id"]) % 2:
        # A random id is never there, so half of them become those of rows.
        rows = [batch.pk] if "/batches/" in case.path else list(Document.objects.values_list("pk", flat=True))
        if rows:  # an earlier example may have erased them
            case.path_parameters["id"] = str(rows[len(case.path_parameters["id"]) % len(rows)])
    case.call_and_validate(headers=bearer)


def _is_sense(case: schemathesis.Case) -> bool:
    return case.meta.generation.mode is GenerationMode.POSITIVE


@schemathesis.check
def what_the_schema_allows_is_valid(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """422 may still mean an unknown template or cursor, or a used key; not that the request has another shape."""
    if _is_sense(case) and response.status_code == 422:
        problem = response.json()
        assert problem["code"] != "invalid" or problem["errors"] == LEFT_OUT, response.text
