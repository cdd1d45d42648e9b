"""What the processes of the pool do: read and draw files, or read pixels."""

from __future__ import annotations

import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .errors import Unreadable
from .limits import Limits
from .ocr_port import OcrEngine, OcrPage
from .pdf import Pixels
from .sandbox import allow_cpu
from .wire import Channel, Message, pack_document, pack_words, unpack_words


def serve_parser(channel: Channel, start: Message) -> None:
    """Serve `read` and `draw` tasks; a task ends with one message: document, done, or unreadable."""
    from . import reader
    from .assembly import Piece, assemble

    limits = Limits(**start["limits"])
    while True:
        task, _ = channel.receive()
        allow_cpu(limits.cpu_s)
        try:
            if task["do"] == "read":
                document = reader.read_file(
                    Path(task["path"]),
                    name=task["name"],
                    password=task["password"],
                    limits=limits,
                    ocr=task["ocr"],
                    engine=lambda: RemoteEngine(channel),
                    rotations=dict(task["rotations"]),
                )
                channel.send(*pack_document(document))
            elif task["do"] == "assemble":
                pieces = [Piece(Path(path), page) for path, page in task["pieces"]]
                channel.send({"done": True}, assemble(pieces, limits=limits))
            else:
                for image in reader.render_pages(
                    Path(task["path"]),
                    task["pages"],
                    dpi=task["dpi"],
                    rotations=task["rotations"],
                    password=task["password"],
                    limits=limits,
                ):
                    channel.send({"image": True}, image)
                channel.send({"done": True})
        except Exception as error:
            channel.send({"unreadable": _why(error)})


def _why(error: Exception) -> dict[str, str]:
    """Code and detail of what went wrong; what is no known fault of files is told on standard error too."""
    if isinstance(error, Unreadable):
        return {"code": error.code, "detail": error.detail}
    if isinstance(error, MemoryError):
        return {"code": "out_of_memory", "detail": ""}
    traceback.print_exc()
    return {"code": "crashed", "detail": type(error).__name__}


class RemoteEngine:
    """The OCR engine of another process, reached through the pool."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._name = ""

    @property
    def name(self) -> str:
        if not self._name:
            self._name = self._ask({"ocr": "name"})[0]["name"]
        return self._name

    def read(self, pixels: Pixels, *, may_turn: bool = True) -> OcrPage:
        request = {"ocr": "read", "shapes": [pixels.shape], "may_turn": may_turn}
        answer, boxes = self._ask(request, np.ascontiguousarray(pixels).tobytes())
        return OcrPage(unpack_words(answer["texts"], boxes), int(answer["rotation"]))

    def recognise(self, lines: list[Pixels]) -> list[tuple[str, float]]:
        request = {"ocr": "recognise", "shapes": [line.shape for line in lines]}
        answer, _ = self._ask(request, b"".join(np.ascontiguousarray(line).tobytes() for line in lines))
        return [(str(text), float(score)) for text, score in answer["lines"]]

    def _ask(self, request: Message, payload: bytes = b"") -> tuple[Message, bytearray]:
        self._channel.send(request, payload)
        answer, data = self._channel.receive()
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"]["code"], answer["unreadable"]["detail"])
        return answer, data


def serve_ocr(channel: Channel, start: Message) -> None:
    """Answer requests of RemoteEngine."""
    from .ocr_engines import make_engine

    engine = make_engine(start["engine"])
    while True:
        request, payload = channel.receive()
        allow_cpu(start["limits"]["ocr_wall_s"])
        try:
            channel.send(*_answer(engine, request, payload))
        except (Unreadable, MemoryError) as error:
            channel.send({"unreadable": _why(error)})


def _answer(engine: OcrEngine, request: Message, payload: bytearray) -> tuple[Message, bytes]:
    if request["ocr"] == "name":
        return {"name": engine.name}, b""
    images = _images(request["shapes"], payload)
    if request["ocr"] == "recognise":
        return {"lines": engine.recognise(images)}, b""
    page = engine.read(images[0], may_turn=request["may_turn"])
    texts, boxes = pack_words(page.words)
    return {"texts": texts, "rotation": page.rotation}, boxes


def _images(shapes: list[Any], payload: bytearray) -> list[Pixels]:
    images, offset = [], 0
    for height, width, channels in shapes:
        size = height * width * channels
        images.append(np.frombuffer(payload, np.uint8, size, offset).reshape(height, width, channels))
        offset += size
    return images


def start_message(*, limits: Limits, engine: str, memory_bytes: int, parent: int) -> Message:
    """What a process of the pool is told first."""
    return {"limits": asdict(limits), "engine": engine, "memory_bytes": memory_bytes, "parent": parent}
