"""From a dataset to a package: `learn` of FORMATS.md, section 6."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from invex.fields.labels import label_to_json
from invex.fields.spec import FieldSpec, TableSpec, TemplateSpec
from invex.fields.template_json import template_to_json
from invex.reading.words import to_json

from .checkpoints import NO_CHECKPOINTS, Checkpoints
from .dataset import Dataset, Reader, Sample, samples
from .finding import WARNING, Finding
from .fitting import Example, FitConfig, fit_examples
from .label_forms import in_other_form, is_in_form
from .learned_breaks import occurrences
from .locate import as_printed, locate
from .message import FieldKey
from .model import StoredTable, TemplateModel
from .package import EMPTY, Package, environment, memory_of
from .predictor import day_zero_table, table_below, transferred_prior
from .scorer import Watch, watch_nothing
from .tables.model import NoRows, fit_table
from .templates import fit_templates
from .view import View

log = logging.getLogger(__name__)

EVERY = "*"  # the template that documents of all templates are taken for
SMOKE_DOCUMENTS = 3  # a template, in a smoke run

# What to do about a value that was not found on its page.
NOT_PRINTED = "Compare with the page: correct the value, draw boxes where it stands, or have the page read again."
OTHER_BOXES = "Compare with the page: correct the value, or draw its boxes around the whole value and nothing else."
NO_BOXES = "Draw boxes where it stands, or correct the field's type."

# Told of labels that somebody should look at, in the order of the documents.
Warn = Callable[[Sequence[Finding]], None]


def _warn_nobody(findings: Sequence[Finding]) -> None:
    pass


class NothingToLearn(ValueError):
    """The dataset has no labelled document."""


@dataclass(frozen=True, slots=True)
class LearnConfig:
    """How a package is learned; saved in it."""

    fit: FitConfig = field(default_factory=FitConfig)
    seed: int = 0


def learn(
    dataset: Dataset,
    *,
    base: Package | None = None,
    reader: Reader | None = None,
    config: LearnConfig | None = None,
    version: str = "0.1.0",
    build: int = 0,
    is_smoke: bool = False,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    warn: Warn = _warn_nobody,
) -> Package:
    """Return the package learned from the labelled documents of `dataset`.

    warn: told first of values in another form and of unknown keys, then of values that are not found on their page.
    Raises NothingToLearn, BadDataset, Yielded, and what `reader` raises.
    """
    known = tuple(samples(dataset, reader))
    if is_smoke:
        known = _few(known)
    if not known:
        raise NothingToLearn(f"{dataset.root}: no document has a label; add labels/ID.json files")
    warn(in_other_form([(s.id, s.label) for s in known], dataset.fields, dataset.tables))
    package = learn_samples(
        known, dataset.fields, dataset.tables, name=dataset.name, base=base, config=config, version=version,
        build=build, checkpoints=checkpoints, warn=warn,
    )  # fmt: skip
    if not dataset.version:
        return package
    return stamped(package, dataset={**package.manifest["dataset"], "version": dataset.version})


def learn_samples(
    known: Sequence[Sample],
    fields: Sequence[FieldSpec],
    tables: Sequence[TableSpec],
    *,
    name: str,
    base: Package | None = None,
    config: LearnConfig | None = None,
    version: str = "0.1.0",
    build: int = 0,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    warn: Warn = _warn_nobody,
) -> Package:
    """Return the package learned from documents that were read already; `fields` and `tables` are all that were asked.

    name: the project's. version, build: what the package is called, see FORMATS.md, section 3. checkpoints: each
    template is a step. warn: told of values that are not found on their page. Raises Yielded.
    """
    config = config or LearnConfig()
    examples = [Example(View(s.document), s.label, s.id) for s in known]
    start = base or EMPTY
    by_template: dict[str, list[Example]] = {}
    for example in examples:
        if example.label.template is not None:
            by_template.setdefault(example.label.template, []).append(example)
    steps = _Steps(checkpoints, start, config, dataset_hash(known))
    everything = TemplateSpec(EVERY, tuple(f for f in fields if any(e.label.fields.get(f.key) for e in examples)))
    is_one = len(by_template) == 1 and all(e.label.template is not None for e in examples)
    shared = None if is_one else steps.fit(everything, examples)
    models = {}
    for template, mine in sorted(by_template.items()):
        models[template] = steps.fit(_spec(template, fields, tables, mine), mine, shared)
        log.info("template %s: %d documents, %s", template, len(mine), _located(models[template]))
    if shared is None:  # what all templates share is what the only one knows
        shared = replace(next(iter(models.values())), spec=everything, tables={})
    warn([f for e in examples for f in _not_located(e, models.get(e.label.template or "", shared))])
    index = fit_templates({n: [e.view.document for e in es] for n, es in by_template.items()})
    return Package(
        manifest={
            "name": project_name(name),
            "version": version,
            "build": build,
            "dataset": {"name": name, "sha256": dataset_hash(known), "documents": len(known)},
            "code": code_version(),
            "configuration": asdict(config),
            "seed": config.seed,
            "base": start.build,
            "metrics": {},
            **environment(),
            **{key: start.manifest[key] for key in ("pretraining",) if key in start.manifest},
        },
        day_zero=start.day_zero,
        network=start.network,
        matcher=start.matcher,
        shared=shared,
        models=models,
        index=index,
        memory=memory_of(tuple(known)),
        card=_card(name, known, models),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """Fits on top of `base`, each a step of the training. dataset: hash of all documents that take part."""

    checkpoints: Checkpoints
    base: Package
    config: LearnConfig
    dataset: str

    def fit(
        self, spec: TemplateSpec, examples: Sequence[Example], shared: TemplateModel | None = None
    ) -> TemplateModel:
        """Return the model of `spec`, always by way of its bytes: a kept step and a made one are then the same.

        shared: what all documents taught together, on top of which this one is fitted.
        """
        losses: list[float] = []  # told beside the step; none where a checkpoint has it

        def make() -> bytes:
            curves: list[tuple[float, ...]] = []
            made = _fit(replace(self.base, shared=shared), spec, examples, self.config, watch=curves.append)
            losses.extend(mean_curve(curves))
            return made.to_bytes()

        data = self.checkpoints.step(
            spec.name,
            {
                "spec": template_to_json(spec),
                "examples": dataset_hash([Sample(e.id, e.view.document, e.label) for e in examples]),
                "shared": self.dataset if shared is not None else "",
                "base": [self.base.build, self.base.manifest.get("code", ""), self.base.manifest.get("seed", 0)],
                "network": network_hash(self.base),
                "configuration": asdict(self.config),
                "code": code_version(),
                "environment": environment(),
            },
            make,
            documents=len(examples),
            losses=losses,
        )
        return TemplateModel.from_bytes(data)


def fit_template(base: Package, spec: TemplateSpec, known: Sequence[Sample], *, seed: int = 0) -> TemplateModel:
    """Return the model of one template on top of `base`: how Invex learns at once from a confirmed document.

    What the other templates of `base` taught takes part; what this one alone taught would count twice.
    """
    examples = [Example(View(s.document), s.label, s.id) for s in known]
    mine = base.models.get(spec.name)
    if base.shared is not None and mine is not None and base.shared.documents == mine.documents:
        base = replace(base, shared=None)
    return _fit(base, spec, examples, LearnConfig(seed=seed))


def mean_curve(curves: Sequence[tuple[float, ...]]) -> list[float]:
    """Return the mean objective of the fields, a figure a step; a field that has converged keeps its last one."""
    known = [curve for curve in curves if curve]
    steps = range(max(map(len, known), default=0))
    return [round(sum(curve[min(n, len(curve) - 1)] for curve in known) / len(known), 6) for n in steps]


def _fit(
    base: Package,
    spec: TemplateSpec,
    examples: Sequence[Example],
    config: LearnConfig,
    watch: Watch = watch_nothing,
) -> TemplateModel:
    """Return the model of `spec` on top of what `base` knows, and of what its templates share unless that is None."""
    prior = transferred_prior(base)  # day zero alone, where the templates share nothing yet
    model = fit_examples(
        spec, examples, prior=prior, matcher=base.matcher, config=config.fit, seed=config.seed,
        watch=watch,
    )  # fmt: skip
    day_zero = day_zero_table(base)
    known = [Sample(e.id, e.view.document, e.label) for e in examples]
    tables = {}
    for table in spec.tables:
        if any(s.label.tables.get(table.key) for s in known):
            with suppress(NoRows):  # as where nothing was read on the documents that have them
                tables[table.key] = StoredTable.of(fit_table(table, known, table_below(day_zero, table.key)))
    return replace(model, tables=tables, is_transferred=base.shared is not None)


def _spec(
    name: str, fields: Iterable[FieldSpec], tables: Iterable[TableSpec], examples: Sequence[Example]
) -> TemplateSpec:
    """What the documents of a template were asked: the fields, also such as none of them has, and the tables."""
    return TemplateSpec(
        name,
        tuple(f for f in fields if any(f.key in e.label.fields for e in examples)),
        tuple(t for t in tables if any(e.label.tables.get(t.key) for e in examples)),
    )


def _few(known: Sequence[Sample]) -> tuple[Sample, ...]:
    taken: dict[str | None, int] = {}
    out = []
    for sample in known:
        taken[sample.label.template] = taken.get(sample.label.template, 0) + 1
        if taken[sample.label.template] <= SMOKE_DOCUMENTS:
            out.append(sample)
    return tuple(out)


def _located(model: TemplateModel) -> str:
    """Say how many of the confirmed values were found on their page, and of which fields not all."""
    counts = {f.field.key: (f.located, f.asked) for f in model.fields}
    abouts = {key: json.loads(table.about) for key, table in model.tables.items()}
    counts |= {key: (about["located"], about["asked"]) for key, about in abouts.items()}
    found, asked = (sum(both[i] for both in counts.values()) for i in (0, 1))
    some = [f"{key} {found} of {asked}" for key, (found, asked) in counts.items() if found < asked]
    return f"{found} of {asked} values located" + (f" ({', '.join(some)})" if some else "")


def _not_located(example: Example, model: TemplateModel) -> Iterator[Finding]:
    """Yield a finding for each confirmed value of a document that `model` was not learned from."""
    for spec in (one.field for one in model.fields):
        kind = spec.type
        for value in example.label.fields.get(spec.key, ()):
            candidates = example.view.candidates(kind, model.breaks)
            if not is_in_form(kind, value) or locate(candidates, as_printed(candidates, value)).matching.any():
                continue
            sentence, what_to_do = "not printed as labelled", NOT_PRINTED
            if value.boxes:
                sentence, what_to_do = "neither read in the boxes of its label nor elsewhere", OTHER_BOXES
            elif occurrences(example.view.layout, value.value):
                sentence, what_to_do = f"printed, but not read as a value of type {kind}", NO_BOXES
            yield Finding(
                WARNING,
                "value_not_on_page",
                "Document {1}: {2} = {3} is " + sentence + ".",
                ((example.id,), (FieldKey(spec.key),), (repr(value.value),)),
                what_to_do,
                (example.id,),
            )


def project_name(name: str) -> str:
    cleaned = "".join(c for c in name if c.isalnum())
    return cleaned[:1].upper() + cleaned[1:] or "Project"


def dataset_hash(known: Sequence[Sample]) -> str:
    """sha256 over ids, words and labels: what was learned from, whatever the folder is called."""
    digest = hashlib.sha256()
    for sample in sorted(known, key=lambda s: s.id):
        digest.update(repr((sample.id, to_json(sample.document), label_to_json(sample.label))).encode())
    return digest.hexdigest()


def network_hash(package: Package) -> str:
    """sha256 of the network's file, "" without one."""
    return hashlib.sha256(package.network.onnx).hexdigest() if package.network is not None else ""


def code_version() -> str:
    """sha256 of the sources that shape a model: this library and the fields' room."""
    here = Path(__file__).parent
    return sources_hash(here, here.parents[1] / "invex" / "fields")


def sources_hash(*folders: Path) -> str:
    """The beginning of the sha256 of all sources below the folders, with their names."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _card(name: str, known: Sequence[Sample], models: dict[str, TemplateModel]) -> str:
    """card.md: what the package was learned from, and what is known to limit it."""
    lines = [f"# {project_name(name)}", "", f"Learned from {len(known)} labelled documents of `{name}`."]
    lines += ["", "| template | documents | values located on the page |", "|---|---|---|"]
    for template, model in sorted(models.items()):
        asked, located = sum(f.asked for f in model.fields), sum(f.located for f in model.fields)
        lines.append(f"| {template} | {model.documents} | {located} of {asked} |")
    lines += [
        "",
        "Values that are not on the page as confirmed cannot be learned. Fields that nobody confirmed are not read.",
    ]
    return "\n".join(lines) + "\n"


def stamped(package: Package, **manifest: Any) -> Package:
    """Return the package with other entries in its manifest: a build number, metrics."""
    return replace(package, manifest={**package.manifest, **manifest})
