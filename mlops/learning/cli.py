"""learn, predict and evaluate (FORMATS.md, section 6): shared by `python -m mlops.learning` and `manage.py`.

Results go to standard output, progress to standard error. A caller with a PDF library gives a reader.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO, TypeVar

from invex.fields.prediction import Prediction, error_to_json, prediction_to_json
from invex.fields.shapes import BadShape, list_of, text_of
from invex.fields.spec import BadSpec
from invex.reading.errors import Unreadable
from invex.reading.types import Document

from .archive import BadPackage, check_place
from .checkpoints import Checkpoints, Yielded, progress_file
from .dataset import BadDataset, BadFile, Dataset, Entry, Reader, load_dataset, read, some_of
from .devices import add_device, servable
from .evaluation import Unread, evaluate
from .finding import Finding
from .json_file import parsed, text_in
from .learner import LearnConfig, NothingToLearn, learn
from .package import Package
from .predictor import Predictor, shipped_package
from .side_by_side import Submit, predicting

DONE, FAULT, BAD_INPUT, YIELDED, NOTHING = 0, 1, 2, 4, 5
NO_BASE = "none"
ERROR = "error: "  # how what was refused begins
WARNING = "warning: "  # how it begins, where the command goes on

VERSION = re.compile(r"\d{1,6}\.\d{1,6}\.\d{1,6}", re.ASCII)

T = TypeVar("T")

log = logging.getLogger(__name__)


def add_learn(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, help="a folder of format invex-dataset/1")
    parser.add_argument("--out", type=Path, required=True, help="the package to write")
    parser.add_argument("--base", help=f"package to start from; absent: the shipped one; {NO_BASE!r}: nothing")
    parser.add_argument("--seed", type=seed, default=0)
    parser.add_argument("--smoke", action="store_true", help="a few documents a template: proves data and code quickly")
    parser.add_argument("--name", default="", help="the project in the package's name; absent: the dataset's name")
    parser.add_argument("--package-version", type=_version, default="0.1.0", help="Major.Minor.Patch of the package")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR",
                        help="keep what is done; after SIGTERM (exit code 4) or a kill it goes on")  # fmt: skip
    parser.add_argument("--progress", type=Path, metavar="FILE", help="append a JSON line for each step")


def seed(text: str) -> int:
    """Return the seed that an option gives. Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _version(text: str) -> str:
    if VERSION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not Major.Minor.Patch, as in 0.18.0")
    return text


def add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("package", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--ids", type=Path, help="only these documents: one id a line, or a JSON list")
    add_device(parser)


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("package", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--ids", type=Path, help="only these documents: one id a line, or a JSON list")
    add_device(parser)
    parser.add_argument("--json", action="store_true", help="all figures as JSON instead of a table")


def run_learn(options: argparse.Namespace, reader: Reader | None = None) -> int:
    """Write a package. Returns the exit code; SIGTERM stops it after the step at hand, with YIELDED."""
    should_stop = asked_to_stop()
    try:
        check_place(options.out)  # before long work
        base = _base(options.base)
        config = LearnConfig(seed=options.seed)
        dataset = load_dataset(options.dataset, keeps_faults=True)
        if options.name:
            dataset = replace(dataset, name=options.name)
        with progress_file(options.progress) as tell:
            package = learn(
                dataset, base=base, reader=reader, config=config, is_smoke=options.smoke,
                version=options.package_version,
                checkpoints=Checkpoints(options.checkpoints, should_stop, tell), warn=warn,
            )  # fmt: skip
        package.save(options.out)
    except Yielded as e:
        log.info("%s; %s", e, goes_on(options.checkpoints, "--checkpoints DIR"))
        return YIELDED
    except NothingToLearn as e:
        return refuse(e, NOTHING)
    except (BadDataset, BadPackage, BadSpec, OSError) as e:
        return refuse(e, BAD_INPUT)
    log.info("%s: %s", options.out, package.build)
    return DONE


def warn(findings: Sequence[Finding]) -> None:
    """Say what somebody should look at, a line each; of many the first."""
    for line in some_of([f"{finding.message} {finding.what_to_do}" for finding in findings], begin=WARNING):
        sys.stderr.write(f"{line}\n")


def asked_to_stop() -> Callable[[], bool]:
    """Return what says whether SIGTERM came; from now on that ends nothing by itself."""
    asked = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
    return asked.is_set


def goes_on(kept: Path | None, option: str) -> str:
    """Say what becomes of a training that was stopped. kept: where its checkpoints are."""
    if kept is None:
        return f"nothing was kept: give {option}"
    return "what was done is kept: the same command, or resuming the training run, goes on from there"


def run_predict(options: argparse.Namespace, reader: Reader | None = None, out: TextIO | None = None) -> int:
    """Print one prediction a line; a document that cannot be read gives an error line. Returns the exit code."""
    try:
        predictor = Predictor(Package.load(options.package), device=servable(options.device))
        dataset = load_dataset(options.dataset, keeps_faults=True)  # labels are not read
        entries = chosen_entries(dataset, options.ids)
    except (BadDataset, BadPackage, OSError, ValueError) as e:
        return refuse(e, BAD_INPUT)
    if not entries:
        return refuse(NothingToLearn(f"{options.dataset}: no document to predict"), NOTHING)
    stream = out or sys.stdout
    try:
        with predicting(predictor, options.package, len(entries)) as (submit, ahead):
            for line in predictions(submit, entries, reader, ahead=ahead):
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
                stream.flush()
    except BrokenProcessPool:
        return _killed()
    except BadPackage as e:  # its network, which the first document needs
        return refuse(e, BAD_INPUT)
    return DONE


def run_evaluate(options: argparse.Namespace, reader: Reader | None = None, out: TextIO | None = None) -> int:
    """Print metrics by field and by template. Returns the exit code."""
    try:
        predictor = Predictor(Package.load(options.package), device=servable(options.device))
        dataset = load_dataset(options.dataset)
        entries = [e for e in chosen_entries(dataset, options.ids) if e.label is not None]
    except (BadDataset, BadPackage, OSError, ValueError) as e:
        return refuse(e, BAD_INPUT)
    if not entries:
        return refuse(NothingToLearn(f"{options.dataset}: no labelled document to judge by"), NOTHING)
    answers: dict[str, Prediction | str] = {}
    unread: list[Unread] = []
    try:
        with predicting(predictor, options.package, len(entries)) as (submit, ahead):
            answered = (_answer(submit, entry, reader) for entry in entries)
            for entry, answer in zip(entries, _asked_ahead(answered, ahead)):
                if isinstance(answer, Unread):
                    unread.append(answer)
                answers[entry.id] = answer.code if isinstance(answer, Unread) else answer
    except BrokenProcessPool:
        return _killed()
    except BadPackage as e:  # its network, which the first document needs
        return refuse(e, BAD_INPUT)
    labels = {e.id: e.label for e in entries if e.label is not None}
    if len(unread) == len(entries):
        none = f"none of the {len(entries)} documents could be read; {unread[0].said()}"
        return refuse(BadDataset(none), BAD_INPUT)
    report = replace(evaluate(dataset.fields, dataset.tables, labels, answers), unread=tuple(unread))
    (out or sys.stdout).write((json.dumps(report.to_json(), indent=1) if options.json else report.table()) + "\n")
    return DONE


def predictions(
    submit: Submit, entries: Sequence[Entry], reader: Reader | None, *, ahead: int
) -> Iterator[dict[str, Any]]:
    """Return the `invex-prediction/1` object of each document, in their order; labels are not read.

    ahead: so many documents are submitted before the first of them is waited for.
    """
    return _asked_ahead((_line(submit, entry, reader) for entry in entries), ahead)


def _asked_ahead(asked: Iterator[Callable[[], T]], ahead: int) -> Iterator[T]:
    """Yield the answers in their order, with `ahead` more of them asked for."""
    waiting: deque[Callable[[], T]] = deque()
    for one in asked:
        waiting.append(one)
        if len(waiting) > ahead:
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()


def _answer(submit: Submit, entry: Entry, reader: Reader | None) -> Callable[[], Prediction | Unread]:
    """What a document says, or why it cannot be read."""
    document = _document(entry, reader)
    if isinstance(document, Unread):
        return lambda: document
    answer = submit(document)
    return lambda: answer().prediction


def _document(entry: Entry, reader: Reader | None) -> Document | Unread:
    try:
        return read(entry, reader)
    except Unreadable as e:
        return Unread(entry.id, name_of(entry), e.code, e.message)
    except BadFile as e:
        name = name_of(entry)
        return Unread(entry.id, name, "unsupported", e.why if Path(e.place).name == name else str(e))


def name_of(entry: Entry) -> str:
    """Return the name of the document's file, of its words where it has none."""
    return entry.file.name if entry.file is not None else f"{entry.id}.json"


def _line(submit: Submit, entry: Entry, reader: Reader | None) -> Callable[[], dict[str, Any]]:
    name = name_of(entry)
    document = _document(entry, reader)
    if isinstance(document, Unread):
        error = error_to_json(file=name, code=document.code, message=document.message, id=entry.id)
        return lambda: error
    answer, pages = submit(document), len(document.pages)

    def line() -> dict[str, Any]:
        timed = answer()
        return prediction_to_json(timed.prediction, id=entry.id, file=name, pages=pages, seconds=timed.seconds)

    return line


def _killed() -> int:
    sys.stderr.write(f"{ERROR}a predicting process was killed, perhaps for memory; give --ids of what is missing\n")
    return FAULT


def _base(given: str | None) -> Package | None:
    if given == NO_BASE:
        return None
    return shipped_package() if given is None else Package.load(Path(given))


def chosen_entries(dataset: Dataset, ids: Path | None) -> tuple[Entry, ...]:
    """Return the entries named in file `ids`, in its order; all without one. Raises BadDataset."""
    if ids is None:
        return dataset.entries
    try:
        text = text_in(ids)
        is_json = text.lstrip().startswith(("[", "{"))
        wanted = (
            [text_of(one, f"[{i}]") for i, one in enumerate(list_of(parsed(text), ""))] if is_json else text.split()
        )
    except BadShape as e:
        raise BadDataset(f"{ids}: {e}") from e
    by_id = {e.id: e for e in dataset.entries}
    unknown = [i for i in wanted if i not in by_id]
    if unknown:
        raise BadDataset(f"{ids}: not in the dataset: {', '.join(unknown[:5])}")
    return tuple(by_id[i] for i in wanted)


def refuse(error: Exception, code: int) -> int:
    """Say what is wrong; of a file that cannot be opened its name and why, without the number."""
    said = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        said = f"{error.filename}: {error.strerror}"
    sys.stderr.write(f"{ERROR}{said}\n")
    return code
