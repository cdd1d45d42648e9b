"""A command ends without a traceback where a person stops it, or the program that reads its output has gone. Pure."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable


def run(command: Callable[[], int]) -> int:
    """Return the exit code of `command`; where it was stopped, as a shell says it: 128 + the signal's number."""
    try:
        code = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # `predict ... | head`: what is still buffered has no reader either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code
