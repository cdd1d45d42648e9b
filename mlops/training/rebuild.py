"""A build is trained again from what its run recorded, and compared: rule 12 of docs/design.md, put to the test."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings

from invex.kernel.blobs import store
from invex.kernel.errors import BadInput, Gone
from mlops.compute.gpus import CPU, NO_GPU
from mlops.datasets import folder as folders
from mlops.datasets.states import DatasetState, Side
from mlops.learning import pretrain
from mlops.learning.dataset import load_dataset, samples
from mlops.learning.learner import code_version
from mlops.learning.package import Package, environment
from mlops.memory.base import base_package
from mlops.registry import services as registry
from mlops.registry.models import Build

from . import process
from .measure import measure
from .models import TrainingRun
from .states import Purpose

TOLERANCE = 0.01  # of F1 on the test side, where bytes cannot be promised


class Proof(StrEnum):
    """What a comparison has shown."""

    SAME_BYTES = "same bytes"
    METRICS = "metrics within tolerance"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A package that was trained again. changed: what differs from when the build was made, in words; () = nothing."""

    data: bytes
    changed: tuple[str, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proved, and in a sentence why not more.

    f1: of the rebuilt package on the test side, None where bytes decided.
    """

    proof: Proof
    sentence: str
    f1: float | None = None
    recorded_f1: float | None = None


def run_of(build: Build) -> TrainingRun:
    """Return the run that made the build. Raises BadInput when none did."""
    made = TrainingRun.objects.select_related("project", "dataset").filter(build=build, purpose=Purpose.TRAIN)
    row = made.order_by("pk").first()
    if row is None:
        raise BadInput(
            f"{build.name} was not trained here: a package that came from elsewhere says nothing of its documents.",
            code="not_trained_here",
        )
    return row


def rebuild(row: TrainingRun) -> Rebuilt:
    """Train what the run trained, with its dataset, version, seed and base. Raises BadInput, Gone."""
    if row.dataset.state == DatasetState.EVICTED:
        raise Gone("Its dataset was deleted to make room. Freeze the same documents again.", code="evicted")
    base = _base(row.base)
    erased = row.dataset.documents.filter(side=Side.TRAIN, erased_at__isnull=False).count()
    Path(settings.TMP_DIR).mkdir(parents=True, exist_ok=True)
    with (
        folders.exported(row.dataset, sides=[Side.TRAIN]) as dataset,
        tempfile.TemporaryDirectory(prefix="rebuild-", dir=settings.TMP_DIR) as scratch,
    ):
        base.save(Path(scratch) / "base.zip")
        try:
            made = process.learn(
                dataset, Path(scratch) / "run", name=registry.project_part(row.project), version=row.version,
                seed=row.seed, base=Path(scratch) / "base.zip", is_smoke=False, pretrains=row.pretrains,
                stop=lambda: "",
                tell=lambda steps: None, environment=NO_GPU,
            )  # fmt: skip
        except process.Failed as e:
            raise BadInput(f"Learning failed: {e}", code="failed") from e
        data = made.read_bytes()
    return Rebuilt(data, tuple(_changed(row, erased)))


def verify(row: TrainingRun, rebuilt: Rebuilt) -> Verdict:
    """Compare what was trained again with what the run made: by bytes, and where these differ for a reason, by F1."""
    if rebuilt.sha256 == row.package_sha256:
        return Verdict(Proof.SAME_BYTES, f"The same {len(rebuilt.data)} bytes, sha256 {rebuilt.sha256}.")
    if not rebuilt.changed:
        return Verdict(
            Proof.NOTHING,
            f"Nothing has changed since, and still the bytes differ: {rebuilt.sha256}, then {row.package_sha256}.",
        )
    with folders.exported(row.dataset, sides=[Side.TEST]) as path:
        dataset = load_dataset(path)
        known = list(samples(dataset, reader=None))
        f1 = measure(Package.from_bytes(rebuilt.data), dataset, known).counts.f1
    recorded = row.report.get("test", {}).get("candidate", {}).get("f1")
    why = "; ".join(rebuilt.changed)
    if f1 is None or recorded is None:
        return Verdict(Proof.NOTHING, f"Other bytes ({why}), and no documents to compare by.", f1, recorded)
    near = abs(f1 - recorded) <= TOLERANCE
    figures = f"F1 {f1:.4f} on {len(known)} documents of the test side, then {recorded:.4f}"
    return Verdict(
        Proof.METRICS if near else Proof.NOTHING,
        f"Other bytes ({why}); {figures}: {'within' if near else 'outside of'} the tolerance of {TOLERANCE}.",
        f1,
        recorded,
    )


def _base(name: str) -> Package:
    """Return the package that the run learned on top of: the shipped one, or an earlier one that is still stored."""
    if base_package().build == name:
        return base_package()
    row = Build.objects.filter(name=name).exclude(blob="").first()
    if row is None:
        raise Gone(f"The base {name} is neither shipped with this Invex nor stored here.", code="base_gone")
    return Package.from_bytes(store().path(row.blob).read_bytes(), name)


def _changed(row: TrainingRun, erased: int) -> list[str]:
    """Return in words what the same bytes depend on and is not as it was."""
    found = []
    if erased:
        total = row.dataset.documents.filter(side=Side.TRAIN).count()
        found.append(f"the dataset is no longer whole: {erased} of {total} documents to learn from were erased")
    if row.code != code_version():
        found.append(f"the code that learns was {row.code}, now it is {code_version()}")
    recorded = row.build.manifest if row.build else {}
    now: dict[str, Any] = environment()
    for key in ("device_class", "python"):
        if key in recorded and recorded[key] != now[key]:
            found.append(f"{key.replace('_', ' ')} was {recorded[key]}, now it is {now[key]}")
    then = recorded.get("libraries", {})
    if "pretraining" in recorded:
        read, here = recorded["pretraining"], pretrain.provenance(CPU)
        if read["device_class"] != here["device_class"]:
            found.append(f"the network was pretrained on {read['device_class']}, now on {here['device_class']}")
        if read["generator"] != here["generator"]:
            found.append(f"the generator of synthetic documents was {read['generator']}, now it is {here['generator']}")
        then, now["libraries"] = then | read["libraries"], now["libraries"] | here["libraries"]
    for library, version in sorted(now["libraries"].items()):
        if then.get(library, version) != version:
            found.append(f"{library} was {then[library]}, now it is {version}")
    return found
