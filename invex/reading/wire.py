"""Messages between the pool and its processes: a JSON object and bytes, both with their length; never pickle.

The other end has read a stranger's file and is not trusted: what it sends is limited, and checked as it is unpacked.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from invex.fields.geometry import Box

from .types import Document, EInvoice, Page, Word
from .words import thumbnail_from_text, thumbnail_to_text

_LENGTHS = struct.Struct("<IQ")  # bytes of JSON, bytes of payload
MAX_MESSAGE_BYTES = 1 << 28
MAX_PAYLOAD_BYTES = 1 << 30
_CHUNK = 1 << 20

Message = dict[str, Any]


class ChannelClosed(Exception):
    """The other end is gone."""


class Channel:
    """One end of a stream socket that carries messages."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream

    def send(
        self, message: Message, payload: bytes | bytearray | memoryview = b"", *, deadline: float | None = None
    ) -> None:
        """Send one message. deadline: on time.monotonic(). Raises TimeoutError, ChannelClosed."""
        head = json.dumps(message).encode()
        try:
            self._set_timeout(deadline)
            self._stream.sendall(_LENGTHS.pack(len(head), len(payload)) + head)
            if payload:
                self._stream.sendall(payload)
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosed from error

    def receive(self, *, deadline: float | None = None) -> tuple[Message, bytearray]:
        """Return the next message. deadline: on time.monotonic(). Raises TimeoutError, ChannelClosed."""
        head_size, payload_size = _LENGTHS.unpack(self._receive(_LENGTHS.size, deadline))
        if head_size > MAX_MESSAGE_BYTES or payload_size > MAX_PAYLOAD_BYTES:
            raise ChannelClosed(f"a message of {head_size} + {payload_size} bytes")
        head = self._receive(head_size, deadline)
        payload = self._receive(payload_size, deadline)
        try:
            message = json.loads(bytes(head))
        except ValueError as error:
            raise ChannelClosed("not JSON") from error
        if not isinstance(message, dict):
            raise ChannelClosed("not a JSON object")
        return message, payload

    def close(self) -> None:
        self._stream.close()

    def _set_timeout(self, deadline: float | None) -> None:
        if deadline is None:
            self._stream.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._stream.settimeout(left)

    def _receive(self, size: int, deadline: float | None) -> bytearray:
        buffer = bytearray(size)
        view = memoryview(buffer)
        while view:
            try:
                self._set_timeout(deadline)
                got = self._stream.recv_into(view, min(len(view), _CHUNK))
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelClosed from error
            if got == 0:
                raise ChannelClosed
            view = view[got:]
        return buffer


def pack_words(words: tuple[Word, ...]) -> tuple[list[str], bytes]:
    """Texts, and boxes with confidences as float64 (n, 5)."""
    rows = np.array([(*w.box, w.confidence) for w in words], "<f8")
    return [w.text for w in words], rows.tobytes()


def unpack_words(texts: list[Any], data: bytes | bytearray | memoryview) -> tuple[Word, ...]:
    """The inverse of pack_words. Raises ValueError when the two do not fit, or are not words."""
    rows = np.frombuffer(data, "<f8").reshape(-1, 5)
    if len(texts) != len(rows) or not np.isfinite(rows).all():
        raise ValueError(f"{len(texts)} texts with {len(rows)} boxes")
    return tuple(Word(str(text), Box(*row[:4]), row[4]) for text, row in zip(texts, rows.tolist()))


def pack_document(document: Document) -> tuple[Message, bytes]:
    """A document as a message."""
    parts: list[bytes] = []
    pages = []
    for page in document.pages:
        texts, boxes = pack_words(page.words)
        parts.append(boxes)
        pages.append(
            {
                "width": page.width,
                "height": page.height,
                "source": page.source,
                "rotation": page.rotation,
                "texts": texts,
                "rules": page.rules,
                "thumbnail": thumbnail_to_text(page.thumbnail),
            }
        )
    message: Message = {
        "pages": pages,
        "file": document.file,
        "reader": document.reader,
        "warnings": document.warnings,
        "einvoice": None if document.einvoice is None else asdict(document.einvoice),
    }
    return message, b"".join(parts)


def unpack_document(message: Message, payload: bytes | bytearray) -> Document:
    """The inverse of pack_document. Raises ValueError, KeyError or TypeError when it is not one."""
    view, offset, pages = memoryview(payload), 0, []
    for page in message["pages"]:
        size = len(page["texts"]) * 5 * 8
        words = unpack_words(page["texts"], view[offset : offset + size])
        offset += size
        rules = tuple(Box(*map(float, rule)) for rule in page["rules"])
        pages.append(
            Page(
                float(page["width"]),
                float(page["height"]),
                words,
                str(page["source"]),
                rules,
                int(page["rotation"]),
                thumbnail_from_text(page["thumbnail"]),
            )
        )
    return Document(
        tuple(pages),
        str(message["file"]),
        str(message["reader"]),
        _einvoice(message["einvoice"]),
        tuple(map(str, message["warnings"])),
    )


def _einvoice(data: Any) -> EInvoice | None:
    if data is None:
        return None
    return EInvoice(
        syntax=str(data["syntax"]),
        profile=str(data["profile"]),
        fields={str(key): tuple(map(str, values)) for key, values in data["fields"].items()},
        lines=tuple({str(key): str(value) for key, value in line.items()} for line in data["lines"]),
    )
