"""The whole circle on a running installation: `make demo-circle`, or `python tests/bench/circle.py [--shared]`.

Confirmed documents become a build; a template that nobody knows arrives, and its trigger fires; grouped, named and
confirmed it becomes the next build, whose training yields twice; gate, A/B test, promotion, rollback and roll forward.
All of it over REST and by `manage.py`, on an installation of its own. What is printed is measured; a step that does not
happen ends the walk with exit code 1.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

from mlops.deployment.sequential import ALPHA
from mlops.learning.evaluation import Report
from tests.bench.circle_papers import Counts, Papers, own, score, shared
from tests.bench.circle_site import PROJECT, SWEEP_S, TRAIN_S, Missed, Site, expect
from tests.installed import make_empty, start, stop, wait_for

ADBUY = ROOT.parent / "shared" / "data" / "adbuy"
SETTLED_S = 5  # without anything newly learned
YIELDS = 2
POLICY = {
    "triggers": {
        "unknown": {"on": True, "threshold": 0.2, "newest": 20, "least": 10},
        "accuracy": {"on": False, "threshold": 0.9, "newest": 200, "least": 1},  # only measured
    },
    "automatic": {"freeze": False, "deploy": True},  # whoever labels says when there are enough labels
    "mode": "A/B",
}


class Circle:
    """The walk: each method is a step and returns what it measured."""

    def __init__(self, site: Site, papers: Papers) -> None:
        self.site, self.papers = site, papers
        self.builds: list[str] = []
        self.alone: list[int] = []  # revision in which each build reads alone
        self.run = ""
        self.evidence = ""  # of the A/B test, as a sentence

    def steps(self) -> tuple[tuple[str, Callable[[], str]], ...]:
        return (
            ("two templates confirmed", self.confirm_first),
            ("build 1 trained", self.train_first),
            ("build 1 deployed", self.deploy_first),
            ("more of the same is read and confirmed", self.confirm_later),
            ("monitoring: accuracy of build 1", self.corrected),
            ("a new template arrives: trigger", self.new_template_arrives),
            ("accuracy before, held-out documents", self.held_out),
            ("grouped as look-alikes", self.grouped),
            ("template made, labels confirmed", self.confirm_new),
            ("accuracy with the memory, held-out documents", self.held_out),
            ("dataset 2 frozen", self.freeze),
            ("training yields and resumes", self.yield_and_resume),
            ("gate", self.pass_gate),
            ("A/B test by reviews", self.try_beside),
            ("build 2 promoted", self.promote),
            ("monitoring: accuracy of build 2", self.corrected),
            ("accuracy after, held-out documents", self.held_out),
            ("rollback to build 1", self.roll_back),
            ("accuracy after the rollback", self.held_out),
            ("roll forward to build 2", self.roll_forward),
            ("accuracy after rolling forward", self.held_out),
        )

    def confirm_first(self) -> str:
        for kind in self.papers.known:
            self.site.client.send("POST", "/templates", kind.to_json())
        self.site.upload("first", self.papers.first)
        self.site.confirm(self.papers.first)
        return f"{len(self.papers.first)} documents of {len(self.papers.known)} templates"

    def train_first(self) -> str:
        run = self.site.client.send("POST", "/training-runs", {"version": "0.1.0"})
        self.builds.append(self.site.trained(run["id"]))
        return f"{self.builds[0]} through the gate"

    def deploy_first(self) -> str:
        self.alone.append(self.site.deploy_alone(self.builds[0], "the first build"))
        return f"deployment {self.alone[0]}: {self.builds[0]}"

    def confirm_later(self) -> str:
        self.site.upload("later", self.papers.later)
        self.site.confirm(self.papers.later)
        self.site.client.send("PUT", "/retraining", POLICY)
        return f"{len(self.papers.later)} documents, {self.site.unknown()}"

    def corrected(self) -> str:
        """The monitoring's estimate, from documents drawn at random that the builds read which read now."""
        said = self.site.figure("accuracy")
        expect(said["figure"] is not None, f"{said['documents']} documents of this build were judged")
        return f"{said['figure']:.1%} of the values right, {said['documents']} documents"

    def new_template_arrives(self) -> str:
        self.site.upload("arriving", self.papers.arriving)
        began = time.monotonic()
        circle = wait_for(self.site.under_way, timeout_s=SWEEP_S, every_s=1)
        expect(circle["trigger"] == "unknown" and circle["waits_for"] in ("", "freeze"), circle)
        return f"{len(self.papers.arriving)} documents; fired by itself after {time.monotonic() - began:.0f} s: {circle['why']}"

    def grouped(self) -> str:
        arrived = {int(self.site.ids[paper.name]) for paper in self.papers.arriving}

        def groups() -> list[set[int]]:
            rows = self.site.installation.rows(
                "SELECT group_id, document_id FROM studio_look WHERE group_id IS NOT NULL"
            )
            found: dict[int, set[int]] = {}
            for group, document in rows:
                found.setdefault(group, set()).add(document)
            compared = self.site.installation.rows("SELECT COUNT(*) FROM studio_look")[0][0]
            return list(found.values()) if compared >= len(arrived) else []

        largest = max(wait_for(groups, timeout_s=SWEEP_S), key=len)
        expect(len(largest & arrived) > 1, largest)
        return f"{len(largest & arrived)} of {len(arrived)} in one group, {len(largest - arrived)} strangers among them"

    def confirm_new(self) -> str:
        self.site.client.send("POST", "/templates", self.papers.new.to_json())
        self.site.confirm(self.papers.arriving)
        one = next(p for p in self.papers.held_out if p.label["template"] == self.papers.new.name)
        began = time.monotonic()
        memory, since = None, began

        def is_learned() -> bool:
            nonlocal memory, since
            answer = self.site.client.predict(one.name, one.content)
            if answer["model"].get("memory") != memory:
                memory, since = answer["model"].get("memory"), time.monotonic()
            is_recognised = answer["template"]["name"] == self.papers.new.name
            return is_recognised and time.monotonic() - since >= SETTLED_S

        wait_for(is_learned, timeout_s=SWEEP_S, every_s=0.5)
        return (
            f"{len(self.papers.arriving)} labels, learned at once: memory {memory} recognises the template "
            f"{since - began:.1f} s after the last"
        )

    def freeze(self) -> str:
        self.site.client.send("POST", "/retraining/continue", {})
        self.run = wait_for(lambda: self.site.open_circle()["training_run"], timeout_s=SWEEP_S)
        frozen = self.site.client.get(f"/datasets/{self.site.client.get(f'/training-runs/{self.run}')['dataset']}")
        expect(set(frozen["distribution"]) >= {self.papers.new.name}, frozen["distribution"])
        sides = {side: sum(part.get(side, 0) for part in frozen["distribution"].values())
                 for side in ("train", "test", "blind")}  # fmt: skip
        told = ", ".join(f"{count} {side}" for side, count in sides.items())
        return f"{frozen['hash'][:12]}: {frozen['documents']} documents of {len(frozen['distribution'])} templates ({told})"

    def yield_and_resume(self) -> str:
        stopped = []
        for _ in range(YIELDS):
            wait_for(lambda: self.site.is_learning(self.run), timeout_s=TRAIN_S, every_s=0.1)
            asked = time.monotonic()
            self.site.client.send("POST", f"/training-runs/{self.run}/yield", {})
            wait_for(lambda: self.site.has_yielded(self.run), timeout_s=TRAIN_S, every_s=0.1)
            stopped.append(f"{time.monotonic() - asked:.1f}")
            self.site.client.send("POST", f"/training-runs/{self.run}/resume", {})
        self.builds.append(self.site.trained(self.run))
        yields = self.site.client.get(f"/training-runs/{self.run}")["yields"]
        expect(len(yields) == YIELDS and all("until" in one for one in yields), yields)
        return f"{len(yields)} times, stopped after {' and '.join(stopped)} s; then {self.builds[1]} through the gate"

    def pass_gate(self) -> str:
        rules = self.site.client.get(f"/training-runs/{self.run}")["rules"]
        expect(rules and all(rule["ok"] for rule in rules), rules)
        return f"{len(rules)} rules held; " + "; ".join(f"{rule['name']}: {rule['reason']}" for rule in rules)

    def try_beside(self) -> str:
        revision = wait_for(lambda: self.site.live_as("A/B"), timeout_s=SWEEP_S)["revision"]
        self.site.upload("tried", self.papers.tried)
        self.site.confirm(self.papers.tried)

        def judged() -> dict[str, Any] | None:
            found = next(r for r in self.site.revisions() if r["revision"] == revision)
            evidence = found["evidence"]
            is_all = sum(evidence.get("documents", {}).values()) == len(self.papers.tried)
            return evidence if is_all or found["state"] == "replaced" else None

        evidence = wait_for(judged, timeout_s=SWEEP_S, every_s=1)
        self.evidence = evidence["sentence"]
        reached = max(evidence["better"], evidence["worse"]) >= 2 / ALPHA
        return f"{'decided' if reached else 'not decided'}: {self.evidence}"

    def promote(self) -> str:
        if self.site.under_way():  # the reviews did not decide: a person does
            self.alone.append(self.site.deploy_alone(self.builds[1], f"by hand after {self.evidence}"))
        else:
            self.alone.append(self.site.live()["revision"])
        wait_for(lambda: not self.site.under_way(), timeout_s=SWEEP_S)
        last = self.site.client.get("/retraining")["last"]
        expect(last["state"] == "promoted" and last["build"] == self.builds[1], last)
        expect(self.site.live()["builds"] == [self.builds[1]], self.site.live())
        return f"retraining {last['id']} {last['state']}: {last['reason']}"

    def roll_back(self) -> str:
        self.site.installation.manage(
            "rollback", "--project", PROJECT, "--revision", str(self.alone[0]), "--why", "the demo"
        )
        return self.back_at(0)

    def roll_forward(self) -> str:
        self.site.client.send("POST", "/deployment/rollback", {"revision": self.alone[1], "why": "the demo"})
        return self.back_at(1)

    def back_at(self, number: int) -> str:
        build, revision = self.builds[number], self.alone[number]
        wait_for(lambda: self.site.live()["restores"] == revision, timeout_s=SWEEP_S)
        live = self.site.live()
        expect(live["builds"] == [build], live)
        return f"deployment {live['revision']} restores {revision}: {build}"

    def held_out(self) -> str:
        """What is read from documents that were never uploaded, by POST /predict; all by what is live now."""
        answers = {p.name: self.site.client.predict(p.name, p.content) for p in self.papers.held_out}
        read_by = {answer["model"]["build"] for answer in answers.values()}
        expect(read_by == set(self.site.live()["builds"]), f"{read_by} instead of {self.site.live()['builds']}")
        of_new = {p.name for p in self.papers.held_out if p.label["template"] == self.papers.new.name}
        told = []
        for title, names in (("known", answers.keys() - of_new), ("new", of_new)):
            papers = [p for p in self.papers.held_out if p.name in names]
            report = score(papers, {n: answers[n] for n in names}, (*self.papers.known, self.papers.new))
            told.append(f"{title} templates: {_told(report)}")
        return "; ".join(told)


def _told(report: Report) -> str:
    found = report.template.accuracy
    return f"F1 {report.micro.f1 or 0.0:.3f}, template found {found:.0%}, {report.documents} documents"


def walk(data: Path, papers: Papers) -> bool:
    """Walk the circle and print a row for each step. Return whether all of them happened."""
    began = time.monotonic()
    make_empty(data)
    installation = start(data)
    try:
        circle = Circle(Site(installation), papers)
        print("| step | measured | s |\n|---|---|---|", flush=True)
        print(
            f"| an empty installation started | {len(installation.processes())} processes | {time.monotonic() - began:.1f} |",
            flush=True,
        )
        for name, step in circle.steps():
            at = time.monotonic()
            try:
                said = step()
            except Missed as e:
                print(f"| {name} | **did not happen**: {e} | {time.monotonic() - at:.1f} |", flush=True)
                return False
            print(f"| {name} | {said} | {time.monotonic() - at:.1f} |", flush=True)
        print(f"| all | {len(circle.steps())} steps | {time.monotonic() - began:.1f} |")
        return True
    finally:
        stop(installation)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", action="store_true", help="ad-buy documents of ../shared/data, not own samples")
    parser.add_argument("--data", type=Path, help="keep the installation's data in this new folder")
    options = parser.parse_args()
    if options.shared and not ADBUY.is_dir():
        sys.exit(f"{ADBUY} is not there: leave --shared out to walk with the project's own samples.")
    papers = shared(ADBUY, Counts()) if options.shared else own(Counts())
    if options.data:
        sys.exit(not walk(options.data, papers))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not walk(Path(folder) / "data", papers))


if __name__ == "__main__":
    main()
