"""A training that is interrupted, at any step, ends with the bytes of one that was not."""

from __future__ import annotations

import json

import pytest

from fixtures.generator import Vendor
from invex.fields.standard import STANDARD_FIELDS
from mlops.learning.checkpoints import Checkpoints, Yielded, progress_file
from mlops.learning.dataset import Sample
from mlops.learning.learner import learn_samples, mean_curve


@pytest.fixture(scope="module")
def known() -> list[Sample]:
    """Two documents of each of two vendors."""
    found = []
    for seed in (3, 4):
        vendor = Vendor(seed, kind="invoice", locale="en-US")
        for number in range(2):
            one = vendor.document(number)
            found.append(Sample(f"{seed}-{number}", one.document, one.label))
    return found


def learn(known, checkpoints=None) -> bytes:
    more = {"checkpoints": checkpoints} if checkpoints is not None else {}
    return learn_samples(known, STANDARD_FIELDS, (), name="demo", **more).to_bytes()


class StopAfter:
    """Says stop once it was asked so many times."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_same_bytes_however_often_interrupted(known, tmp_path):
    whole = learn(known)
    told = []
    interruptions = 0
    while True:
        try:
            data = learn(known, Checkpoints(tmp_path, StopAfter(1), told.append))
            break
        except Yielded:
            interruptions += 1
    assert interruptions == 2
    assert data == whole
    made = [step["step"] for step in told if not step["is_resumed"]]
    assert len(made) == len(set(made)) == 3, "two templates and what they share, each learned once"
    for step in told:
        assert (step["losses"] == []) == step["is_resumed"]
        assert step["is_resumed"] or step["losses"][-1] < step["losses"][0]


def test_fields_that_converged_keep_their_last_figure():
    assert mean_curve([(4.0, 2.0), (), (2.0, 1.0, 0.0)]) == [3.0, 1.5, 1.0]
    assert mean_curve([]) == []


def test_no_step_of_other_data_is_taken(known, tmp_path):
    learn(known, Checkpoints(tmp_path))
    told = []
    assert learn(known[:-1], Checkpoints(tmp_path, tell=told.append)) == learn(known[:-1])
    # Templates stand on what all documents taught together, so a document less changes each of them.
    assert [step["is_resumed"] for step in told] == [False] * 3


def test_half_a_file_is_never_seen(tmp_path):
    def fail() -> bytes:
        raise KeyboardInterrupt

    steps = Checkpoints(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        steps.step("a", {}, fail)
    assert steps.step("a", {}, lambda: b"whole") == b"whole"
    assert steps.step("a", {}, fail) == b"whole"
    assert steps.step("a", {"other": 1}, lambda: b"b") == b"b"


def test_progress_is_a_line_a_step(tmp_path):
    with progress_file(tmp_path / "progress") as tell:
        Checkpoints(tell=tell).step("a", {}, lambda: b"", documents=3)
    (line,) = (tmp_path / "progress").read_text().splitlines()
    said = json.loads(line)
    assert (said["step"], said["documents"], said["is_resumed"]) == ("a", 3, False)
