"""What a network is trained and read on: cpu, or cuda:N."""

from __future__ import annotations

import argparse
import platform

CPU = "cpu"


class NoDevice(ValueError):
    """The device that was asked for is not here."""


def is_gpu(device: str) -> bool:
    return device.startswith("cuda:")


def class_of(device: str) -> str:
    """Return the class of devices within which a training gives the same bytes: architecture, or model of the GPU.

    Raises NoDevice.
    """
    if device == CPU:
        return f"cpu-{platform.machine()}"
    import torch

    number = device.removeprefix("cuda:")
    if not (is_gpu(device) and number.isdecimal()):
        raise NoDevice(f"device {device!r}: give cpu or cuda:N")
    if int(number) >= torch.cuda.device_count():
        raise NoDevice(f"device {device}: torch finds {torch.cuda.device_count()} GPUs here; give cpu, or another")
    return f"cuda-{torch.cuda.get_device_name(int(number)).replace(' ', '-')}"


def servable(device: str) -> str:
    """Return `device` if ONNX Runtime computes there; it would silently take the CPU instead. Raises NoDevice."""
    if device == CPU:
        return device
    if not is_gpu(device):
        raise NoDevice(f"device {device!r}: give cpu or cuda:N")
    import onnxruntime

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise NoDevice(f"device {device}: ONNX Runtime has no CUDA here; install onnxruntime-gpu in its place")
    return device


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default=CPU, help="cpu, or cuda:N; the network computes there")
