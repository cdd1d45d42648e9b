"""Online prediction: a file is read and predicted while the caller waits; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.extraction.online import lent
from invex.kernel.errors import BadInput
from invex.kernel.outbox import emit
from invex.kernel.queue import ask

ANSWER_WITHIN_S = 30
JOB = "invex.extraction.jobs.predict_upload"
QUEUE = "online"


def predict(access: Access, chunks: Iterable[bytes], *, name: str) -> dict[str, Any]:
    """Return what the project's predictor reads from a file, as `invex-prediction/1`.

    Raises BadInput with the code of a file that cannot be read, NotNow when no worker answers in time.
    """
    access.require(Right.UPLOAD)
    with lent(chunks) as blob:
        answer: dict[str, Any] = ask(JOB, access.project.pk, blob, name, queue=QUEUE, timeout_s=ANSWER_WITHIN_S)
    if error := answer.get("error"):
        raise BadInput(error["message"], code=error["code"], error=error, file=answer["file"])
    emit(
        "prediction.made", "", project=access.project.slug, template=answer["template"]["name"] or "",
        build=answer["model"].get("build", ""), confidence=answer["template"]["confidence"], seconds=answer["seconds"],
    )  # fmt: skip
    return answer
