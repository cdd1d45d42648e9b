"""Pretraining without labels: what is hidden, that it learns, stops anywhere, and what comes of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fixtures.generator import Vendor  # noqa: E402
from invex.fields.standard import STANDARD_FIELDS  # noqa: E402
from invex.reading.words import to_json  # noqa: E402
from mlops.learning import __main__ as command  # noqa: E402
from mlops.learning import pretrain  # noqa: E402
from mlops.learning.checkpoints import Checkpoints, Yielded  # noqa: E402
from mlops.learning.dataset import Sample  # noqa: E402
from mlops.learning.layout import Layout  # noqa: E402
from mlops.learning.network import building, checkpoint  # noqa: E402
from mlops.learning.network.batches import pad_words  # noqa: E402
from mlops.learning.network.building import build_network  # noqa: E402
from mlops.learning.network.config import PretrainingConfig, TrainingConfig  # noqa: E402
from mlops.learning.network.inputs import first_cells, read_inputs  # noqa: E402
from mlops.learning.network.pretraining import Pretrainer, hide  # noqa: E402
from mlops.learning.package import Package  # noqa: E402
from mlops.learning.predictor import shipped_package  # noqa: E402
from mlops.learning.view import View  # noqa: E402
from tests.mlops.learning.network.tiny import TINY, digest  # noqa: E402

SHORT = TrainingConfig(documents=4, steps=4, batch=2, warmup=2, members=1)
GUESSING = PretrainingConfig(steps=6, batch=2, warmup=2)
FIELDS = len(STANDARD_FIELDS)


@pytest.fixture(scope="module")
def documents():
    return [Vendor(seed).document(0) for seed in range(4)]


@pytest.fixture(scope="module")
def pages(documents):
    return [read_inputs(View(one.document).layout) for one in documents]


def pretrained(pages, steps):
    trainer = Pretrainer(TINY, GUESSING, FIELDS)
    for progress in trainer.run(pages[:2], pages[2:]):
        if progress.step == steps:
            break
    return trainer


def test_what_is_guessed_is_hidden_and_is_no_number(pages):
    words = pad_words(pages, TINY.buckets)
    torch.manual_seed(1)
    seen, guessed = hide(words, GUESSING)
    assert guessed.any()
    assert not seen.word[guessed].any()
    assert not seen.grams[guessed].any()
    assert words.word[guessed].all()
    assert (words.form[guessed][:, 1] < 0.3).all()
    known = seen.word > 0
    assert torch.equal(seen.word[known], words.word[known])


def test_guesses_get_better(pages):
    trainer = Pretrainer(TINY, PretrainingConfig(steps=90, batch=4, warmup=2, rate=4e-2), FIELDS)
    losses = [p.loss for p in trainer.run(pages, [])]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


@pytest.mark.parametrize("stop", [1, 4])
def test_an_interrupted_pretraining_ends_with_the_same_bytes(pages, stop):
    part = checkpoint.to_bytes(pretrained(pages, stop))
    torch.rand(7)  # whatever else drew random numbers meanwhile
    resumed = checkpoint.from_bytes(part)
    assert isinstance(resumed, Pretrainer)
    list(resumed.run(pages[:2], pages[2:]))
    assert digest(resumed) == digest(pretrained(pages, GUESSING.steps))


def test_a_network_is_another_one_after_pretraining_and_goes_on_from_both_checkpoints(
    documents, pages, tmp_path, monkeypatch
):
    samples = [Sample(str(n), one.document, one.label) for n, one in enumerate(documents)]
    monkeypatch.setattr(building, "CHECKPOINT_STEPS", 3)
    saved = tmp_path / "network.checkpoint"

    def build(saved, archive=pages, guessing=GUESSING):
        return build_network(
            samples, STANDARD_FIELDS, TINY, SHORT, saved=saved, unlabelled=archive, pretraining=guessing
        )

    whole = build(saved)
    alone = build_network(samples, STANDARD_FIELDS, TINY, SHORT)
    assert whole != alone
    assert build(saved) == whole  # from the checkpoint of the training
    with pytest.raises(checkpoint.BadCheckpoint, match="other documents"):
        build(saved, archive=pages[:2])
    with pytest.raises(checkpoint.BadCheckpoint, match="other documents"):
        build_network(samples, STANDARD_FIELDS, TINY, SHORT, saved=saved)
    saved.unlink()
    assert build(saved) == whole  # from that of the pretraining
    saved.unlink()
    with pytest.raises(checkpoint.BadCheckpoint, match="another configuration"):
        build(saved, guessing=replace(GUESSING, steps=9))


@pytest.mark.parametrize("asked", [2, 5, 8, 11])
def test_a_build_that_is_stopped_at_any_step_goes_on_there(documents, pages, tmp_path, asked):
    samples = [Sample(str(n), one.document, one.label) for n, one in enumerate(documents)]
    told: list[dict] = []

    def build(saved, watched):
        return build_network(
            samples, STANDARD_FIELDS, TINY, SHORT, saved=saved, unlabelled=pages, pretraining=GUESSING, watched=watched
        )

    whole = build(None, Checkpoints(tell=told.append))
    assert [(one["step"], len(one.get("curve", ()))) for one in told] == [
        (building.MAKING, 0),  # none yet
        (building.MAKING, 0),  # all of them
        ("network 1 of 1, pretraining", 1),
        ("network 1 of 1", 1),
    ]
    looks = iter([False] * asked)
    saved = tmp_path / "network.checkpoint"
    with pytest.raises(Yielded, match="stopped after"):
        build(saved, Checkpoints(should_stop=lambda: next(looks, True)))
    assert asked < len(documents) or list(tmp_path.iterdir()), "a step is kept"
    again: list[dict] = []
    assert build(saved, Checkpoints(tell=again.append)) == whole
    assert again[-1]["curve"] == told[-1]["curve"]


def test_a_long_document_is_cut_between_cells(documents):
    layout = View(documents[0].document).layout
    assert isinstance(layout, Layout)
    cut = first_cells(read_inputs(layout), 5)
    assert (cut.cells, cut.words) == (5, layout.cell_start[5])
    assert cut.cell.max() == 4
    assert first_cells(cut, 9) is cut


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"archive": 0.0}, {"cells": 1.0}, {"cells": 0.0, "words": 0.0}])
def test_a_pretraining_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"must be positive|are shares"):
        PretrainingConfig(**wrong)


class TestTheCommand:
    @pytest.fixture
    def archive(self, documents, tmp_path):
        """A dataset folder without labels."""
        folder = tmp_path / "archive"
        (folder / "words").mkdir(parents=True)
        for n, one in enumerate(documents):
            (folder / "words" / f"d{n}.json").write_text(json.dumps(to_json(one.document)))
        about = {"format": "invex-dataset/1", "name": "archive", "documents": [{"id": f"d{n}"} for n in range(4)]}
        (folder / "dataset.json").write_text(json.dumps(about))
        return folder

    def test_sigterm_lets_it_yield(self, archive, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(pretrain, "asked_to_stop", lambda: lambda: True)
        assert command.main(["pretrain", str(archive), "--out", str(tmp_path / "mine.zip"), "--smoke"]) == 4
        assert not (tmp_path / "mine.zip").exists()

    def test_a_package_says_what_its_network_has_read(self, archive, tmp_path, monkeypatch):
        monkeypatch.setattr(pretrain, "SMOKE", replace(pretrain.SMOKE, network=TINY, measured=2))
        out = tmp_path / "mine.zip"
        assert command.main(["pretrain", str(archive), "--out", str(out), "--smoke"]) == 0
        package, shipped = Package.load(out), shipped_package()
        assert package.manifest["pretraining"]["dataset"] == "archive"
        assert package.manifest["pretraining"]["documents"] == 4
        assert "4 documents of archive" in package.card
        assert "no real document" not in package.card
        assert "no real document" in shipped.card
        assert package.manifest["configuration"]["training"]["steps"] == pretrain.SMOKE.training.steps
        assert package.build == "Invexarchive-0.1.0-build.1"
        assert package.network is not None
        assert package.network != shipped.network
        for mine, its in zip(package.day_zero.fields, shipped.day_zero.fields, strict=True):
            np.testing.assert_array_equal(mine.scorer.values, its.scorer.values)

    def test_a_dataset_without_documents_is_refused(self, archive, tmp_path, capsys):
        (archive / "dataset.json").write_text(json.dumps({"format": "invex-dataset/1", "documents": []}))
        assert command.main(["pretrain", str(archive), "--out", str(tmp_path / "x.zip")]) == 5
        assert "no document" in capsys.readouterr().err

    def test_a_machine_without_torch_is_told_before_anything_is_read(self, archive, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(pretrain, "find_spec", lambda name: None)
        assert command.main(["pretrain", str(archive), "--out", str(tmp_path / "x.zip")]) == 2
        assert "install invex[train]" in capsys.readouterr().err
