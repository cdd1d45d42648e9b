"""The network at a size that trains in a second: same bytes after an interruption, ONNX as torch, refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fixtures.generator import Vendor
from invex.fields.prediction import Prediction
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.fields.standard import STANDARD_FIELDS
from invex.reading.types import Document
from mlops.learning import side_by_side
from mlops.learning.candidates import NO_BREAKS, find
from mlops.learning.checkpoints import Checkpoints, Yielded
from mlops.learning.cli import goes_on
from mlops.learning.dataset import Sample
from mlops.learning.layout import Layout, lay_out
from mlops.learning.model import FieldModel, TemplateModel
from mlops.learning.network import inputs as network_inputs
from mlops.learning.network.config import NetworkConfig, TrainingConfig
from mlops.learning.network.examples import Example, make_example
from mlops.learning.network.inputs import CELL_FLOATS, LAST_CELLS, MOST_CELLS, WORD_FLOATS, read_inputs
from mlops.learning.network.serving import Evidence, Network
from mlops.learning.package import EMPTY, Package
from mlops.learning.predictor import NETWORK_SHARE, Predictor, network_prior, prior_of, shipped_package
from mlops.learning.reading_fields import score_fields, why
from mlops.learning.scorer import EMPTY_SCORER, Scorer
from mlops.learning.view import View

torch = pytest.importorskip("torch")

from mlops.learning.network import building, checkpoint, export, files, serving  # noqa: E402  torch first
from mlops.learning.network.batches import collate, pad_words  # noqa: E402
from mlops.learning.network.building import build_network  # noqa: E402
from mlops.learning.network.encoder import Encoder  # noqa: E402
from mlops.learning.network.loss import scores  # noqa: E402
from mlops.learning.network.training import Trainer, batch_of  # noqa: E402
from tests.mlops.learning.network.tiny import TINY, digest  # noqa: E402

SHORT = TrainingConfig(documents=6, steps=6, batch=2, warmup=2, members=1)
KEYS = tuple(f.key for f in STANDARD_FIELDS)


def sample(seed: int) -> Sample:
    one = Vendor(seed).document(0)
    return Sample(str(seed), one.document, one.label)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [sample(seed) for seed in range(6)]


@pytest.fixture(scope="module")
def examples(samples) -> list[Example]:
    return [make_example(s, STANDARD_FIELDS, most=30, rng=np.random.default_rng(0)) for s in samples]


def trained(examples: list[Example], steps: int) -> Trainer:
    trainer = Trainer(TINY, SHORT, len(STANDARD_FIELDS))
    for progress in trainer.run(examples):
        if progress.step == steps:
            break
    return trainer


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_an_interrupted_training_ends_with_the_same_bytes(examples, stop):
    whole = trained(examples, SHORT.steps)
    part = checkpoint.to_bytes(trained(examples, stop))
    torch.rand(7)  # whatever else drew random numbers meanwhile
    resumed = checkpoint.from_bytes(part)
    assert resumed.step == stop
    list(resumed.run(examples))
    assert digest(resumed) == digest(whole)


def test_the_network_is_the_mean_of_the_last_weights(examples):
    trainer, last = Trainer(TINY, SHORT, len(STANDARD_FIELDS)), []
    for progress in trainer.run(examples):
        if progress.step > 3:  # of six, half are averaged
            last.append({k: v.clone() for k, v in trainer.encoder.state_dict().items()})
        else:
            assert trainer.trained is trainer.encoder
    assert len(last) == 3
    for name, value in trainer.trained.state_dict().items():
        mean = torch.stack([weights[name] for weights in last]).mean(0)
        np.testing.assert_allclose(value, mean, atol=1e-6)
    assert not torch.equal(trainer.trained.state_dict()["words.weight"], last[-1]["words.weight"])


def test_the_rate_settles_where_averaging_begins():
    config = TrainingConfig(steps=100, warmup=10, rate=1.0, settled=0.25, averaged=0.4)
    trainer, rates = Trainer(TINY, config, 1), []
    for trainer.step in range(100):
        rates.append(trainer._rate())
    assert (rates[0], rates[9], max(rates)) == (0.1, 1.0, 1.0)
    assert rates[10:60] == sorted(rates[10:60], reverse=True)
    assert set(rates[60:]) == {0.25}


def test_training_learns(examples):
    few = examples[:2]
    trainer = Trainer(TINY, TrainingConfig(steps=30, batch=2, warmup=2, rate=2e-2), len(STANDARD_FIELDS))
    losses = [p.loss for p in trainer.run(few)]
    assert losses[-1] < 0.6 * losses[0]


def test_every_document_is_learned_from_once_an_epoch(examples):
    epoch = [i for step in range(3) for i in batch_of(step, examples, SHORT)]
    assert sorted(epoch) == list(range(6))
    assert epoch != [i for step in range(3, 6) for i in batch_of(step, examples, SHORT)]


@pytest.mark.parametrize("data", [b"", b"nothing", b"\0" * 200])
def test_other_bytes_are_no_checkpoint(data):
    with pytest.raises(checkpoint.BadCheckpoint):
        checkpoint.from_bytes(data)


def test_onnx_gives_the_scores_of_torch(samples, examples):
    trainer = trained(examples, SHORT.steps)
    data = export.export([trainer.encoder], KEYS, [e.inputs for e in examples])
    encoder = export._rounded(trainer.encoder).eval()
    network = Network(data, KEYS, TINY.buckets)
    full = make_example(samples[0], STANDARD_FIELDS, most=10**6, rng=np.random.default_rng(0))
    with torch.no_grad():
        batch = collate([full], TINY.buckets)
        logits, absent = encoder(*batch.words)
        expected = (scores(logits, batch) - absent[:, None])[0].numpy()
    view = View(samples[0].document)
    evidence = network.evidence(read_inputs(view.layout))
    at = 0
    for kind in sorted({f.type for f in STANDARD_FIELDS}):
        candidates = view.candidates(kind)
        for j, field in enumerate(STANDARD_FIELDS):
            if field.type == kind:
                odds = evidence.log_odds(candidates, field.key)
                np.testing.assert_allclose(odds, expected[at : at + len(candidates), j], atol=1e-3)
        at += len(candidates)
    assert evidence.log_odds(candidates, "invented_a_minute_ago") is None


def test_documents_that_are_read_together_say_what_they_say_alone(examples, monkeypatch):
    inputs = [e.inputs for e in examples]
    empty = read_inputs(lay_out(Document(())))
    network = Network(export.export([Encoder(TINY, 2)], ("a", "b"), inputs), ("a", "b"), TINY.buckets)
    documents = [*inputs[:3], empty, *inputs[3:]]
    longest = max(i.cells for i in inputs)
    monkeypatch.setattr(serving, "MOST_PAIRS", 3 * longest**2)
    batches = list(serving._batches(documents, serving.MOST_PAIRS))
    assert sorted(i for batch in batches for i in batch) == [0, 1, 2, 4, 5, 6], "each once, none without words"
    assert 1 < len(batches) < 6
    assert all(len(batch) * max(documents[i].cells for i in batch) ** 2 <= 3 * longest**2 for batch in batches)
    for one, together in zip(documents, network.evidences(documents), strict=True):
        alone = network.evidence(one)
        assert together.logits.shape == (one.words, 2, 3)
        np.testing.assert_allclose(together.logits, alone.logits, atol=1e-5)
        np.testing.assert_allclose(together.absent, alone.absent, atol=1e-5)
        np.testing.assert_array_equal(together.at, one.at)


def test_a_document_too_long_for_a_batch_is_read_alone(examples):
    assert [len(batch) for batch in serving._batches([e.inputs for e in examples], 1)] == [1] * len(examples)


def test_a_network_of_a_build_before_there_were_batches_reads_one_by_one(examples, monkeypatch):
    inputs = [e.inputs for e in examples]
    network = Network(export.export([Encoder(TINY, 2)], ("a", "b"), inputs), ("a", "b"), TINY.buckets)
    assert network._takes_many
    alone = [network.evidence(i) for i in inputs]
    session, runs = network._session, []

    class Before:
        """Its first axis is one."""

        def get_inputs(self):
            return [SimpleNamespace(shape=[1, "words", 8])]

        def run(self, names, together):
            runs.append(len(together["word"]))
            return session.run(names, together)

    network.__dict__["_session"] = Before()
    for one, said in zip(network.evidences(inputs), alone, strict=True):
        np.testing.assert_array_equal(one.logits, said.logits)
    assert runs == [1] * len(inputs)


def test_the_shipped_network_reads_many_documents_at_a_time(samples):
    network = shipped_package().network
    inputs = [read_inputs(View(s.document).layout) for s in samples[:3]]
    for one, together in zip(inputs, network.evidences(inputs), strict=True):
        np.testing.assert_allclose(together.logits, network.evidence(one).logits, atol=1e-3)
    assert network._takes_many


def test_predictions_together_are_those_of_one_by_one(samples):
    network = build_network(samples, STANDARD_FIELDS, TINY, SHORT)
    predictor = Predictor(replace(shipped_package(), network=network))
    documents = [s.document for s in samples]
    together = list(predictor.predict_many(iter(documents), together=4))
    for one, alone in zip(together, map(predictor.predict, documents), strict=True):
        assert one.template == alone.template
        assert {k: [v.value for v in found] for k, found in one.fields.items()} == {
            k: [v.value for v in found] for k, found in alone.fields.items()
        }


def test_a_gpu_is_given_many_documents_and_answers_each(samples, monkeypatch):
    predictor, asked = Predictor(EMPTY, device="cuda:0"), []
    right = Predictor.predict_many

    def predict_many(self, documents, *, together):
        asked.append(together)
        return right(self, documents, together=together)

    monkeypatch.setattr(Predictor, "predict_many", predict_many)
    with side_by_side.predicting(predictor, Path("never.zip"), len(samples)) as (submit, ahead):
        assert ahead + 1 == side_by_side.TOGETHER
        first = [submit(s.document) for s in samples[:4]]
        answers = [first[1](), first[0]()]
        later = [submit(s.document) for s in samples[4:]]
        answers += [first[2](), first[3](), *(answer() for answer in later)]
    assert asked == [4, 2]
    assert all(isinstance(one.prediction, Prediction) and one.seconds > 0 for one in answers)


def test_an_export_that_computes_something_else_is_refused(examples, monkeypatch):
    encoder, other = Encoder(TINY, 2), Encoder(TINY, 2)
    inputs = [e.inputs for e in examples[:2]]
    right = export._onnx
    monkeypatch.setattr(export, "_onnx", lambda _, example: right(other.eval(), example))
    with pytest.raises(export.ExportDiffers, match="not exported"):
        export.export([encoder], ("a", "b"), inputs)


def test_weights_are_rounded_to_few_bits_tables_to_fewer(examples):
    encoder = trained(examples, SHORT.steps).encoder
    for name, value in export._rounded(encoder).state_dict().items():
        bits = 8 if name.startswith(("grams.", "words.")) else 11
        np.testing.assert_allclose(value, encoder.state_dict()[name], rtol=2.0**-bits, atol=1e-7)
        dropped = value.numpy().view(np.uint32) & ((1 << (24 - bits)) - 1)  # of 24 significant ones
        assert not dropped.any()


def test_the_logits_of_an_ensemble_are_the_mean_of_its_members(examples):
    inputs = [e.inputs for e in examples]
    members = [Encoder(TINY, 2), Encoder(TINY, 2)]
    *said, both = (
        Network(export.export(some, ("a", "b"), inputs), ("a", "b"), TINY.buckets).evidence(inputs[0])
        for some in (members[:1], members[1:], members)
    )
    assert np.abs(said[0].logits - said[1].logits).max() > 1e-2
    np.testing.assert_allclose(both.logits, (said[0].logits + said[1].logits) / 2, atol=1e-4)
    np.testing.assert_allclose(both.absent, (said[0].absent + said[1].absent) / 2, atol=1e-4)


def test_padding_changes_nothing(examples):
    encoder = Encoder(TINY, 3).eval()
    short, long = sorted((e.inputs for e in examples), key=lambda i: i.words)[:: len(examples) - 1]
    with torch.no_grad():
        alone = encoder(*pad_words([short], TINY.buckets))
        beside = encoder(*pad_words([short, long], TINY.buckets))
    np.testing.assert_allclose(alone[0][0], beside[0][0, : short.words], atol=1e-5)
    np.testing.assert_allclose(alone[1][0], beside[1][0], atol=1e-5)


@pytest.fixture(scope="module")
def long_layout() -> Layout:
    """Of pages that say different things."""
    layout = lay_out(Document(tuple(page for seed in range(20) for page in sample(seed).document.pages)))
    assert layout.cells > MOST_CELLS + 100
    return layout


def test_of_a_long_document_the_beginning_and_the_end_are_read(long_layout):
    inputs = read_inputs(long_layout)
    first, last = MOST_CELLS - LAST_CELLS, long_layout.cells - LAST_CELLS
    assert inputs.cells == MOST_CELLS
    assert inputs.form.shape == (inputs.words, WORD_FLOATS)
    assert inputs.place.shape == (MOST_CELLS, CELL_FLOATS)
    assert inputs.stop[-1] == inputs.words == len(inputs.grams)
    np.testing.assert_array_equal(inputs.start[1:], inputs.stop[:-1])
    assert np.isfinite(inputs.place).all()
    assert np.isfinite(inputs.form).all()
    read = [*range(long_layout.cell_start[first]), *range(long_layout.cell_start[last], long_layout.words)]
    np.testing.assert_array_equal(inputs.at, read)
    cells = long_layout.cell[inputs.at]
    np.testing.assert_array_equal(inputs.cell, np.where(cells < first, cells, cells - last + first))
    np.testing.assert_allclose(inputs.box[-1, :2], long_layout.cell_box[-1, [0, 2]], atol=1e-6)


def test_what_is_read_of_a_long_document_is_what_the_whole_one_says_of_it(long_layout):
    read, whole = read_inputs(long_layout), network_inputs._whole(long_layout, long_layout.texts)
    first, last = MOST_CELLS - LAST_CELLS, long_layout.cells - LAST_CELLS
    assert len(set(long_layout.texts)) > len({long_layout.texts[at] for at in read.at}), "some are not worked out"
    for name in ("grams", "word", "form"):
        np.testing.assert_array_equal(getattr(read, name), getattr(whole, name)[read.at])
    for name in ("place", "box"):
        np.testing.assert_array_equal(getattr(read, name), np.delete(getattr(whole, name), np.s_[first:last], axis=0))


def test_candidates_that_were_not_read_have_no_evidence(long_layout):
    inputs = read_inputs(long_layout)
    logits = np.zeros((inputs.words, 1, 3), np.float32)
    candidates = find(long_layout, "text")
    last = int(candidates.first.max())
    logits[inputs.at == last, 0, 0] = 7.0  # a value begins there
    evidence = Evidence(logits, np.zeros(1, np.float32), ("supplier_name",), inputs.at)
    values = evidence.log_odds(candidates, "supplier_name")
    is_read = [set(candidates.words(k)) <= set(inputs.at.tolist()) for k in range(len(candidates))]
    assert not all(is_read)
    assert last > long_layout.words - 100
    np.testing.assert_array_equal(values, np.where(candidates.first == last, 7.0, np.where(is_read, 0.0, np.nan)))


def test_of_what_the_network_has_not_read_the_scorer_speaks_alone_and_in_full(samples, long_layout):
    view, spec = View(long_layout.document), STANDARD_FIELDS[5]
    buckets = np.unique(view.features(spec.type).bucket)
    scorer = Scorer(buckets.astype(np.int32), np.linspace(-1, 1, len(buckets), dtype=np.float32), 0.25)
    model = TemplateModel(TemplateSpec("*", (spec,)), (FieldModel(spec, scorer, gain=0.75, trust=0.5),))
    said = network_prior(build_network(samples, STANDARD_FIELDS, TINY, SHORT))
    own, network = scorer.scores(view.features(spec.type)), said(view, spec, NO_BREAKS).scores
    is_read = ~np.isnan(network)
    assert 0 < is_read.sum() < len(is_read)
    assert network[is_read].max() >= 0
    (scored,) = score_fields(view, model, said).fields
    np.testing.assert_array_equal(scored.scores[~is_read], own[~is_read])
    np.testing.assert_allclose(scored.scores[is_read], (0.5 * own + 0.75 * network)[is_read], atol=1e-5)


def test_a_document_without_words_has_no_evidence():
    evidence = Network(b"never loaded", ("supplier_name",), 64).evidence(read_inputs(lay_out(Document(()))))
    view = View(Document(()))
    assert len(evidence.log_odds(view.candidates("text"), "supplier_name")) == 0


@pytest.mark.parametrize("wrong", [{"heads": 5}, {"layers": 0}, {"dropout": 1.0}, {"unknown_words": -0.1}])
def test_a_network_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        NetworkConfig(**wrong)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"rate": 0.0}, {"batch": 0}, {"weight_decay": -1.0}])
def test_a_training_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        TrainingConfig(**wrong)


def test_a_value_of_a_type_without_candidates_is_not_learned_as_absent():
    known = sample(0)
    page = known.document.pages[0]
    document = replace(known.document, pages=(replace(page, words=tuple(w for w in page.words if "@" not in w.text)),))
    assert not len(View(document).candidates("email"))
    known.label.fields["email_of_nobody"] = known.label.fields["supplier_name"]
    fields = (FieldSpec("email_of_nobody", "email"), FieldSpec("supplier_name", "text"))
    example = make_example(Sample("0", document, known.label), fields, most=30, rng=np.random.default_rng(0))
    assert example.asked.tolist() == [False, True]


def test_serving_never_loads_torch():
    code = "import sys, mlops.learning.network.serving as s; sys.exit('torch' in sys.modules or 'onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0


def test_the_network_travels_in_a_package_and_joins_day_zero(samples, tmp_path):
    network = build_network(samples, STANDARD_FIELDS, TINY, SHORT)
    blank = tuple(FieldModel(f, EMPTY_SCORER, gain=1.0) for f in STANDARD_FIELDS)
    package = replace(EMPTY, day_zero=TemplateModel(TemplateSpec("*", STANDARD_FIELDS), blank), network=network)
    package.save(tmp_path / "package.zip")
    loaded = Package.load(tmp_path / "package.zip")
    assert loaded.network == network
    assert loaded.to_bytes() == package.to_bytes()
    view, spec = View(samples[0].document), STANDARD_FIELDS[0]
    known = network_prior(loaded.network)(view, spec, NO_BREAKS)
    scored = score_fields(view, loaded.day_zero, network_prior(loaded.network)).fields[0]
    assert known is not None
    np.testing.assert_array_equal(scored.scores, known.scores)
    assert known.null == 0.0


def test_a_scorer_counts_as_far_as_it_is_trusted_where_the_network_speaks_and_in_full_alone(samples):
    view, spec = View(samples[0].document), STANDARD_FIELDS[1]
    buckets = np.unique(view.features(spec.type).bucket)[:50]
    scorer = Scorer(buckets.astype(np.int32), np.linspace(-1, 1, len(buckets), dtype=np.float32), 0.25)
    model = TemplateModel(TemplateSpec("*", (spec,)), (FieldModel(spec, scorer, gain=0.75, trust=0.5),))
    said = network_prior(build_network(samples, STANDARD_FIELDS, TINY, SHORT))
    own, (both,), (alone,) = (
        scorer.scores(view.features(spec.type)),
        score_fields(view, model, said).fields,
        score_fields(view, model).fields,
    )
    np.testing.assert_allclose(both.scores, 0.5 * own + 0.75 * said(view, spec, NO_BREAKS).scores, atol=1e-5)
    np.testing.assert_array_equal(alone.scores, own)
    assert TemplateModel.from_bytes(model.to_bytes()).fields[0].trust == 0.5
    best = int(own.argmax())
    halved, full = (dict(why(scored, best)) for scored in (both, alone))
    shared = halved.keys() & full.keys()
    assert shared
    assert all(halved[reason] == pytest.approx(full[reason] / 2) for reason in shared)


def test_the_prior_of_a_templates_standard_fields_has_the_network_in_it_where_it_read_the_whole_document(samples):
    network = build_network(samples, STANDARD_FIELDS, TINY, SHORT)
    blank = tuple(FieldModel(f, EMPTY_SCORER, gain=1.0) for f in STANDARD_FIELDS)
    package = replace(EMPTY, day_zero=TemplateModel(TemplateSpec("*", STANDARD_FIELDS), blank), network=network)
    view, spec = View(samples[0].document), STANDARD_FIELDS[0]
    said, known = network_prior(network)(view, spec, NO_BREAKS), prior_of(package)(view, spec, NO_BREAKS)
    np.testing.assert_allclose(known.scores, NETWORK_SHARE * said.scores, atol=1e-6)
    assert known.scores.any()
    page = samples[0].document.pages[0]
    long = View(replace(samples[0].document, pages=(page,) * (2 + MOST_CELLS // view.layout.cells)))
    assert long.layout.cells > MOST_CELLS
    unread = replace(package, network=Network(b"never loaded", KEYS, TINY.buckets))
    assert not prior_of(unread)(long, spec, NO_BREAKS).scores.any()


def test_a_build_goes_on_from_its_checkpoint_to_the_same_bytes(samples, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "CHECKPOINT_STEPS", 4)
    saved = tmp_path / "network.checkpoint"
    whole = build_network(samples, STANDARD_FIELDS, TINY, SHORT, saved=saved)
    assert checkpoint.from_bytes(saved.read_bytes()).step == 4
    assert build_network(samples, STANDARD_FIELDS, TINY, SHORT, saved=saved) == whole


def test_a_build_that_was_stopped_in_its_second_member_goes_on_there(samples, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "CHECKPOINT_STEPS", 4)
    saved, pair = tmp_path / "network.checkpoint", replace(SHORT, members=2)
    whole = build_network(samples, STANDARD_FIELDS, TINY, pair, saved=saved)
    first, second, *_ = files.of_build(saved, 2)
    assert sorted(tmp_path.iterdir()) == [first, second]
    assert [checkpoint.from_bytes(f.read_bytes()).config.seed for f in (first, second)] == [0, 1]
    before = first.read_bytes()
    second.unlink()
    assert build_network(samples, STANDARD_FIELDS, TINY, pair, saved=saved) == whole
    assert first.read_bytes() == before


def test_it_is_told_how_many_documents_are_made_and_a_stop_says_that_they_are_made_anew(samples, monkeypatch):
    monkeypatch.setattr(building, "TOLD_DOCUMENTS", 2)
    told: list[dict] = []
    asked = iter([False] * 3 + [True])
    stopped = Checkpoints(None, lambda: next(asked), told.append)
    with pytest.raises(Yielded, match=f"stopped after 3 of {SHORT.documents} synthetic documents, which are made anew"):
        build_network(samples, STANDARD_FIELDS, TINY, SHORT, watched=stopped)
    assert [(one["step"], one["documents"], one["wanted"]) for one in told] == [
        (building.MAKING, made, SHORT.documents) for made in (0, 2)
    ]


def test_what_becomes_of_a_stopped_training_is_said_for_the_command_and_for_a_run(tmp_path):
    assert goes_on(None, "--checkpoint FILE") == "nothing was kept: give --checkpoint FILE"
    assert "the same command, or resuming the training run, goes on from there" in goes_on(tmp_path, "")


def test_a_checkpoint_of_another_configuration_is_refused(samples, examples, tmp_path):
    saved = tmp_path / "network.checkpoint"
    saved.write_bytes(checkpoint.to_bytes(trained(examples, 1)))
    with pytest.raises(checkpoint.BadCheckpoint, match="another configuration"):
        build_network(samples, STANDARD_FIELDS, TINY, replace(SHORT, steps=7), saved=saved)


def test_a_machine_without_the_exporter_is_told_before_it_trains(samples, monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="install"):
        build_network(samples, STANDARD_FIELDS, TINY, SHORT)
