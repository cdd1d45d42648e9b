"""A model package, `invex-model/1`: all that is needed to predict, without a database (FORMATS.md, section 3)."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from invex.fields.labels import label_from_json, label_to_json
from invex.fields.spec import TemplateSpec
from invex.fields.template_json import template_from_json, template_to_json
from invex.reading.words import from_json, to_json

from . import archive
from .archive import BadPackage
from .dataset import Sample
from .devices import CPU, class_of
from .matching import NO_MATCHER, Matcher
from .model import TemplateModel
from .network.serving import Network
from .templates import TemplateIndex

TEMPLATES, MEMORY, CARD = "templates.json", "memory.json", "card.md"
DAY_ZERO, SHARED = "weights/day_zero.safetensors", "weights/shared.safetensors"
NETWORK, NETWORK_ABOUT = "network/encoder.onnx", "network/encoder.json"
MATCHER, INDEX = "weights/matcher.safetensors", "weights/index.safetensors"
NAMED_BY = ("name", "version", "build")
LIBRARIES = ("numpy", "safetensors")

T = TypeVar("T")


@dataclass(frozen=True)
class Package:
    """What `learn` makes and a predictor loads.

    manifest: package.json without format and files. day_zero: reads the standard fields of unknown documents, None in a
    package that was learned without a base. shared: learned from the documents of all templates together, for documents
    that belong to none. network: its evidence joins day_zero's. matcher: the field-agnostic prior. models: one a
    template. index: tells templates apart.
    memory: memory.json, the examples that `models` were learned from.
    """

    manifest: Mapping[str, Any]
    day_zero: TemplateModel | None = None
    shared: TemplateModel | None = None
    network: Network | None = None
    matcher: Matcher = NO_MATCHER
    models: Mapping[str, TemplateModel] = field(default_factory=dict)
    index: TemplateIndex = field(default_factory=TemplateIndex)
    memory: bytes = b"[]"
    card: str = ""

    @property
    def templates(self) -> dict[str, TemplateSpec]:
        """What each template asks for, with the conventions of dates and numbers that were learned for it."""
        return {name: replace(m.spec, locale=m.locale) for name, m in sorted(self.models.items())}

    @property
    def build(self) -> str:
        """Its name: `<Project>-<major>.<minor>.<patch>-build.<n>`."""
        return f"{self.manifest['name']}-{self.manifest['version']}-build.{self.manifest['build']}"

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """The examples that travel in the package."""
        return tuple(
            Sample(s["id"], from_json(s["words"], file=s["file"], reader=s["reader"]), label_from_json(s["label"]))
            for s in json.loads(self.memory)
        )

    def with_template(self, model: TemplateModel) -> Package:
        return replace(self, models={**self.models, model.spec.name: model})

    def to_bytes(self) -> bytes:
        """The zip file; the same package gives the same bytes."""
        specs = [template_to_json(m.spec) for _, m in sorted(self.models.items())]
        files = {
            TEMPLATES: json.dumps({"templates": specs}, sort_keys=True, ensure_ascii=False, indent=1).encode(),
            MEMORY: self.memory,
            CARD: self.card.encode(),
            INDEX: save_arrays({k: np.ascontiguousarray(v) for k, v in sorted(self.index.to_arrays().items())}),
        }
        if self.day_zero is not None:
            files[DAY_ZERO] = self.day_zero.to_bytes()
        if self.network is not None:
            files[NETWORK] = self.network.onnx
            files[NETWORK_ABOUT] = self.network.about()
        if self.matcher.theta:
            files[MATCHER] = save_arrays(self.matcher.to_arrays())
        if self.shared is not None:
            files[SHARED] = self.shared.to_bytes()
        for number, (_, model) in enumerate(sorted(self.models.items())):
            files[f"weights/template-{number:04d}.safetensors"] = model.to_bytes()
        return archive.pack(self.manifest, files)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "package") -> Package:
        """The inverse of to_bytes. Raises BadPackage."""
        manifest, files = archive.unpack(data, name)
        if missing := [key for key in NAMED_BY if not isinstance(manifest.get(key), str | int)]:
            raise BadPackage(f"{name}: {archive.MANIFEST} lacks {', '.join(missing)}; give a package made by `learn`")

        def part(file: str, parse: Callable[[bytes], T]) -> T:
            return _part(name, file, files, parse)

        def some(file: str, parse: Callable[[bytes], T]) -> T | None:
            return part(file, parse) if file in files else None

        models = [part(f, TemplateModel.from_bytes) for f in sorted(files) if f.startswith("weights/template-")]
        specs = part(TEMPLATES, lambda data: [template_from_json(t) for t in json.loads(data)["templates"]])
        if [m.spec for m in models] != specs:
            raise BadPackage(f"{name}: {TEMPLATES} and the weights name different templates")
        return cls(
            manifest=manifest,
            day_zero=some(DAY_ZERO, TemplateModel.from_bytes),
            shared=some(SHARED, TemplateModel.from_bytes),
            network=some(NETWORK, lambda onnx: part(NETWORK_ABOUT, lambda about: Network.of(onnx, about))),
            matcher=some(MATCHER, lambda data: Matcher.from_arrays(load_arrays(data))) or NO_MATCHER,
            models={m.spec.name: m for m in models},
            index=part(INDEX, lambda data: TemplateIndex.from_arrays(load_arrays(data))),
            memory=part(MEMORY, bytes),
            card=part(CARD, bytes.decode),
        )

    @classmethod
    def load(cls, path: Path) -> Package:
        """Return the package in a file. Raises BadPackage, OSError."""
        return cls.from_bytes(path.read_bytes(), path.name)

    def save(self, path: Path) -> None:
        archive.write(path, self.to_bytes())


def _part(package: str, file: str, files: Mapping[str, bytes], parse: Callable[[bytes], T]) -> T:
    """Return what a file of a package holds. Raises BadPackage: it is missing, damaged, or of a later version."""
    if file not in files:
        raise BadPackage(f"{package}: {file} is missing; give a package made by `learn`")
    try:
        return parse(files[file])
    except BadPackage:
        raise
    except (
        KeyError, TypeError, IndexError, AttributeError, RecursionError, SafetensorError,
        UnicodeDecodeError, json.JSONDecodeError,
    ) as e:  # fmt: skip
        raise BadPackage(f"{package}: {file} cannot be read; give a package made by `learn`") from e
    except ValueError as e:  # says itself what it is: a template model of a later version
        raise BadPackage(f"{package}: {e}") from e


# Before anything was learned: the small scorer with an empty prior.
EMPTY = Package({"name": "Invex", "version": "0.0.0", "build": 0})


def memory_of(samples: tuple[Sample, ...]) -> bytes:
    """memory.json: the examples with their words, so that a package can be refitted without the documents' files."""
    return json.dumps(
        [
            {
                "id": s.id,
                "file": s.document.file,
                "reader": s.document.reader,
                "words": to_json(s.document),
                "label": label_to_json(s.label),
            }
            for s in samples
        ],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def environment(*more: str, device: str = CPU) -> dict[str, Any]:
    """What the same bytes depend on besides dataset, configuration and seed. more: libraries that took part."""
    libraries = {}
    for library in (*LIBRARIES, *more):
        try:
            libraries[library] = version(library)
        except PackageNotFoundError:
            libraries[library] = "unknown"
    return {"device_class": class_of(device), "libraries": libraries, "python": platform.python_version()}
