"""A loaded package that reads documents: which template, which values, which rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document

from .candidates import Breaks
from .fitting import Prior
from .layout import Floats
from .model import TemplateModel
from .package import EMPTY, Package
from .reading_fields import read_fields
from .view import View

SHIPPED = Path(__file__).parent / "base"


class Predictor:
    """Reads documents with a package; safe to share between threads, since it never changes."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.prior = prior_of(package)

    @property
    def build(self) -> str:
        return self.package.build

    @property
    def templates(self) -> Mapping[str, TemplateSpec]:
        return self.package.templates

    def with_template(self, model: TemplateModel) -> Predictor:
        """Return a predictor in which `model` is, or replaces, the template of its name."""
        return Predictor(self.package.with_template(model))

    def predict(self, document: Document, *, template: str | None = None) -> Prediction:
        """Return what `document` says. template: the one it is known to be of; None = detect it."""
        if template is not None and template in self.package.models:
            match = TemplateMatch(template, 1.0)
        else:
            match = self.package.index.match(document)
        view = View(document)
        model = self.package.models.get(match.name or "")
        if model is not None:
            fields = read_fields(view, model, self.prior, self.package.matcher)
        else:
            fields = self._unknown(view)
        return Prediction(match, fields, {}, {"build": self.build, "reader": document.reader})

    def _unknown(self, view: View) -> dict[str, tuple[Value, ...]]:
        """Day zero, and what the customer's own templates taught about their fields."""
        fields: dict[str, tuple[Value, ...]] = {}
        for model in (self.package.day_zero, self.package.shared):
            if model is not None:
                fields |= read_fields(view, model, self.prior, self.package.matcher)
        return fields


def prior_of(package: Package) -> Prior:
    """What the base package knows of a field by its key and type."""

    def prior(view: View, spec: FieldSpec, breaks: Breaks) -> tuple[Floats, float] | None:
        known = package.day_zero.field(spec.key) if package.day_zero is not None else None
        if known is None or known.field.type != spec.type:
            return None
        return known.scorer.scores(view.features(spec.type, breaks)), known.scorer.null

    return prior


def shipped_package() -> Package:
    """Return the base package that the project ships; the empty one before the first was built."""
    found = sorted(SHIPPED.glob("*.zip"))
    return Package.load(found[-1]) if found else EMPTY


def load(path: Path | None) -> Predictor:
    """Return the predictor of a package file, None = the shipped one's. Raises OSError, BadPackage (a ValueError)."""
    return Predictor(shipped_package() if path is None else Package.load(path))
