"""Online prediction: a file is read and predicted while the caller waits; nothing of it is kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from invex.accounts.access import Access
from invex.accounts.roles import Right
from invex.extraction.online import UPLOAD_PREFIX
from invex.kernel.blobs import too_large
from invex.kernel.errors import BadInput
from invex.kernel.outbox import emit
from invex.kernel.queue import ask
from invex.reading.errors import SENTENCES

ANSWER_WITHIN_S = 30
JOB = "invex.extraction.jobs.predict_upload"
QUEUE = "online"


def predict(access: Access, chunks: Iterable[bytes], *, name: str) -> dict[str, Any]:
    """Return what the project's predictor reads from a file, as `invex-prediction/1`.

    Raises BadInput with the code of a file that cannot be read, NotNow when no worker answers in time.
    """
    access.require(Right.UPLOAD)
    path = settings.TMP_DIR / f"{UPLOAD_PREFIX}{uuid.uuid4().hex}"
    try:
        _write(path, chunks)
        answer: dict[str, Any] = ask(JOB, access.project.pk, str(path), name, queue=QUEUE, timeout_s=ANSWER_WITHIN_S)
    finally:
        path.unlink(missing_ok=True)
    if error := answer.get("error"):
        raise BadInput(error["message"], code=error["code"], error=error, file=answer["file"])
    emit(
        "prediction.made", "", project=access.project.slug, template=answer["template"]["name"] or "",
        build=answer["model"].get("build", ""), confidence=answer["template"]["confidence"], seconds=answer["seconds"],
    )  # fmt: skip
    return answer


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.MAX_UPLOAD_BYTES:
                raise too_large(settings.MAX_UPLOAD_BYTES)
            file.write(chunk)
    if not size:
        raise BadInput(SENTENCES["empty"], code="empty")
