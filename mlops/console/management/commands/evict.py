"""`manage.py evict WHAT`: make room of datasets, checkpoints or page images; `build evict` does it of packages."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from mlops.console.project_command import BAD_INPUT, NOTHING_TO_DO, ProjectCommand
from mlops.deployment import making_room
from mlops.registry.eviction import Policy


class Command(ProjectCommand):
    help = "Say what a policy would delete to make room; with --yes delete it. Exit code 5: nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(making_room.KINDS))
        parser.add_argument("--project", required=True, help="its short name")
        parser.add_argument("--newest", type=int, default=10, help="keep so many of the newest (default: %(default)s)")
        parser.add_argument("--days", type=int, help="delete only what is older")
        parser.add_argument("--budget-mb", type=int, help="checkpoints: delete only until they take no more than this")
        parser.add_argument("--yes", action="store_true", help="do it; without this nothing is changed")

    def handle(self, *args: Any, kind: str, project: str, **options: Any) -> None:
        budget = options["budget_mb"]
        if min(options["newest"], options["days"] or 0, budget or 0) < 0:
            raise CommandError("Give numbers that are not negative.", returncode=BAD_INPUT)
        policy = Policy(
            best=0,
            newest=options["newest"],
            days=options["days"],
            budget=None if budget is None else budget * 2**20,
        )
        with self.told():
            access = self.access(project)
            if options["yes"]:
                chosen = making_room.evict(access, kind, policy)
            else:
                chosen = making_room.planned(access.project, kind, policy)
        for eviction in chosen:
            self.stdout.write(f"{kind} {eviction.build.key}  {eviction.build.made_at:%Y-%m-%d}  {eviction.reason}")
        if not chosen:
            raise CommandError("Nothing to delete.", returncode=NOTHING_TO_DO)
        self.stderr.write(f"{len(chosen)} deleted" if options["yes"] else f"{len(chosen)} would be deleted; add --yes")
