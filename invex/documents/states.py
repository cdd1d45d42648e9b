"""The life of a document."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DocumentState(models.TextChoices):
    RECEIVED = "received", _("Received")  # the bytes are stored; waits to be read
    READING = "reading", _("Reading")  # a worker turns pages into words
    EXTRACTING = "extracting", _("Extracting")  # words are there; waits for the predictor
    REVIEW = "review", _("To review")  # values are there; a person looks
    APPROVED = "approved", _("Approved")  # confirmed by a person, a token or a promise of accuracy
    REJECTED = "rejected", _("Rejected")  # a person said: not one of ours
    FAILED = "failed", _("Failed")  # with a code and a sentence; can be retried
    NEEDS_PASSWORD = "needs_password", _("Needs password")  # encrypted; a person can give the password
    SPLIT = "split", pgettext_lazy("state", "Split")  # its pages live on in other documents


S = DocumentState
MOVES: dict[str, frozenset[str]] = {
    S.RECEIVED: frozenset({S.READING, S.FAILED}),
    S.READING: frozenset({S.EXTRACTING, S.RECEIVED, S.FAILED, S.NEEDS_PASSWORD}),
    S.EXTRACTING: frozenset({S.REVIEW, S.APPROVED, S.FAILED}),
    S.REVIEW: frozenset({S.APPROVED, S.REJECTED, S.SPLIT, S.RECEIVED}),
    S.APPROVED: frozenset({S.REVIEW}),  # opened again by a person
    S.REJECTED: frozenset({S.REVIEW, S.RECEIVED}),
    S.FAILED: frozenset({S.RECEIVED, S.REJECTED}),
    S.NEEDS_PASSWORD: frozenset({S.RECEIVED, S.REJECTED}),
    S.SPLIT: frozenset(),
}
# Words that sentences of errors put in, see invex.kernel.spoken.
SPOKEN = ("received", "reading", "extracting", "review", "approved", "rejected", "failed", "needs_password", "split")
WORKING = (S.RECEIVED, S.READING, S.EXTRACTING)
DONE = (S.APPROVED, S.REJECTED, S.SPLIT)
