"""A process of the pool: `python -m invex.reading.worker parser|ocr`, started by pool.py with a socket as its input.

A parser is given paths of files and never sees an OCR model; an OCR process is given pixels and never sees a file.
"""

from __future__ import annotations

import socket
import sys
import traceback
from typing import Any

from . import sandbox


def main(role: str) -> None:
    """Serve tasks until the pool closes its end."""
    # Only the standard library is loaded until the process is confined; the wire needs numpy, so this is a plain line.
    stream = socket.socket(fileno=0)
    start = _start_line(stream)
    sandbox_report = sandbox.confine(memory_bytes=start["memory_bytes"], may_write_files=role == "ocr")
    sandbox.die_with_parent(start["parent"])

    from .wire import Channel, ChannelClosed

    channel = Channel(stream)
    try:
        if role == "parser":
            from .tasks import serve_parser as serve
        else:
            from .tasks import serve_ocr as serve
        channel.send({"sandbox": sandbox_report})
        serve(channel, start)
    except ChannelClosed:
        return
    except Exception:
        traceback.print_exc()
        raise SystemExit(1) from None


def _start_line(stream: socket.socket) -> dict[str, Any]:
    import json

    line = b""
    while not line.endswith(b"\n"):
        byte = stream.recv(1)
        if not byte:
            raise SystemExit(0)
        line += byte
    start: dict[str, Any] = json.loads(line)
    return start


if __name__ == "__main__":
    main(sys.argv[1])
