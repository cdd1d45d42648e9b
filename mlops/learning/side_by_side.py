"""Predictions of many documents: by as many processes as there are cores, in the order in which they were asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from invex.fields.prediction import Prediction
from invex.reading.types import Document

from .package import Package
from .predictor import Predictor

WORTH_IT = 32  # fewer documents are read before another process has started and loaded the package
MOST = 8  # each holds the package, and what numpy and ONNX Runtime need
AHEAD = 4  # documents that wait for each process


@dataclass(frozen=True, slots=True)
class Timed:
    """A prediction, and the seconds that it took."""

    prediction: Prediction
    seconds: float


Submit = Callable[[Document], "Future[Timed]"]


@contextmanager
def predicting(predictor: Predictor, package: Path, documents: int) -> Iterator[tuple[Submit, int]]:
    """Give a function that has a document predicted, and how many documents may wait for their answer at a time.

    predictor: of the file `package`. documents: so many will come; for a few no process is started.
    """
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST)
    if documents < WORTH_IT or cores < 2:
        yield lambda document: _done(_timed(predictor, document)), 0
        return
    # The caller has threads, and ONNX Runtime its own: nothing here is forked.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, context, _start, (package,)) as pool:
        yield lambda document: pool.submit(_predict, document), AHEAD * cores


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


def _done(answer: Timed) -> Future[Timed]:
    future: Future[Timed] = Future()
    future.set_result(answer)
    return future
