"""Which device the models of this machine serve on: what INVEX_DEVICE says, checked against what is here."""

from __future__ import annotations

from invex.kernel.errors import BadInput

CPU = "cpu"
FIRST_GPU = "cuda:0"
AUTO = "auto"


def has_cuda() -> bool:
    """Say whether the installed ONNX Runtime is the one for CUDA and finds a driver."""
    if not _has_driver():
        return False
    import onnxruntime  # a tenth of a second that only machines with a driver pay

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _has_driver() -> bool:
    import ctypes

    try:
        return bool(ctypes.CDLL("libcuda.so.1").cuInit(0) == 0)
    except OSError:
        return False


def resolved(device: str) -> str:
    """Return "cpu" or "cuda:N" for `auto`, `cpu` or `cuda:N`.

    Raises BadInput for a GPU that was asked for by name and cannot be used: silently slower is not what was asked.
    """
    if device == CPU:
        return CPU
    if has_cuda():
        return FIRST_GPU if device == AUTO else device
    if device == AUTO:
        return CPU
    raise BadInput(
        f"INVEX_DEVICE={device}: ONNX Runtime finds no CUDA here. Install the driver and the extra `gpu` "
        "(onnxruntime-gpu in place of onnxruntime), or set INVEX_DEVICE=cpu.",
        code="no_gpu",
    )
