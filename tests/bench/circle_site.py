"""What the walk around the circle does on an installation: over REST, and by `manage.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.bench.circle_papers import Paper
from tests.installed import Installation, wait_for
from tests.rest_client import RestClient

PROJECT = "demo"
WORKING = ("received", "reading", "extracting")
READ_S, TRAIN_S, SWEEP_S = 300, 1800, 240  # longest waits, on a busy machine


class Missed(Exception):
    """A step did not happen; the message says what was found instead."""


def expect(happened: Any, what: object) -> None:
    if not happened:
        raise Missed(str(what))


class Site:
    """A running installation, as somebody with a token sees it. ids: file name -> document."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        token = installation.manage("token", "--project", PROJECT, "--role", "owner")
        self.client = RestClient(installation.url, token)
        self.ids: dict[str, str] = {}

    def trained(self, run: str) -> str:
        """Wait for a run, and return its build, which the gate let through."""
        wait_for(lambda: self.run_state(run) in ("done", "failed", "cancelled"), timeout_s=TRAIN_S)
        found = self.client.get(f"/training-runs/{run}")
        expect(found["state"] == "done" and found["passed"], (found["state"], found["reason"], found["rules"]))
        return str(found["build"])

    def is_learning(self, run: str) -> bool:
        found = self.client.get(f"/training-runs/{run}")
        expect(found["state"] in ("waiting", "running"), f"run {run} is {found['state']}: it cannot yield any more")
        return bool(found["state"] == "running" and found["step"] == "train")

    def has_yielded(self, run: str) -> bool:
        state = self.run_state(run)
        expect(state in ("running", "yielded"), f"run {run} is {state}: it did not yield")
        return state == "yielded"

    def run_state(self, run: str) -> str:
        return str(self.client.get(f"/training-runs/{run}")["state"])

    def deploy_alone(self, build: str, why: str) -> int:
        """Deploy by the command line, as a CI system would; return the revision."""
        said = {"format": "invex-deployment/1", "project": PROJECT,
                "bestModels": {"mode": "single", "model": f"{build}.zip"}}  # fmt: skip
        file = self.installation.data / "deployment.json"
        file.write_text(json.dumps(said), encoding="utf-8")
        self.installation.manage("deploy", str(file), "--why", why)
        expect(self.live()["builds"] == [build], self.live())
        return int(self.live()["revision"])

    def upload(self, name: str, papers: Iterable[Paper]) -> None:
        """Upload files as a batch and wait until they are read."""
        batch = self.client.send("POST", "/batches", {"name": name})["id"]
        for paper in papers:
            self.ids[paper.name] = self.client.upload(batch, paper.name, paper.content)["id"]

        def is_read() -> bool:
            return not any(self.client.get(f"/batches/{batch}")["counts"][state] for state in WORKING)

        wait_for(is_read, timeout_s=READ_S)
        found = self.client.get(f"/batches/{batch}")
        expect(found["counts"]["review"] == found["total"], found["counts"])

    def confirm(self, papers: Iterable[Paper]) -> None:
        for paper in papers:
            self.client.send("PUT", f"/documents/{self.ids[paper.name]}/labels", paper.label)

    def figure(self, trigger: str) -> Any:
        return next(one for one in self.client.get("/retraining")["figures"] if one["trigger"] == trigger)

    def unknown(self) -> str:
        said = self.figure("unknown")
        return f"{said['figure']:.1%} unknown in the newest {said['documents']}"

    def under_way(self) -> Any:
        return self.client.get("/retraining")["under_way"]

    def open_circle(self) -> Any:
        said = self.client.get("/retraining")
        expect(said["under_way"], said["last"])
        return said["under_way"]

    def revisions(self) -> Any:
        return self.client.get("/deployment/revisions")["items"]

    def live(self) -> Any:
        return next(r for r in self.revisions() if r["state"] == "live")

    def live_as(self, mode: str) -> Any:
        self.open_circle()
        return self.live() if self.live()["mode"] == mode else None
