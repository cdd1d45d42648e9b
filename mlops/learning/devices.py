"""What a network is trained and read on: cpu, or cuda:N."""

from __future__ import annotations

import argparse
import ctypes
import platform
import re

CPU = "cpu"
ALLOWED = "cpu, or cuda:N with the number of a GPU, the first being cuda:0"
_GPU = re.compile(r"cuda:([0-9]{1,4})")


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
    number = _number(device)
    import torch

    _require(device, number < (count := torch.cuda.device_count()), f"torch finds {_gpus(count)}")
    return f"cuda-{torch.cuda.get_device_name(number).replace(' ', '-')}"


def servable(device: str) -> str:
    """Return `device` if ONNX Runtime computes there; it would silently take the CPU instead. Raises NoDevice."""
    if device == CPU:
        return device
    number = _number(device)
    import onnxruntime

    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    _require(device, has_cuda, "this ONNX Runtime has no CUDA; install onnxruntime-gpu in its place")
    _require(device, number < (count := _driver_count()), f"the driver finds {_gpus(count)}")
    return device


def _number(device: str) -> int:
    """Return N of cuda:N. Raises NoDevice for any other name."""
    match = _GPU.fullmatch(device)
    if match is None:
        raise NoDevice(f"there is no device {device!r}: give {ALLOWED}")
    return int(match[1])


def _require(device: str, is_here: bool, otherwise: str) -> None:
    if not is_here:
        raise NoDevice(f"device {device} cannot be used here: {otherwise}; or give {CPU}")


def _gpus(count: int) -> str:
    return {0: "no GPU", 1: "one GPU, cuda:0"}.get(count, f"{count} GPUs, cuda:0 to cuda:{count - 1}")


def _driver_count() -> int:
    """Return how many GPUs CUDA programs of this process may use; 0 without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    return count.value if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 else 0


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default=CPU, help="cpu, or cuda:N; the network computes there")
