"""The state of a (pre)training as data: safetensors for numbers, JSON for the rest. No pickle (DESIGN.md, rule 10)."""

from __future__ import annotations

import json
from dataclasses import asdict

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from ..devices import CPU, class_of
from .config import NetworkConfig, PretrainingConfig, TrainingConfig
from .pretraining import Pretrainer
from .training import Trainer

CHECKPOINT_FORMAT = 4
_PRETRAINING, _TRAINING = "pretraining", "training"


class BadCheckpoint(ValueError):
    """The bytes are no checkpoint of this version."""


def to_bytes(trainer: Trainer | Pretrainer) -> bytes:
    """Weights, their averages, moments of the optimiser, step and configuration; the same state gives the same bytes.

    Random numbers need no state of their own: each step seeds them from the configuration's seed and its number.
    """
    parts = trainer.modules | trainer.averages
    arrays = {f"{part}.{k}": v for part, module in parts.items() for k, v in module.state_dict().items()}
    state = trainer.optimizer.state_dict()
    for number, moments in state["state"].items():
        arrays |= {f"moments.{number}.{name}": value for name, value in moments.items()}
    about = {
        "format": CHECKPOINT_FORMAT,
        "of": _PRETRAINING if isinstance(trainer, Pretrainer) else _TRAINING,
        "step": trainer.step,
        "fields": trainer.encoder.fields,
        "archive": trainer.archive,
        "device_class": class_of(trainer.device),
        "curve": trainer.curve,
        "losses": trainer.losses,
        "network": asdict(trainer.network),
        "config": asdict(trainer.config),
    }
    text = json.dumps(about, sort_keys=True).encode()
    arrays["about"] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
    return save({name: value.contiguous() for name, value in sorted(arrays.items())})


def from_bytes(data: bytes, *, device: str = CPU) -> Trainer | Pretrainer:
    """Return the trainer, or pretrainer, ready for its next step on that device. Raises BadCheckpoint, NoDevice."""
    try:
        arrays = load(data)
        about = json.loads(bytes(arrays.pop("about").tolist()))
        if about["format"] != CHECKPOINT_FORMAT:
            raise BadCheckpoint(f"checkpoint of format {about['format']!r}; this version reads {CHECKPOINT_FORMAT}")
        if about["device_class"] != (here := class_of(device)):
            raise BadCheckpoint(
                f"begun on {about['device_class']}: {here} would give other bytes; go on there, or anew"
            )
        network, fields, archive = NetworkConfig(**about["network"]), about["fields"], str(about["archive"])
        trainer: Trainer | Pretrainer
        if about["of"] == _PRETRAINING:
            trainer = Pretrainer(network, PretrainingConfig(**about["config"]), fields, archive, device=device)
        else:
            trainer = Trainer(network, TrainingConfig(**about["config"]), fields, archive, device=device)
        for part, module in (trainer.modules | trainer.averages).items():
            start = f"{part}."
            module.load_state_dict({k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)})
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in arrays.items():
            if name.startswith("moments."):
                _, number, moment = name.split(".")
                moments.setdefault(int(number), {})[moment] = value
        trainer.optimizer.load_state_dict({**trainer.optimizer.state_dict(), "state": moments})
        trainer.step = int(about["step"])
        trainer.curve, trainer.losses = [float(x) for x in about["curve"]], float(about["losses"])
    except (SafetensorError, KeyError, TypeError, RuntimeError, json.JSONDecodeError) as e:
        raise BadCheckpoint("the checkpoint of the network cannot be read; delete its file to begin anew") from e
    return trainer
