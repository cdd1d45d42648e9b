"""INVEX_DEVICE against what the machine has."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from invex.kernel.errors import BadInput
from invex.operations import devices, processes


@pytest.fixture
def gpu(monkeypatch):
    """gpu(is_here): whether ONNX Runtime finds a card."""
    return lambda is_here: monkeypatch.setattr(devices, "has_cuda", lambda: is_here)


@pytest.mark.parametrize(
    ("asked", "is_here", "got"),
    [("auto", True, "cuda:0"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda:1", True, "cuda:1")],
)
def test_what_serves(gpu, asked, is_here, got):
    gpu(is_here)
    assert devices.resolved(asked) == got


def test_a_gpu_that_was_named_is_not_replaced_in_silence(gpu):
    gpu(False)
    with pytest.raises(BadInput, match=r"INVEX_DEVICE=cuda:0: .*INVEX_DEVICE=cpu"):
        devices.resolved("cuda:0")


def test_a_machine_without_a_driver_has_none(monkeypatch):
    monkeypatch.setattr(devices, "_has_driver", lambda: False)
    assert not devices.has_cuda()


def test_a_machine_with_a_gpu_runs_a_worker_for_it(gpu, settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.OWN_REDIS, settings.DEVICE = tmp_path, False, "auto"
    names = {}
    for is_here in (True, False):
        gpu(is_here)
        names[is_here] = {p.name for p in processes.programs(host="127.0.0.1", port=1)}
    assert names[True] - names[False] == {"extract-gpu"}


def test_a_worker_for_the_gpu_does_not_start_without_one(gpu, settings):
    gpu(False)
    settings.DEVICE = "auto"
    with pytest.raises(CommandError, match="Queue extract-gpu needs one") as caught:
        call_command("worker", "extract-gpu")
    assert caught.value.returncode == 2
