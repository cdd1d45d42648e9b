"""Sends one request to an address that was resolved before, within limits of time and size.

http.client on a socket of our own: the socket goes to the address that was judged, TLS is verified against the name,
and nothing follows a redirect, asks a proxy, or unpacks an answer. A deadline ends the whole exchange; a timeout of
each read would let a receiver that sends a byte now and then hold a worker for ever.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .addresses import Target

CONNECT_S = 5.0
ALL_S = 10.0  # from the connection to the end of the answer
ANSWER_BYTES = 2048  # that are read, and kept for the log


class NotSent(Exception):
    """There was no answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """status: of HTTP. text: how the body begins."""

    status: int
    text: str


def post(target: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes) -> Answer:
    """POST the body to the first of the addresses that takes a connection. Raises NotSent."""
    sock = _connected(target, addresses)
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        with contextlib.suppress(OSError):  # it is closed already
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of the plain socket: also below TLS

    deadline = threading.Timer(ALL_S, end)
    deadline.daemon = True
    deadline.start()
    try:
        return _exchange(target, sock, headers, body, is_late)
    except (OSError, http.client.HTTPException, ValueError) as e:
        if is_late.is_set():
            raise NotSent(f"No answer within {ALL_S:.0f} seconds.") from e
        raise NotSent(_sentence(target, e)) from e
    finally:
        deadline.cancel()
        sock.close()


def _connected(target: Target, addresses: Sequence[str]) -> socket.socket:
    """Return a socket to the target, wrapped for TLS where it asks for that, before any handshake."""
    last: OSError | None = None
    until = time.monotonic() + CONNECT_S
    for address in addresses:
        try:
            sock = socket.create_connection((address, target.port), timeout=max(0.1, until - time.monotonic()))
        except OSError as e:
            last = e
            continue
        sock.settimeout(ALL_S)
        if target.scheme != "https":
            return sock
        context = ssl.create_default_context()
        try:
            return context.wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)
        except OSError as e:  # it hung up already
            sock.close()
            last = e
    raise NotSent(f"No connection to {target.host}, port {target.port} ({last}).")


def _exchange(
    target: Target, sock: socket.socket, headers: Mapping[str, str], body: bytes, is_late: threading.Event
) -> Answer:
    if isinstance(sock, ssl.SSLSocket):
        sock.do_handshake()
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock
    connection.request("POST", target.path, body, {"Host": target.host_header, "Connection": "close", **headers})
    response = connection.getresponse()
    if is_late.is_set():  # http.client takes the end of the stream for the end of the headers
        raise TimeoutError
    try:
        start = response.read(ANSWER_BYTES)
    except (OSError, http.client.HTTPException, ValueError):
        start = b""  # it has said whether it took the message; what else it wanted to say is lost
    return Answer(response.status, start.decode("utf-8", "replace").replace("\x00", "�"))


def _sentence(target: Target, error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {target.host} is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"{target.host} does not speak TLS ({error.reason or error})."
    return f"The answer of {target.host} was none ({type(error).__name__}: {error})."
