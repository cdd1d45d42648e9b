"""`manage.py train`: a training run from any CI system, by button's rules: validate, smoke, train, evaluate, gate."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from invex.accounts.access import Access
from mlops.console import waiting
from mlops.console.project_command import BAD_INPUT, ProjectCommand
from mlops.datasets import queries as dataset_queries
from mlops.datasets import services as datasets
from mlops.datasets.selection import Selection
from mlops.training import queries, services
from mlops.training.api import TrainingRunOut
from mlops.training.models import TrainingRun


class Command(ProjectCommand):
    help = "Train a build. Exit code 3: the gate refused it; 4: it yielded, `--resume ID` goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="short name of the project, e.g. demo")
        parser.add_argument("--package-version", default="", help="Major.Minor.Patch of the build")
        parser.add_argument("--dataset", default="{}", help="hash of a dataset version, or a selection as JSON")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--pretrain",
            action="store_true",
            help="train the network anew, after it has read the documents without their labels; needs invex[train]",
        )
        parser.add_argument("--resume", type=int, metavar="ID", help="let a run that yielded or failed go on")
        parser.add_argument(
            "--on-cpu", action="store_true", help="with --resume: one that began on a GPU trains again on the CPU"
        )
        parser.add_argument(
            "--wait", action="store_true", help="until it has ended; works on it here if nobody else does"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with self.told():
            access = self.access(options["project"])
            row = self._row(access, options)
        if options["wait"]:
            row = waiting.wait(access, row, tell=self.stderr.write)
        if options["json"]:
            self.stdout.write(TrainingRunOut.of(row).model_dump_json())
        else:
            self.stdout.write(row.build.name if row.build else f"run {row.pk}: {row.state}")
        waiting.check(row)

    def _row(self, access: Access, options: dict[str, Any]) -> TrainingRun:
        if options["resume"] is not None:
            row = queries.run(access.project, options["resume"])
            go_on = services.start_on_cpu if options["on_cpu"] else services.resume
            go_on(access, row)
            return row
        if options["on_cpu"]:
            raise CommandError("--on-cpu goes with --resume ID.", returncode=BAD_INPUT)
        if not options["package_version"]:
            raise CommandError("Give --package-version, e.g. --package-version 0.18.0", returncode=BAD_INPUT)
        said = options["dataset"].strip()
        if said.startswith("{"):
            try:
                dataset = datasets.request(access, Selection.from_json(json.loads(said)))
            except ValueError as e:
                raise CommandError(f"--dataset: no JSON: {e}", returncode=BAD_INPUT) from e
        else:
            dataset = dataset_queries.version(access.project, said)
        return services.request(
            access, dataset, version=options["package_version"], seed=options["seed"], pretrains=options["pretrain"],
            trigger={"kind": "command"},
        )  # fmt: skip
