"""The network where documents are read: ONNX Runtime on one thread, without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..archive import BadPackage
from ..candidates import Candidates
from ..devices import CPU, is_gpu
from ..layout import Floats, Ints
from .inputs import Inputs, padded
from .spans import Spans, spans_of

MOST_PAIRS = 2_000_000  # of cells, of all documents that are computed together; each takes some 300 bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the network says of a document.

    logits: (n, fields, 3), a value starts at this word, ends at it, goes through it. absent: (fields,).
    fields: keys, in the order of the arrays. at: (n,) which word of the layout each one is.
    """

    logits: Floats
    absent: Floats
    fields: tuple[str, ...]
    at: Ints
    _spans: dict[int, tuple[Candidates, Spans, Ints]] = field(default_factory=dict, repr=False)

    def log_odds(self, candidates: Candidates, key: str) -> Floats | None:
        """(K,) of each candidate against the value's absence, NaN where not all of its words were read.

        None when the network does not know the field.
        """
        if key not in self.fields:
            return None
        number = self.fields.index(key)
        logits = self.logits[:, number]
        out = np.full(len(candidates), np.nan, np.float32)
        spans, at = self._of(candidates)
        if len(at):
            size = np.bincount(spans.of, minlength=len(at))
            through = np.bincount(spans.of, logits[spans.word, 2], minlength=len(at)) / size
            out[at] = logits[spans.first, 0] + logits[spans.tail, 1] + through - self.absent[number]
        return out

    def _of(self, candidates: Candidates) -> tuple[Spans, Ints]:
        """Those of which every word was read; fields of a type share them."""
        if id(candidates) not in self._spans:
            self._spans[id(candidates)] = (candidates, *spans_of(candidates, self.at))
        return self._spans[id(candidates)][1:]


@dataclass(frozen=True)
class Network:
    """An exported encoder; the runtime is loaded with the first document that needs it.

    device: cpu, or cuda:N where the ONNX Runtime for CUDA is installed.
    """

    onnx: bytes
    fields: tuple[str, ...]
    buckets: int
    device: str = CPU

    @cached_property
    def _session(self) -> Any:
        """The runtime's. Raises BadPackage, with the first document that is read."""
        import onnxruntime  # a tenth of a second that packages without a network, and web processes, never pay

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        providers: list[Any] = ["CPUExecutionProvider"]
        if is_gpu(self.device):
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": int(self.device.removeprefix("cuda:"))}))
        try:
            return onnxruntime.InferenceSession(self.onnx, options, providers=providers)
        except Exception as e:  # its errors have no class of their own
            raise BadPackage(f"the network of the package cannot be loaded; give another package ({e})") from e

    @property
    def _takes_many(self) -> bool:
        """Networks of builds before there were batches take one document."""
        return not isinstance(self._session.get_inputs()[0].shape[0], int)

    def on(self, device: str) -> Network:
        """Return the network on another device."""
        return self if device == self.device else replace(self, device=device)

    def about(self) -> bytes:
        """What has to be known beside the ONNX file."""
        return json.dumps({"fields": self.fields, "buckets": self.buckets}).encode()

    @classmethod
    def of(cls, onnx: bytes, about: bytes) -> Network:
        """The inverse of onnx and about(). Raises KeyError, ValueError."""
        said = json.loads(about)
        return cls(onnx, tuple(said["fields"]), int(said["buckets"]))

    def evidence(self, inputs: Inputs) -> Evidence:
        (one,) = self.evidences([inputs])
        return one

    def evidences(self, documents: Sequence[Inputs]) -> list[Evidence]:
        """Return what it says of each; those of like length are computed together, the same to rounding as alone."""
        nothing = np.zeros((0, len(self.fields), 3), np.float32), np.zeros(len(self.fields), np.float32)
        found = [Evidence(*nothing, self.fields, inputs.at) for inputs in documents]
        most = MOST_PAIRS if len(documents) > 1 and self._takes_many else 0
        for batch in _batches(documents, most):
            together = padded([documents[i] for i in batch], self.buckets)
            logits, absent = self._session.run(["logits", "absent"], together)
            for row, i in enumerate(batch):
                inputs = documents[i]
                found[i] = Evidence(logits[row, : inputs.words], absent[row], self.fields, inputs.at)
        return found


def _batches(documents: Sequence[Inputs], most: int) -> Iterator[list[int]]:
    """Yield the numbers of documents that are computed together: the shortest first, none of those without words.

    most: pairs of cells of a batch, except of one document alone.
    """
    batch: list[int] = []
    for i in sorted((i for i, d in enumerate(documents) if d.words), key=lambda i: documents[i].cells):
        if batch and (len(batch) + 1) * documents[i].cells ** 2 > most:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
