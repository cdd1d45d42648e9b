"""Reading in processes of its own: a hostile file costs one document, never the program that reads it.

    with ReaderPool(workers=2) as pool:
        document = pool.read(path, name="invoice.pdf")

Each worker is a parser process and, once a page needs OCR, an OCR process; both stay warm. The parser sees the file and
no network; the OCR process sees pixels and no file. One pool serves many threads. Make it after a fork, never before.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from .errors import Unreadable
from .limits import Limits
from .reader import NOT_TURNED, OcrMode
from .tasks import start_message
from .types import Document
from .wire import Channel, ChannelClosed, Message, unpack_document

log = logging.getLogger(__name__)

START_S = 60.0  # to start a process and load its models, on a busy machine
CLOSE_S = 2.0  # to end by itself once its socket is closed
TASKS_PER_PROCESS = 500  # parsers leak a little; a new one costs a third of a second
_NEAR_LIMIT = 0.8  # of the memory limit: a process that died there died of it
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX")  # no secret of ours reaches a parser
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class _Process:
    """One process of the pool and our end of its socket."""

    def __init__(self, role: str, *, limits: Limits, engine: str, memory_bytes: int) -> None:
        self.memory_bytes = memory_bytes
        self.tasks = 0
        ours, theirs = socket.socketpair()
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        environment |= {"PYTHONPATH": os.pathsep.join([str(_PACKAGE_ROOT), *filter(None, sys.path)])}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "invex.reading.worker", role],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                # Ctrl-C is for us; we then close the pool. No session of its own: Linux shares the cores out to
                # sessions first (sched_autogroup), so there its low priority would count for nothing.
                process_group=0,
            )
        start = start_message(limits=limits, engine=engine, memory_bytes=memory_bytes, parent=os.getpid())
        ours.sendall(json.dumps(start).encode() + b"\n")
        self.channel = Channel(ours)
        try:
            hello, _ = self.channel.receive(deadline=time.monotonic() + START_S)
        except (ChannelClosed, TimeoutError) as error:
            self.kill()
            raise RuntimeError(f"the {role} process did not start; its own message is above") from error
        self.sandbox: dict[str, str] = hello["sandbox"]

    @property
    def pid(self) -> int:
        return self._popen.pid

    def close(self) -> None:
        """Let the process end, then see that it did."""
        self.channel.close()
        try:
            self._popen.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait()

    def cause_of_death(self) -> str:
        """Wait for a process that hung up, and return the error code that fits how it ended."""
        try:
            _, status, usage = _wait(self._popen.pid)
        except ChildProcessError:
            return "crashed"
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        if self._popen.returncode == -signal.SIGXCPU:
            return "timeout"
        if self._popen.returncode == -signal.SIGKILL:  # not by us: the kernel ran out of memory
            return "out_of_memory"
        is_full = usage.ru_maxrss * 1024 > _NEAR_LIMIT * self.memory_bytes
        return "out_of_memory" if is_full else "crashed"


def _wait(pid: int) -> tuple[int, int, resource.struct_rusage]:
    """Wait for the end of a process that closed its socket; one that only closed it is killed."""
    deadline = time.monotonic() + CLOSE_S
    while time.monotonic() < deadline:
        done = os.wait4(pid, os.WNOHANG)
        if done[0]:
            return done
        time.sleep(0.01)
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGKILL)
    return os.wait4(pid, 0)


class _Worker:
    """A parser process with its OCR process; used by one thread at a time."""

    def __init__(self, limits: Limits, engine: str, tasks_per_process: int) -> None:
        self._limits = limits
        self._engine = engine
        self._tasks_per_process = tasks_per_process
        self._parser: _Process | None = None
        self._ocr: _Process | None = None

    def parser(self) -> _Process:
        if self._parser is not None and self._parser.tasks >= self._tasks_per_process:
            self._parser.close()
            self._parser = None
        if self._parser is None:
            self._parser = _Process(
                "parser", limits=self._limits, engine=self._engine, memory_bytes=self._limits.memory_bytes
            )
        return self._parser

    def ocr(self) -> _Process:
        if self._ocr is not None and self._ocr.tasks >= self._tasks_per_process:
            self._ocr.close()
            self._ocr = None
        if self._ocr is None:
            self._ocr = _Process(
                "ocr", limits=self._limits, engine=self._engine, memory_bytes=self._limits.ocr_memory_bytes
            )
        return self._ocr

    def run(self, task: Message) -> list[tuple[Message, bytearray]]:
        """Do one task and return all its messages, the last being its end. Raises Unreadable."""
        parser = self.parser()
        parser.tasks += 1
        answers = []
        deadline = time.monotonic() + self._limits.wall_s
        try:
            parser.channel.send(task, deadline=deadline)
            while True:
                message, payload = parser.channel.receive(deadline=deadline)
                if "ocr" in message:
                    before = time.monotonic()
                    reply, data = self._ask_ocr(message, payload)
                    deadline += time.monotonic() - before  # the parser's clock stands still meanwhile
                    parser.channel.send(reply, data, deadline=deadline)
                    continue
                if "unreadable" in message:
                    why = message["unreadable"]
                    if why["code"] in ("out_of_memory", "crashed"):
                        self._drop_parser()  # its heap may be full or damaged
                    raise Unreadable(str(why["code"]), str(why["detail"]))
                answers.append((message, payload))
                if "image" not in message:
                    return answers
        except TimeoutError:
            self._drop_parser()
            raise Unreadable("timeout", f"more than {self._limits.wall_s:g} s") from None
        except ChannelClosed:
            self._parser = None
            raise Unreadable(parser.cause_of_death()) from None

    def _ask_ocr(self, request: Message, pixels: bytearray) -> tuple[Message, bytearray]:
        """The OCR process's answer; its failure costs this document."""
        process = self.ocr()
        process.tasks += 1
        deadline = time.monotonic() + self._limits.ocr_wall_s
        try:
            process.channel.send(request, memoryview(pixels), deadline=deadline)
            return process.channel.receive(deadline=deadline)
        except TimeoutError:
            process.kill()
            code = "timeout"
        except ChannelClosed:
            code = process.cause_of_death()
        self._ocr = None
        return {"unreadable": {"code": code, "detail": "in OCR"}}, bytearray()

    def _drop_parser(self) -> None:
        if self._parser is not None:
            self._parser.kill()
            self._parser = None

    def close(self) -> None:
        for process in (self._parser, self._ocr):
            if process is not None:
                process.close()
        self._parser = self._ocr = None


class ReaderPool:
    """Reads and draws files in limited processes, at most `workers` at a time; a call waits for a free worker.

    engine: "rapidocr" or "tesseract". Processes start when they are first needed; close() ends them.
    """

    def __init__(
        self,
        workers: int = 1,
        limits: Limits | None = None,
        *,
        engine: str = "rapidocr",
        tasks_per_process: int = TASKS_PER_PROCESS,
    ) -> None:
        if workers < 1:
            raise ValueError(f"a pool of {workers} workers reads nothing")
        self._workers = [_Worker(limits or Limits(), engine, tasks_per_process) for _ in range(workers)]
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the one used last is the warmest
        for worker in self._workers:
            self._free.put(worker)

    def read(
        self,
        path: Path | str,
        *,
        name: str | None = None,
        password: str = "",
        ocr: OcrMode = "auto",
        rotations: Mapping[int, int] = NOT_TURNED,
    ) -> Document:
        """Return the document in a file, as read_file. Raises Unreadable, with every code of errors.SENTENCES."""
        path = Path(path).absolute()
        task = {
            "do": "read",
            "path": str(path),
            "name": name or path.name,
            "password": password,
            "ocr": ocr,
            "rotations": list(rotations.items()),
        }
        message, payload = self._run(task)[-1]
        try:
            return unpack_document(message, payload)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("a parser sent no document: %s", error)
            raise Unreadable("crashed", "no document came back") from error

    def render(
        self,
        path: Path | str,
        pages: Sequence[int],
        dpi: int,
        *,
        rotations: Sequence[int] | None = None,
        password: str = "",
    ) -> list[bytes]:
        """Return WebP images of these pages as a person sees them, each turned clockwise by its rotation more.

        rotations: Page.rotation of each page in `pages`. Raises Unreadable.
        """
        task = {
            "do": "draw",
            "path": str(Path(path).absolute()),
            "pages": list(pages),
            "dpi": dpi,
            "rotations": list(rotations) if rotations is not None else [0] * len(pages),
            "password": password,
        }
        images = [bytes(payload) for message, payload in self._run(task) if "image" in message]
        if len(images) != len(pages):
            raise Unreadable("pages_lost", f"{len(images)} of {len(pages)} pages drawn")
        return images

    def assemble(self, pieces: Sequence[tuple[Path, int]]) -> bytes:
        """Return a PDF of these pages: (file, page from 0). Raises Unreadable."""
        task = {"do": "assemble", "pieces": [[str(path.absolute()), page] for path, page in pieces]}
        return bytes(self._run(task)[-1][1])

    def sandbox_report(self) -> dict[str, str]:
        """What a parser of this pool is kept from on this machine: network, privileges, memory, files."""
        worker = self._free.get()
        try:
            return worker.parser().sandbox
        finally:
            self._free.put(worker)

    def _run(self, task: Message) -> list[tuple[Message, bytearray]]:
        worker = self._free.get()
        try:
            return worker.run(task)
        except BaseException as error:
            if not isinstance(error, Unreadable):
                worker.close()  # the conversation was cut off in the middle
            raise
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """Wait for what is being read, then end all processes."""
        for _ in self._workers:
            self._free.get().close()
        for worker in self._workers:
            self._free.put(worker)

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
