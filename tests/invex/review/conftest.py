"""Documents that several people meet, and workers that answer or do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from invex.accounts.roles import Role
from invex.kernel.errors import NotNow
from tests.invex.world import access_to, document_in_review, vendor


@pytest.fixture(scope="module")
def keys_of_three(once) -> list[int]:
    """Three documents of one template in review, in the order in which they came."""
    access, one = access_to("demo", Role.OWNER, name="owner-demo"), vendor()
    return [document_in_review(access, one.document(n)).pk for n in range(3)]


@pytest.fixture
def worker_says(monkeypatch) -> Callable[..., None]:
    """worker_says(invoice_number="4711") -> what a worker reads a document as, from now on, as whatever template."""

    def answer(**fields: str) -> None:
        said = {key: [{"value": v, "text": v, "confidence": 0.9, "boxes": []}] for key, v in fields.items()}
        monkeypatch.setattr("invex.extraction.queries.ask", lambda *_, **__: {"fields": said, "tables": {}})

    return answer


@pytest.fixture
def no_worker(monkeypatch) -> None:
    """Every worker is busy."""

    def busy(*_: object, **__: object) -> None:
        raise NotNow("No worker was free.")

    monkeypatch.setattr("invex.extraction.queries.ask", busy)
