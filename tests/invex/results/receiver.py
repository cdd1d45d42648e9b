"""A receiver of webhooks, and hostile ones: a real HTTP server in a thread of the test."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DRIP_S = 0.05  # between two bytes of a slow answer


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes
    path: str


@dataclass
class Receiver:
    """received: all requests so far. answer: what the next request gets; see the functions below."""

    port: int
    answer: Callable[[BaseHTTPRequestHandler], None]
    received: list[Received] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}/hook?from=invex"


def status(code: int, text: bytes = b"fine", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return answer


def _dripping(handler: BaseHTTPRequestHandler, start: bytes) -> None:
    with contextlib.suppress(OSError):
        handler.wfile.write(start)
        while True:
            handler.wfile.write(b"x")
            time.sleep(DRIP_S)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    """Send a header that never ends, byte by byte."""
    _dripping(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ")


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    """Say 200, then send a body that never ends, byte by byte."""
    _dripping(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")


def flood(handler: BaseHTTPRequestHandler) -> None:
    """Say 200, then send as much as the other side takes."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65536)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


@contextlib.contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    """Run a receiver; with a certificate (and its key) in a PEM file, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(Received({k.lower(): v for k, v in self.headers.items()}, body, self.path))
            receiver.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            pass  # a sender that hangs up is no error here

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(server.server_address[1], status(200))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
