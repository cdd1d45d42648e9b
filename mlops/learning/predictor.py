"""A loaded package that reads documents: which template, which values, which rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document

from .breaks import Breaks
from .day_zero import is_invoice
from .devices import CPU
from .fitting import Known, Prior, no_prior
from .model import TemplateModel
from .naming import called_so
from .network.inputs import is_read_whole, read_inputs
from .network.serving import Network
from .own_rows import own_rows
from .package import EMPTY, Package
from .reading_fields import read_fields, score_fields
from .tables.model import TableModel
from .view import View

SURE = 0.5  # confidence from which a field speaks for a document being of a kind
USUAL = 0.8  # share of documents that have a field which is expected of every one
# Of day zero's scorers and of the network in the prior of a template's own fields, where the network reads the whole
# document; how much they count on documents of no template, the base package says.
SCORER_SHARE, NETWORK_SHARE = 0.7, 0.4
CALLED_SO = "a label that is called like the field"
SHIPPED = Path(__file__).parent / "base"


class Predictor:
    """Reads documents with a package; safe to share between threads, since it never changes.

    device: of the network, cpu or cuda:N; all else is numpy.
    """

    def __init__(self, package: Package, *, device: str = CPU) -> None:
        if package.network is not None:
            package = replace(package, network=package.network.on(device))
        self.package = package
        self.device = device
        self.prior = prior_of(package)
        self._transferred = transferred_prior(package)
        self._network = network_prior(package.network)
        self._day_zero_table = day_zero_table(package)
        self._tables = {
            name: {key: table.load(table_below(self._day_zero_table, key)) for key, table in model.tables.items()}
            for name, model in package.models.items()
        }

    @property
    def build(self) -> str:
        return self.package.build

    @property
    def templates(self) -> Mapping[str, TemplateSpec]:
        return self.package.templates

    def with_template(self, model: TemplateModel) -> Predictor:
        """Return a predictor in which `model` is, or replaces, the template of its name."""
        return Predictor(self.package.with_template(model), device=self.device)

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        """Return what `document` says. template: the one it is known to be of; None = detect it."""
        return self._read(View(document), template)

    def predict_many(self, documents: Iterable[Document], *, together: int) -> Iterator[Prediction]:
        """Yield what each document says, in their order; the network is asked about `together` of them at a time."""
        network, rest = self.package.network, iter(documents)
        while views := [View(document) for document in islice(rest, together)]:
            if network is not None:
                said = network.evidences([read_inputs(view.layout) for view in views])
                for view, evidence in zip(views, said, strict=True):
                    view.keep(network, evidence)
            for view in views:
                yield self._read(view)

    def _read(self, view: View, template: str | None = None) -> Prediction:
        document = view.document
        if template is not None and template in self.package.models:
            match = TemplateMatch(template, 1.0)
        else:
            match = self.package.index.match(document)
        model = self.package.models.get(match.name or "")
        if model is not None:
            prior = self._transferred if model.is_transferred else self.prior
            fields = read_fields(view, model, prior, self.package.matcher)
            tables = {key: table.predict(view.layout) for key, table in self._tables[model.spec.name].items()}
        else:
            fields, tables = self._unknown(view)
        return Prediction(match, fields, tables, {"build": self.build, "reader": document.reader})

    def _unknown(self, view: View) -> tuple[dict[str, tuple[Value, ...]], dict[str, tuple[dict[str, Value], ...]]]:
        """Day zero, and what the customer's own templates taught about their fields; nothing from other papers."""
        fields: dict[str, tuple[Value, ...]] = {}
        tables: dict[str, tuple[dict[str, Value], ...]] = {}
        if self.package.day_zero is not None:
            scores = score_fields(view, self.package.day_zero, self._network, self.package.matcher)
            fields = scores.values()
            if not is_invoice(fields):
                fields = dict.fromkeys(fields, ())
            elif self.package.day_zero.absence is not None:
                absence = self.package.day_zero.absence.odds({key for key, values in fields.items() if values})
                fields = scores.given(absence).values()
            if self._day_zero_table is not None and any(fields.values()):
                rows = self._day_zero_table.predict(view.layout)
                tables = {self._day_zero_table.spec.key: own_rows(rows, fields)}
        if self.package.shared is not None:
            mine = read_fields(view, self.package.shared, self.prior, self.package.matcher)
            if is_of_this_kind(self.package.shared, mine):
                fields |= mine
        return fields, tables


def is_of_this_kind(model: TemplateModel, fields: Mapping[str, tuple[Value, ...]]) -> bool:
    """Were most of the fields found that nearly every document of the model had?"""
    usual = [f.field.key for f in model.fields if f.present >= USUAL * (f.present + f.absent)]
    return 2 * sum(_sure(fields, key) for key in usual) > len(usual)


def _sure(fields: Mapping[str, tuple[Value, ...]], key: str) -> bool:
    return any(v.confidence >= SURE for v in fields.get(key, ()))


def day_zero_table(package: Package) -> TableModel | None:
    """The table model of documents of no template, on which those of templates build."""
    stored = package.day_zero.tables if package.day_zero is not None else {}
    return next((table.load(None) for table in stored.values()), None)


def table_below(day_zero: TableModel | None, key: str) -> TableModel | None:
    """The model on which a template's table of that key builds; a table that day zero does not know stands alone."""
    return day_zero if day_zero is not None and day_zero.spec.key == key else None


def prior_of(package: Package) -> Prior:
    """What the base package knows of a field by its key and type; of others, that papers may call them the same."""
    network = network_prior(package.network)

    def prior(view: View, spec: FieldSpec, breaks: Breaks) -> Known | None:
        features = view.features(spec.type, breaks)
        known = package.day_zero.field(spec.key) if package.day_zero is not None else None
        if known is not None and known.field.type == spec.type:
            scores = known.scorer.scores(features, keep=True)
            said = network(view, spec, breaks) if is_read_whole(view.layout) else None
            if said is not None:
                scores = np.float32(SCORER_SHARE) * scores + np.float32(NETWORK_SHARE) * said.scores
            return Known(scores, known.scorer.null)
        worth = package.matcher.worth_of_name(spec.type)
        return Known(worth * called_so(spec, features), 0.0, CALLED_SO) if worth else None

    return prior


def transferred_prior(package: Package) -> Prior:
    """What all templates of the package taught together of a field of the same key, on top of day zero.

    A template learns what is its own on top of what they share: regularised multi-task learning (Evgeniou and Pontil,
    KDD 2004), in two stages.
    """
    day_zero, shared = prior_of(package), package.shared
    if shared is None:
        return day_zero

    def prior(view: View, spec: FieldSpec, breaks: Breaks) -> Known | None:
        before = day_zero(view, spec, breaks)
        known = shared.field(spec.key)
        if known is None or known.field.type != spec.type:
            return before
        scores = known.scorer.scores(view.features(spec.type, breaks), keep=True)
        return Known(scores if before is None else scores + np.float32(known.gain) * before.scores, known.scorer.null)

    return prior


def network_prior(network: Network | None) -> Prior:
    """What the network adds to the scorers of day zero: which candidate, rather than whether there is a value.

    Its doubts grow on documents unlike its own, so where it sees no value it only compares, and NULL keeps its place.
    Of candidates that it did not read it says NaN.
    """
    if network is None:
        return no_prior

    def prior(view: View, spec: FieldSpec, breaks: Breaks) -> Known | None:
        odds = view.evidence(network).log_odds(view.candidates(spec.type, breaks), spec.key)
        if odds is None:
            return None
        best = float(odds.max(initial=-np.inf, where=~np.isnan(odds)))
        return Known(odds - np.float32(min(0.0, best)) if np.isfinite(best) else odds, 0.0)

    return prior


def shipped_package() -> Package:
    """Return the base package that the project ships; the empty one before the first was built."""
    found = sorted(SHIPPED.glob("*.zip"))
    return Package.load(found[-1]) if found else EMPTY


def load(path: Path | None) -> Predictor:
    """Return the predictor of a package file, None = the shipped one's. Raises OSError, BadPackage (a ValueError)."""
    return Predictor(shipped_package() if path is None else Package.load(path))
