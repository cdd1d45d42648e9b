"""Steps of a training that are done: one that was killed, or that yielded, goes on after them, to the same bytes.

A step is named by the hash of all that its outcome depends on, so a checkpoint of other data or code is never taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Yielded(Exception):
    """The training stopped between two steps because it was asked to; with its checkpoints it goes on there."""


def _go_on() -> bool:
    return False


def _say_nothing(progress: dict[str, Any]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where the outcome of each step is kept, who may stop it, and who is told.

    folder: None = nowhere. should_stop: asked before a step is made. tell: called after each with
    {"step", "seconds", "is_resumed", ...}.
    """

    folder: Path | None = None
    should_stop: Callable[[], bool] = _go_on
    tell: Callable[[dict[str, Any]], None] = _say_nothing

    def step(self, name: str, depends_on: Any, make: Callable[[], bytes], **about: Any) -> bytes:
        """Return the bytes of step `name`: kept ones, else made ones, which are kept from then on.

        depends_on: all that shapes them, JSON. about: told beside the step. Raises Yielded.
        """
        start = time.perf_counter()
        kept = self._file(name, depends_on)
        is_resumed = kept is not None and kept.exists()
        if kept is not None and is_resumed:
            data = kept.read_bytes()
        else:
            if self.should_stop():
                raise Yielded(f"stopped before {name}")
            data = make()
            if kept is not None:
                _write(kept, data)
        self.tell({"step": name, "seconds": time.perf_counter() - start, "is_resumed": is_resumed, **about})
        return data

    def _file(self, name: str, depends_on: Any) -> Path | None:
        if self.folder is None:
            return None
        said = json.dumps([name, depends_on], sort_keys=True, ensure_ascii=False)
        return self.folder / hashlib.sha256(said.encode()).hexdigest()


NO_CHECKPOINTS = Checkpoints()


def _write(file: Path, data: bytes) -> None:
    """Write so that the file is whole or not there, also after a power cut."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(fd, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.rename(name, file)


@contextmanager
def progress_file(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield what appends each progress as a JSON line to the file at once; what says nothing for None."""
    if path is None:
        yield _say_nothing
        return
    with path.open("a", encoding="utf-8") as out:

        def tell(progress: dict[str, Any]) -> None:
            out.write(json.dumps(progress, ensure_ascii=False) + "\n")
            out.flush()

        yield tell
