"""Predictions of many documents, in the order in which they were asked for.

On the CPU by as many processes as there are cores; on a GPU by this one, whose network reads several at a time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from invex.fields.prediction import Prediction
from invex.reading.types import Document

from .devices import is_gpu
from .package import Package
from .predictor import Predictor

WORTH_IT = 32  # fewer documents are read before another process has started and loaded the package
MOST = 8  # each holds the package, and what numpy and ONNX Runtime need
AHEAD = 4  # documents that wait for each process
TOGETHER = 32  # documents of which a GPU reads the network's part in few batches


@dataclass(frozen=True, slots=True)
class Timed:
    """A prediction, and the seconds that it took; of documents that were read together each has its share by pages."""

    prediction: Prediction
    seconds: float


Answer = Callable[[], Timed]
Submit = Callable[[Document], Answer]


@contextmanager
def predicting(predictor: Predictor, package: Path, documents: int) -> Iterator[tuple[Submit, int]]:
    """Give a function that has a document predicted, and how many documents may wait for their answer at a time.

    What it returns gives the answer when it is called. predictor: of the file `package`. documents: so many will come;
    for a few no process is started.
    """
    if is_gpu(predictor.device):
        yield _Together(predictor).submit, TOGETHER - 1
        return
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST)
    if documents < WORTH_IT or cores < 2:
        yield partial(partial, _timed, predictor), 0
        return
    # The caller has threads, and ONNX Runtime its own: nothing here is forked.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, context, _start, (package,)) as pool:
        yield lambda document: pool.submit(_predict, document).result, AHEAD * cores


class _Together:
    """Waits for enough documents, or for the first that is asked for, and reads all that came."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._waiting: list[Document] = []
        self._first = 0  # number of the first that waits
        self._read: dict[int, Timed] = {}

    def submit(self, document: Document) -> Answer:
        self._waiting.append(document)
        return partial(self._answer, self._first + len(self._waiting) - 1)

    def _answer(self, number: int) -> Timed:
        if number >= self._first:
            documents, self._waiting = self._waiting, []
            start = time.perf_counter()
            predictions = list(self._predictor.predict_many(documents, together=len(documents)))
            each = (time.perf_counter() - start) / max(1, sum(len(d.pages) for d in documents))
            timed = (Timed(p, each * len(d.pages)) for p, d in zip(predictions, documents))
            self._read.update(enumerate(timed, self._first))
            self._first += len(documents)
        return self._read.pop(number)


_loaded: list[Predictor] = []  # of a process of the pool


def _start(package: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's, who ends the pool
    _loaded.append(Predictor(Package.load(package)))


def _predict(document: Document) -> Timed:
    return _timed(_loaded[0], document)


def _timed(predictor: Predictor, document: Document) -> Timed:
    start = time.perf_counter()
    prediction = predictor.predict(document)
    return Timed(prediction, time.perf_counter() - start)
