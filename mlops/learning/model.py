"""What was learned about one template: small enough to be refitted and stored with every confirmed document."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from invex.fields.spec import FieldSpec, LocaleSpec, TemplateSpec
from invex.fields.template_json import template_from_json, template_to_json

from .absence import Absence
from .boilerplate import Boilerplate
from .breaks import NO_BREAKS, Breaks
from .known_values import LEAST_RECURRING, NO_KNOWN_VALUES, KnownValues
from .matching import Supports
from .scorer import Scorer
from .springs import Spring
from .tables.model import TableModel

TEMPLATE_MODEL_FORMAT = 2
READABLE_FORMATS = (1, TEMPLATE_MODEL_FORMAT)  # of 1: fields and models that do not have all that is named below
UNKNOWN_LOCALE = LocaleSpec()
UNKNOWN_PRINTED = (1.0,)  # of fields that were stored without it: no label is new
# Of a field, as stored.
_PLAIN = (
    "most", "present", "absent", "located", "asked", "gain", "match_gain", "own", "trust", "convention", "beside",
    "printed", "sign", "whole", "ticked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldModel:
    """What was learned about one field of a template.

    scorer: the small scorer. supports: confirmed occurrences, with which matching compares. rivals: what stood beside
      them (rivals.py), in the same order of documents; None in what was stored without.
    most: values that one document had at most. present, absent: documents with and certainly without a value.
    located: confirmed values found among the candidates; asked: confirmed values.
    gain: weight of the prior when the scorer was fitted on top of it, or of the network beside it.
    match_gain: weight of matching. own: how much what was confirmed agrees with itself (matching.Supports.own).
    trust: weight of the scorer where such a second opinion is there, which it was not fitted on top of.
    convention: under which "03/04/2020" or "1.000" was last confirmed; None where every text has one meaning.
    beside: the one that the rest of that document was surely written in, None where that is not known.
    known: values that this template's documents repeat.
    printed: where none of them had a value, how much a label of theirs is called like the field
      (naming.each_called_so).
    sign: "+" or "-", which every value has, whatever is printed; "" where values are as they are printed.
    whole: what it speaks against a text that its cell goes on behind it, in nats.
    ticked: is every confirmed text a choice with a tick in front?
    """

    field: FieldSpec
    scorer: Scorer
    supports: Supports | None = None
    rivals: Supports | None = None
    most: int = 1
    present: int = 0
    absent: int = 0
    located: int = 0
    asked: int = 0
    gain: float = 0.0
    match_gain: float = 0.0
    own: float = 0.0
    trust: float = 1.0
    convention: str | None = None
    beside: str | None = None
    known: KnownValues = NO_KNOWN_VALUES
    printed: tuple[float, ...] = ()
    sign: str = ""
    whole: float = 0.0
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table model as it is stored; of a template's table the day-zero part is in the base package."""

    arrays: Mapping[str, np.ndarray]
    about: str

    @classmethod
    def of(cls, table: TableModel) -> StoredTable:
        return cls(*table.to_arrays())

    def load(self, base: TableModel | None) -> TableModel:
        """Return the model, ready to read."""
        return TableModel.from_arrays(self.arrays, self.about, base)


@dataclass(frozen=True, slots=True)
class TemplateModel:
    """The small scorers of one template, its tables, what all its documents print, and how they write values.

    is_transferred: fitted on top of what all templates of the package taught together, and read with that.
    springs: how its fields stand to each other. exclusive: keys of fields that one place is never the value of.
    absence: what its documents lack, given what they have; None = that was not learned.
    """

    spec: TemplateSpec
    fields: tuple[FieldModel, ...]
    breaks: Breaks = NO_BREAKS
    locale: LocaleSpec = UNKNOWN_LOCALE
    documents: int = 0
    boilerplate: Boilerplate = dataclasses.field(default_factory=Boilerplate)
    tables: Mapping[str, StoredTable] = dataclasses.field(default_factory=dict)
    is_transferred: bool = False
    springs: tuple[Spring, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    absence: Absence | None = None

    def field(self, key: str) -> FieldModel | None:
        return next((f for f in self.fields if f.field.key == key), None)

    def to_bytes(self) -> bytes:
        """safetensors with the description as metadata; the same model gives the same bytes."""
        arrays = {f"boilerplate.{name}": v for name, v in self.boilerplate.to_arrays().items()}
        fields = []
        for i, f in enumerate(self.fields):
            arrays[f"{i}.buckets"] = f.scorer.buckets
            arrays[f"{i}.values"] = f.scorer.values
            for part, known_places in (("support", f.supports), ("rival", f.rivals)):
                if known_places is not None:
                    arrays |= {f"{i}.{part}.{k}": v for k, v in known_places.to_arrays().items()}
            plain = {k: getattr(f, k) for k in _PLAIN}
            known: dict[str, Any] = {"known": list(f.known.values)}
            known |= {"recurring": f.known.recurring} if f.known.values else {}
            fields.append({"field": asdict(f.field), "null": f.scorer.null, **known, **plain})
        if self.absence is not None:
            arrays |= {f"absence.{name}": v for name, v in self.absence.to_arrays().items()}
        for key, table in self.tables.items():
            arrays |= {f"table.{key}.{name}": np.ascontiguousarray(v) for name, v in table.arrays.items()}
        description = {
            "format": TEMPLATE_MODEL_FORMAT,
            "spec": template_to_json(self.spec),
            "fields": fields,
            "breaks": self.breaks.to_json(),
            "locale": asdict(self.locale),
            "documents": self.documents,
            "tables": {key: table.about for key, table in self.tables.items()},
            "transferred": self.is_transferred,
            "springs": [asdict(s) for s in self.springs],
            "exclusive": [list(pair) for pair in self.exclusive],
            "absence": list(self.absence.keys) if self.absence is not None else [],
        }
        arrays["description"] = np.frombuffer(
            json.dumps(description, sort_keys=True, ensure_ascii=False).encode(), np.uint8
        ).copy()
        return save(arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> TemplateModel:
        """The inverse of to_bytes. Raises ValueError when the bytes are of another format."""
        arrays = load(data)
        if "description" not in arrays:
            raise ValueError("these bytes are no template model: there is no description in them")
        about = json.loads(arrays["description"].tobytes())
        if about.get("format") not in READABLE_FORMATS:
            raise ValueError(
                f"template model of format {about.get('format')!r}; this version reads {READABLE_FORMATS[0]} to "
                f"{READABLE_FORMATS[-1]}: install the version of Invex that wrote it, or a later one"
            )
        fields = []
        for i, f in enumerate(about["fields"]):
            supports, rivals = (_supports(arrays, f"{i}.{part}.") for part in ("support", "rival"))
            scorer = Scorer(arrays[f"{i}.buckets"], arrays[f"{i}.values"], f["null"])
            values = KnownValues(tuple(f.get("known", ())), f.get("recurring", LEAST_RECURRING))
            plain = {k: f[k] for k in _PLAIN if k in f}
            plain["printed"] = tuple(np.atleast_1d(f.get("printed", UNKNOWN_PRINTED)).tolist())
            fields.append(FieldModel(FieldSpec(**f["field"]), scorer, supports, rivals, known=values, **plain))
        tables = {
            key: StoredTable(_part(arrays, f"table.{key}."), text) for key, text in about.get("tables", {}).items()
        }
        return cls(
            template_from_json(about["spec"]),
            tuple(fields),
            Breaks.from_json(about["breaks"]),
            LocaleSpec(**about["locale"]),
            about["documents"],
            Boilerplate.from_arrays(_part(arrays, "boilerplate.")),
            tables,
            about.get("transferred", False),
            tuple(Spring(**s) for s in about.get("springs", ())),
            tuple((first, second) for first, second in about.get("exclusive", ())),
            Absence.from_arrays(keys, _part(arrays, "absence.")) if (keys := about.get("absence")) else None,
        )


def _supports(arrays: Mapping[str, np.ndarray], prefix: str) -> Supports | None:
    return Supports.from_arrays(_part(arrays, prefix)) if f"{prefix}bucket" in arrays else None


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): v for name, v in arrays.items() if name.startswith(prefix)}
