"""A GPU is not needed to see that all of a step is computed on it: fake tensors have a device, and no numbers."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402

from fixtures.generator import Vendor  # noqa: E402
from invex.fields.standard import STANDARD_FIELDS  # noqa: E402
from mlops.learning import devices  # noqa: E402
from mlops.learning.dataset import Sample  # noqa: E402
from mlops.learning.devices import NoDevice, class_of, servable  # noqa: E402
from mlops.learning.network import checkpoint  # noqa: E402
from mlops.learning.network.batches import pad_words  # noqa: E402
from mlops.learning.network.building import build_network  # noqa: E402
from mlops.learning.network.config import PretrainingConfig, TrainingConfig  # noqa: E402
from mlops.learning.network.examples import Example, make_example  # noqa: E402
from mlops.learning.network.export import export  # noqa: E402
from mlops.learning.network.pretraining import Pretrainer  # noqa: E402
from mlops.learning.network.training import BaseTrainer, Trainer  # noqa: E402
from tests.mlops.learning.network.tiny import TINY  # noqa: E402

GPU = "cuda:0"
SHORT = TrainingConfig(documents=3, steps=2, batch=2, warmup=1, members=1)
NO_GPU = not torch.cuda.is_available()


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    found = (Vendor(seed).document(0) for seed in range(3))
    return [Sample(str(number), one.document, one.label) for number, one in enumerate(found)]


@pytest.fixture(scope="module")
def examples(samples) -> list[Example]:
    return [make_example(s, STANDARD_FIELDS, most=30, rng=np.random.default_rng(0)) for s in samples]


def put_on_fake_gpu(trainer: BaseTrainer, mode: FakeTensorMode) -> None:
    """As a trainer of that device is made, but of fake tensors (Module.to cannot make these)."""
    trainer.device = GPU
    for learned in trainer.modules.values():
        for module in learned.modules():
            for name, weight in module._parameters.items():
                module._parameters[name] = nn.Parameter(mode.from_tensor(weight).detach().to(GPU))


def test_a_step_of_training_is_computed_where_the_network_is(examples):
    trainer = Trainer(TINY, SHORT, len(STANDARD_FIELDS))
    with FakeTensorMode() as mode:
        put_on_fake_gpu(trainer, mode)
        loss = trainer._loss(examples)
    assert str(loss.device) == GPU


def test_a_step_of_pretraining_is_computed_where_the_network_is(examples):
    trainer = Pretrainer(TINY, PretrainingConfig(), len(STANDARD_FIELDS))
    words = pad_words([e.inputs for e in examples], TINY.buckets)
    at = torch.tensor([[0, 1], [1, 2]])
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        put_on_fake_gpu(trainer, mode)
        loss = trainer._guess(words.to(GPU), at.to(GPU), words.word[at[:, 0], at[:, 1]].to(GPU))
    assert str(loss.device) == GPU


def test_what_is_computed_elsewhere_would_be_seen(examples):
    trainer = Trainer(TINY, SHORT, len(STANDARD_FIELDS))
    with FakeTensorMode() as mode:
        put_on_fake_gpu(trainer, mode)
        trainer.device = "cpu"
        with pytest.raises(Exception, match="same device"):
            trainer._loss(examples)


def test_a_checkpoint_of_another_class_of_devices_is_not_gone_on_from(monkeypatch):
    data = checkpoint.to_bytes(Trainer(TINY, SHORT, 2))
    assert class_of("cpu").startswith("cpu-")
    monkeypatch.setattr(checkpoint, "class_of", lambda device: "cuda-Card")
    with pytest.raises(checkpoint.BadCheckpoint, match=r"begun on cpu-.*cuda-Card"):
        checkpoint.from_bytes(data)


@pytest.mark.parametrize(
    "wrong", ["", "gpu", "CPU", "cuda", "cuda:", "cuda:x", "cuda:-1", "cuda:0 ", "cuda:٣", "cuda:99999"]
)
def test_a_name_that_is_none_of_a_device_is_told_which_there_are(wrong, samples, monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    expected = f"there is no device {wrong!r}: give cpu, or cuda:N with the number of a GPU, the first being cuda:0"
    for ask in (
        class_of,
        servable,
        lambda device: build_network(samples, STANDARD_FIELDS, TINY, SHORT, device=device),
    ):
        with pytest.raises(NoDevice) as refused:
            ask(wrong)
        assert str(refused.value) == expected


@pytest.mark.skipif(not NO_GPU, reason="needs a machine without a GPU")
def test_a_machine_without_a_gpu_says_so(samples):
    with pytest.raises(NoDevice, match=r"device cuda:0 cannot be used here: torch finds no GPU; or give cpu"):
        build_network(samples, STANDARD_FIELDS, TINY, SHORT, device="cuda:0")


@pytest.mark.parametrize(
    ("providers", "count", "device", "said"),
    [
        (["CPUExecutionProvider"], 2, "cuda:0", "this ONNX Runtime has no CUDA"),
        (["CUDAExecutionProvider"], 0, "cuda:0", "the driver finds no GPU;"),
        (["CUDAExecutionProvider"], 1, "cuda:1", "the driver finds one GPU, cuda:0;"),
        (["CUDAExecutionProvider"], 2, "cuda:2", "the driver finds 2 GPUs, cuda:0 to cuda:1;"),
    ],
)
def test_onnx_runtime_does_not_silently_take_the_cpu_instead(providers, count, device, said, monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: providers)
    monkeypatch.setattr(devices, "_driver_count", lambda: count)
    with pytest.raises(NoDevice, match=f"device {device} cannot be used here: {said}"):
        servable(device)
    assert servable(devices.CPU) == devices.CPU
    if count and "CUDAExecutionProvider" in providers:
        assert servable("cuda:0") == "cuda:0"


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason="needs a GPU")
def test_the_same_bytes_twice_on_a_gpu_and_nearly_those_of_the_cpu(examples):
    def trained(device: str) -> Trainer:
        trainer = Trainer(TINY, SHORT, len(STANDARD_FIELDS), device=device)
        list(trainer.run(examples))
        return trainer

    first, again, cpu = trained(GPU), trained(GPU), trained("cpu")
    assert checkpoint.to_bytes(first) == checkpoint.to_bytes(again)
    for name, weight in cpu.encoder.state_dict().items():
        np.testing.assert_allclose(first.encoder.state_dict()[name].cpu(), weight, atol=1e-2)
    assert export([first.trained], [f.key for f in STANDARD_FIELDS], [e.inputs for e in examples])
