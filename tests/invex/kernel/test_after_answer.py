"""What a request committed is dispatched once its answer is sent, and dispatched all the same by who has no answer."""

from __future__ import annotations

import pytest
from django.db import transaction

from invex.kernel import outbox
from invex.kernel.after_answer import AfterAnswer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dispatched(monkeypatch) -> list[str]:
    """The names of events that were dispatched."""
    found: list[str] = []
    monkeypatch.setattr(outbox, "dispatch", lambda event: found.append(event.name))
    return found


def answering(emits: bool = True, closed: list[str] | None = None):
    class Answer(list):
        def close(self) -> None:
            (closed if closed is not None else []).append("closed")

    def application(environ, start_response):
        if emits:
            with transaction.atomic():
                outbox.emit("thing.done", 1)
        return Answer([b"done"])

    return AfterAnswer(application)


def test_jobs_are_woken_when_the_answer_was_sent(dispatched):
    closed: list[str] = []
    answer = answering(closed=closed)({}, lambda *_: None)
    assert (b"".join(answer), dispatched) == (b"done", [])
    answer.close()
    assert (dispatched, closed) == (["thing.done"], ["closed"])


def test_an_answer_without_events_stays_as_it_is(dispatched):
    assert type(answering(emits=False)({}, lambda *_: None)).__name__ == "Answer"


def test_outside_of_a_request_they_are_woken_with_the_commit(dispatched):
    with transaction.atomic():
        outbox.emit("thing.done", 1)
    assert dispatched == ["thing.done"]


def test_what_cannot_be_dispatched_harms_no_answer(monkeypatch):
    monkeypatch.setattr(outbox, "dispatch", lambda event: 1 / 0)
    answering()({}, lambda *_: None).close()
