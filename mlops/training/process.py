"""Training in a process of its own, at the lowest priority; it can be stopped at any time, and its memory is free."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from mlops.learning import pretrain
from mlops.learning.cli import DONE, ERROR, NOTHING, YIELDED
from mlops.learning.devices import CPU

POLL_S = 0.5
STOP_S = 120.0  # for the step at hand; then it is killed, and costs that step
GPU_STOP_S = 2.0  # as STOP_S where a GPU is held: with what finding the cause takes, it is free within 5 s
LOWEST_PRIORITY = 19
MOST_SAID = 2000  # characters of an error that the log tells


class Stopped(Exception):
    """It was stopped because of `cause`; with the same folder it goes on where it was."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Failed(Exception):
    """It ended with an error; the message is the last that it said."""


def learn(
    dataset: Path,
    folder: Path,
    *,
    name: str,
    version: str,
    seed: int,
    base: Path,
    is_smoke: bool,
    pretrains: bool,
    stop: Callable[[], str],
    tell: Callable[[list[dict[str, Any]]], None],
    environment: Mapping[str, str],
    stop_s: float = STOP_S,
    checkpoints: str = "checkpoints",
) -> Path:
    """Learn a package from a dataset folder; return its file below `folder`, where log and checkpoints are kept, too.

    pretrains: the network of `base` is trained anew first, after it has read the documents without their labels.
    stop: asked twice a second; a cause that is not "" stops the process: SIGTERM, and SIGKILL after `stop_s` seconds.
    tell: called with the progress so far whenever there is more. environment: says the device. checkpoints: name of
    their folder; those of one class of device are not for another. Raises Stopped, Failed.
    """
    kept = folder / checkpoints
    kept.mkdir(parents=True, exist_ok=True)
    out, progress = folder / "package.zip", folder / "progress.jsonl"
    progress.unlink(missing_ok=True)
    networks = _own_folder(kept, dataset, base, seed) if pretrains else kept
    pretraining = networks / "pretraining.jsonl"
    told = 0

    def look() -> None:
        nonlocal told
        lines = [*_progress(pretraining), *_progress(progress)]
        if len(lines) > told:
            told = len(lines)
            tell(_newest(lines))

    def run(*command: str) -> None:
        # One thread: the same bytes on machines with another number of cores.
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        log = folder / "log.txt"
        with log.open("ab") as output:
            before = output.tell()
            code, cause = supervised(
                [sys.executable, "-m", "invex.operations.child", sys.executable, "-m", "mlops.learning", *command],
                output, {**os.environ, **one_thread, **environment}, stop=stop, look=look, stop_s=stop_s,
            )  # fmt: skip
        look()
        if code == DONE:
            return
        if code == YIELDED or cause:
            raise Stopped(cause or "SIGTERM")
        if code == NOTHING:
            raise Failed("No document has a label." if command[0] == "learn" else "No document has words.")
        raise Failed(_last_error(log, before) or f"the process ended with {code}")

    if pretrains:
        network = networks / "network.zip"
        if not network.exists():
            run(
                *("pretrain", str(dataset), "--out", str(network), "--base", str(base), "--seed", str(seed)),
                *("--progress", str(pretraining), "--device", environment.get("INVEX_DEVICE", CPU)),
                *(("--smoke",) if is_smoke else ("--checkpoint", str(networks / "network.checkpoint"))),
            )
        base = network
    run(
        *("learn", str(dataset), "--out", str(out), "--seed", str(seed), "--name", name, "--package-version", version),
        *("--base", str(base), "--progress", str(progress)),
        *(("--smoke",) if is_smoke else ("--checkpoints", str(kept))),
    )
    return out


def _own_folder(kept: Path, dataset: Path, base: Path, seed: int) -> Path:
    """Return where networks of just these documents are kept; what was trained on others goes.

    A document that was erased since must not be in the network, and a checkpoint that has read it goes on no more.
    """
    digest = hashlib.sha256(f"{seed} {pretrain.generator_hash()}".encode())
    for file in (base, *sorted((dataset / "words").iterdir())):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    own = kept / f"networks-{digest.hexdigest()[:16]}"
    for other in kept.glob("networks-*"):
        if other != own:
            shutil.rmtree(other)
    own.mkdir(exist_ok=True)
    return own


def supervised(
    command: Sequence[str], output: BinaryIO, environment: Mapping[str, str], *, stop: Callable[[], str],
    look: Callable[[], None], stop_s: float,
) -> tuple[int, str]:  # fmt: skip
    """Run a program at the lowest priority until it ends or must stop. Return its exit code, and why it was stopped."""
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
    )
    os.setpriority(os.PRIO_PROCESS, process.pid, LOWEST_PRIORITY)
    cause, deadline = "", 0.0
    try:
        while process.poll() is None:
            if not cause and (cause := stop()):
                process.terminate()
                deadline = time.monotonic() + stop_s
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
            if cause and time.monotonic() > deadline:
                process.kill()
            look()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, cause


def _progress(file: Path) -> list[dict[str, Any]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:  # the last line is being written
            break
    return found


def _newest(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was told last of each step, in the order in which they began."""
    return list({line["step"]: line for line in lines}.values())


def _last_error(log: Path, start: int) -> str:
    """Return the last error that the log tells from byte `start` on, of however many lines; else its last line."""
    said = log.read_bytes()[start:].decode("utf-8", errors="replace")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    begins = [number for number, line in enumerate(lines) if line.startswith(ERROR)]
    return " ".join(lines[begins[-1] if begins else -1 :])[:MOST_SAID]
