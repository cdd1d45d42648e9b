"""What a process gives up before it sees a file. Standard library only: it runs before anything else is imported."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import threading
import time

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PARENT_CHECK_S = 1.0


def confine(*, memory_bytes: int, may_write_files: bool) -> dict[str, str]:
    """Limit this process for good and return what was achieved, for people: limit -> state.

    Call it first, while the process has one thread: the kernel gives no namespace to others.
    """
    report = {"network": _leave_network()}
    libc = ctypes.CDLL(None, use_errno=True)
    gained = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    report["privileges"] = "none can be gained" if gained else "not limited by this kernel"
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    report["memory"] = f"{memory_bytes >> 20} MiB"
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not may_write_files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write then fails instead of ending the process
    report["files"] = "read and write" if may_write_files else "read only"
    return report


def _leave_network() -> str:
    """Move into a network namespace without interfaces, if the kernel lets us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:  # as root
        return "none (network namespace)"
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        return "none (user and network namespace)"
    return f"open: {os.strerror(ctypes.get_errno())}"


def allow_cpu(seconds: float) -> None:
    """Let this process use so many more seconds of CPU; then the kernel ends it with SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime + seconds), hard))


def die_with_parent(parent: int) -> None:
    """End this process within seconds of its parent's end, however that came, also in the middle of a parse.

    Not PR_SET_PDEATHSIG: that fires when the *thread* ends that started us, and a server's threads come and go.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_S)
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
