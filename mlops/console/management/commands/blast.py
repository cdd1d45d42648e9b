"""`manage.py blast BUILD`: what a build read and approved; with `--with` what another build reads there."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser

from invex.accounts.access import Access
from mlops.console.project_command import BAD_INPUT, NOTHING_TO_DO, ProjectCommand
from mlops.deployment import blast
from mlops.deployment.blast_api import RereadOut, TouchedOut
from mlops.deployment.models import Reread
from mlops.deployment.states import RereadState
from mlops.registry import queries
from mlops.registry.models import Build

POLL_S = 0.5


class Command(ProjectCommand):
    help = "List what a build read; --with BUILD has another one read the same and prints what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("build", help="name or number of the build whose work is looked at")
        parser.add_argument("--project", required=True, help="its short name")
        parser.add_argument("--only-auto", action="store_true", help="only what was approved as it read it, by nobody")
        parser.add_argument(
            "--with", dest="anew", default="", metavar="BUILD", help=f"reads the newest {blast.MOST} of them again"
        )
        parser.add_argument("--take-back", action="store_true", help="with --with: put what differs into review")
        parser.add_argument("--json", action="store_true", help="one JSON object a document, or for the re-read")

    def handle(self, *args: Any, build: str, project: str, anew: str, **options: Any) -> None:
        if options["take_back"] and not anew:
            raise CommandError("--take-back goes with --with BUILD.", returncode=BAD_INPUT)
        with self.told():
            access = self.access(project)
            read = queries.build(access.project, build)
            if anew:
                other = queries.build(access.project, anew)
                self.read_again(access, read, other, options)
            else:
                self.touched(access, read, options)

    def touched(self, access: Access, read: Build, options: dict[str, Any]) -> None:
        rows = blast.read_by(access.project, read.name)
        count = 0
        for row in blast.approved_by_it(rows) if options["only_auto"] else rows:
            count += 1
            said = TouchedOut.of(row)
            line = f"{said.id:>8}  {said.state:10} {said.by or '–':12} {said.template or '–':24} {said.file}"
            self.stdout.write(said.model_dump_json() if options["json"] else line)
        if not count:
            raise CommandError(f"{read.name} read no document.", returncode=NOTHING_TO_DO)

    def read_again(self, access: Access, read: Build, other: Build, options: dict[str, Any]) -> None:
        chosen = blast.newest(access.project, read, only_auto=options["only_auto"])
        if not chosen:
            raise CommandError(f"{read.name} read no document.", returncode=NOTHING_TO_DO)
        row = blast.request(access, read, other, chosen)
        self.stderr.write(f"re-read {row.pk}: {len(row.documents)} documents with {other.name}")
        while row.state in (RereadState.WAITING, RereadState.RUNNING):
            if not blast.run(row.pk):
                time.sleep(POLL_S)  # a worker has it
            row = blast.reread(access.project, row.pk)
        if row.state == RereadState.FAILED:
            raise CommandError(f"Re-read {row.pk} failed: {row.reason}", returncode=BAD_INPUT)
        said = RereadOut.of(row)
        if options["json"]:
            self.stdout.write(json.dumps(said.model_dump(mode="json"), ensure_ascii=False))
        else:
            for one in said.differences:
                for field in one["fields"]:
                    before, after = (" | ".join(field[side]) or "–" for side in ("stands", "anew"))
                    self.stdout.write(f"{one['document']:>8}  {field['key'] or 'template'}: {before} -> {after}")
            self.stderr.write(f"{said.read_so_far} read, {said.same} the same")
        if options["take_back"]:
            self.take_back(access, row, [int(one["document"]) for one in said.differences])

    def take_back(self, access: Access, row: Reread, documents: list[int]) -> None:
        done, skipped = blast.take_back(access, row, documents)
        for document, why in skipped:
            self.stderr.write(f"document {document} was left as it is: {why}")
        self.stderr.write(f"{len(done)} in review with the new values")
