"""`deployment.json`, `invex-deployment/1` (FORMATS.md, section 4), in and out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from invex.kernel.errors import BadInput
from mlops.registry.verification import NAME, VERSION

from .routing import DIVIDED
from .states import Mode, ModelRole

FORMAT = "invex-deployment/1"
# The key of each role in `bestModels`; members of an ensemble are a list.
KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    Mode.SINGLE: ((ModelRole.MODEL, "model"),),
    Mode.AB: ((ModelRole.A, "modelA"), (ModelRole.B, "modelB")),
    Mode.SHADOW: ((ModelRole.MODEL, "model"), (ModelRole.CHALLENGER, "challenger")),
    Mode.CANARY: ((ModelRole.MODEL, "model"), (ModelRole.CHALLENGER, "challenger")),
}
MOST_MEMBERS = 5
MOST_FIXED = 100
CANARY_BEGINS_WITH = 0.05  # of the documents
EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Placed:
    """A model in a deployment. path: in the repository, for example `invex/models/Invoices-0.2.1-build.123.zip`."""

    role: str
    path: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name.removesuffix(".zip")


@dataclass(frozen=True, slots=True)
class DeploymentFile:
    """What a deployment file says. share: by role, {} in modes that do not divide the documents.

    asks_first: a challenger that has won waits for a person (`askFirst`, our own and optional; A/B and canary).
    """

    project: str
    mode: str
    models: tuple[Placed, ...]
    share: Mapping[str, float] = field(default_factory=dict)
    fixed_versions: tuple[str, ...] = ()
    repository: str = ""
    revision: int | None = None
    asks_first: bool = False

    def to_json(self) -> dict[str, Any]:
        best: dict[str, Any] = {"repository": self.repository, "mode": self.mode}
        if self.mode == Mode.ENSEMBLE:
            best["models"] = [model.path for model in self.models]
        else:
            paths = {model.role: model.path for model in self.models}
            best |= {key: paths[role] for role, key in KEYS[self.mode]}
        if self.share:
            best["share"] = dict(self.share)
        if self.asks_first:
            best["askFirst"] = True
        return {
            "format": FORMAT,
            "project": self.project,
            "revision": self.revision,
            "fixedVersions": list(self.fixed_versions),
            "bestModels": best,
        }


def parse(data: Any) -> DeploymentFile:
    """The inverse of to_json; keys that are not known are ignored. Raises BadInput, code "bad_deployment"."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise _bad(f"format {found!r} is not known; this version reads {FORMAT}")
    best = data.get("bestModels")
    if not isinstance(best, dict):
        raise _bad("`bestModels` says which models to read with; it is missing")
    mode = best.get("mode")
    if mode not in Mode.values:
        raise _bad(f"`mode` is {mode!r}; modes: {', '.join(Mode.values)}")
    models = _models(mode, best)
    names = [model.name for model in models]
    if len(set(names)) != len(names):
        raise _bad("the same build stands in two places")
    repository = best.get("repository") or ""
    project = data.get("project")
    if not isinstance(repository, str) or not isinstance(project, str) or len(repository) > 64:
        raise _bad("`project` and `repository` are names")
    revision = data.get("revision")
    return DeploymentFile(
        project=project,
        mode=mode,
        models=models,
        share=_share(mode, best.get("share")),
        fixed_versions=_versions(data.get("fixedVersions", [])),
        repository=repository,
        asks_first=_asks_first(mode, best.get("askFirst", False)),
        revision=revision if isinstance(revision, int) and not isinstance(revision, bool) else None,
    )


def _asks_first(mode: str, said: Any) -> bool:
    if not isinstance(said, bool):
        raise _bad("`askFirst` is true or false")
    if said and mode not in DIVIDED:
        raise _bad(f"`askFirst` is for the modes {' and '.join(DIVIDED)}: in {mode} nothing is promoted by itself")
    return said


def _models(mode: str, best: dict[str, Any]) -> tuple[Placed, ...]:
    if mode != Mode.ENSEMBLE:
        return tuple(Placed(role, _path(key, best.get(key))) for role, key in KEYS[mode])
    listed = best.get("models")
    if not isinstance(listed, list) or not 2 <= len(listed) <= MOST_MEMBERS:
        raise _bad(f"an ensemble has 2 to {MOST_MEMBERS} `models`")
    return tuple(Placed(ModelRole.MEMBER, _path("models", path)) for path in listed)


def _path(key: str, path: Any) -> str:
    if not isinstance(path, str) or not path:
        raise _bad(f"`{key}` is missing: give the path of a package in the repository")
    parts = PurePosixPath(path).parts
    is_safe = len(path) <= 400 and "\\" not in path and "\x00" not in path and ".." not in parts
    if path.startswith("/") or not is_safe or str(PurePosixPath(path)) != path:
        raise _bad(f"`{key}`: {path[:80]!r} is no path inside of the repository")
    name = parts[-1]
    if not name.endswith(".zip") or not NAME.fullmatch(name.removesuffix(".zip")):
        raise _bad(f"`{key}`: {name[:80]!r} is no package: <Project>-<major>.<minor>.<patch>-build.<n>.zip")
    return path


def _share(mode: str, said: Any) -> dict[str, float]:
    arms = DIVIDED.get(Mode(mode))
    if arms is None:
        return {}
    incumbent, challenger = arms
    if said is None:
        return share_of(mode, None)
    if not isinstance(said, dict) or set(said) != {incumbent.value, challenger.value}:
        raise _bad(f"`share` names the parts of {incumbent.value} and {challenger.value}")
    parts = list(said.values())
    if not all(isinstance(p, int | float) and not isinstance(p, bool) and 0 < p < 1 for p in parts):
        raise _bad("each part of `share` lies between 0 and 1")
    if not math.isclose(sum(parts), 1, abs_tol=1e-6):
        raise _bad(f"the parts of `share` are {sum(parts):g} together; they must be 1")
    return {arm.value: float(said[arm.value]) for arm in arms}


def share_of(mode: str, part: float | None) -> dict[str, float]:
    """Return the share of each arm when the challenger has `part` of the documents; None = as the mode begins."""
    arms = DIVIDED.get(Mode(mode))
    if arms is None:
        return {}
    if part is None:
        part = CANARY_BEGINS_WITH if mode == Mode.CANARY else EVEN
    return {arms[0].value: 1 - part, arms[1].value: part}


def _versions(said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or len(said) > MOST_FIXED:
        raise _bad(f"`fixedVersions` is a list of at most {MOST_FIXED} versions")
    for version in said:
        if not isinstance(version, str) or not VERSION.fullmatch(version):
            raise _bad(f"`fixedVersions`: {str(version)[:40]!r} is no Major.Minor.Patch")
    return tuple(dict.fromkeys(said))


def _bad(why: str) -> BadInput:
    return BadInput(f"This is no deployment that can be read: {why}.", code="bad_deployment")
