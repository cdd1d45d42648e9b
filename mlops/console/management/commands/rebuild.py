"""`manage.py rebuild BUILD`: train a build again from what was recorded, and say whether it is the same."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from mlops.console.project_command import BAD_INPUT, ProjectCommand
from mlops.datasets import queries as datasets
from mlops.registry import queries as builds
from mlops.training import rebuild

DIFFERENT = 3  # exit code: neither the bytes nor the metrics agree


class Command(ProjectCommand):
    help = "Train a build again from what its run recorded. With --verify exit code 3: it is not the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("build", help="name or number")
        parser.add_argument("--project", required=True, help="short name of the project, e.g. demo")
        parser.add_argument("--verify", action="store_true", help="compare with the build, and say what was proved")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the package here")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["verify"] and options["out"] is None:
            raise CommandError("Give --verify, or --out FILE, or both.", returncode=BAD_INPUT)
        with self.told():
            access = self.access(options["project"])
            row = rebuild.run_of(builds.build(access.project, options["build"]))
            self.stderr.write(datasets.wholeness(row.dataset).sentence())
            made = rebuild.rebuild(row)
        if options["out"] is not None:
            try:
                options["out"].write_bytes(made.data)
            except OSError as e:
                raise CommandError(f"{options['out']}: {e.strerror}", returncode=BAD_INPUT) from e
        if not options["verify"]:
            self.stdout.write(made.sha256)
            return
        verdict = rebuild.verify(row, made)
        if options["json"]:
            said = {**asdict(verdict), "sha256": made.sha256, "recorded_sha256": row.package_sha256}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        else:
            self.stdout.write(f"proved: {verdict.proof}. {verdict.sentence}")
        if verdict.proof == rebuild.Proof.NOTHING:
            raise CommandError("The build could not be repeated.", returncode=DIFFERENT)
