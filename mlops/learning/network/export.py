"""The trained encoder as ONNX, compared with torch before it is let into a package."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from .batches import Words, pad_words
from .encoder import Encoder, Ensemble
from .inputs import Inputs
from .serving import Network

OPSET = 17
TOLERANCE = 1e-3  # of a logit


class ExportDiffers(RuntimeError):
    """ONNX Runtime computes something else than torch did; such a network is not shipped."""


def check_exporter() -> None:
    """Raise ModuleNotFoundError before a training rather than after it."""
    if find_spec("onnx") is None:
        raise ModuleNotFoundError("torch exports through the package onnx, which is not here: install invex[train]")


def export(members: Sequence[Encoder], fields: Sequence[str], samples: Sequence[Inputs]) -> bytes:
    """Return the ONNX file of an ensemble; its weights have few significant bits, so that they pack well.

    fields: keys in the order of the encoders' outputs. samples: documents on which both must agree.
    Raises ExportDiffers.
    """
    small = Ensemble([_rounded(member) for member in members])
    small.eval()
    buckets = members[0].config.buckets
    data = _onnx(small, pad_words(samples[:2], buckets))
    network = Network(data, tuple(fields), buckets)
    for inputs, evidence in zip(samples, network.evidences(samples)):
        with torch.no_grad():
            logits, absent = small(*pad_words([inputs], buckets))
        gap = max(
            float(np.abs(evidence.logits - logits[0].numpy()).max()),
            float(np.abs(evidence.absent - absent[0].numpy()).max()),
        )
        if not gap <= TOLERANCE:
            raise ExportDiffers(f"ONNX and torch differ by {gap:.2g}, at most {TOLERANCE} is allowed: not exported")
    return data


def _rounded(encoder: Encoder) -> Encoder:
    """The same with weights of 11 significant bits, in the large tables of embeddings of 8."""
    out = Encoder(encoder.config, encoder.fields)
    tables = ("grams.", "words.")
    weights = encoder.state_dict().items()
    out.load_state_dict({k: (v.bfloat16() if k.startswith(tables) else v.half()).float() for k, v in weights})
    return out


def _onnx(encoder: Ensemble, example: Words) -> bytes:
    of_words = ("grams", "word", "form", "cell")
    axes = {name: {0: "documents", 1: "words" if name in of_words else "cells"} for name in Words._fields}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The exporter through TorchScript makes plain operators of the given opset; it says that it is the older one.
        warnings.simplefilter("ignore")
        file = Path(folder) / "encoder.onnx"
        torch.onnx.export(
            encoder,
            tuple(example),
            file,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(Words._fields),
            output_names=["logits", "absent"],
            dynamic_axes=axes | {"logits": {0: "documents", 1: "words"}, "absent": {0: "documents"}},
        )
        return file.read_bytes()
