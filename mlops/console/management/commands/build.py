"""`manage.py build register|list|judge|push|evict`: model packages and the builds of a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from invex.accounts.access import Access
from mlops.console.project_command import BAD_INPUT, NOTHING_TO_DO, ProjectCommand
from mlops.console.waiting import finish_run
from mlops.datasets import queries as datasets
from mlops.deployment import housekeeping
from mlops.registry import queries, services
from mlops.registry.eviction import Policy
from mlops.registry.models import Build
from mlops.training.services import request_judgement


class Command(ProjectCommand):
    help = "Register model packages as builds, list them, push them to a repository."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        register = actions.add_parser("register", help="verify a package and give it the next build number")
        register.add_argument("file", type=Path, metavar="FILE")
        register.add_argument("--version", dest="as_version", default="", help="Major.Minor.Patch")
        listing = actions.add_parser("list", help="the project's builds, the newest first")
        push = actions.add_parser("push", help="store a build in a repository of INVEX_REPOSITORIES")
        push.add_argument("build", help="name or number")
        push.add_argument("repository")
        judge = actions.add_parser("judge", help="have the gate judge a build; exit code 3: it refused it")
        judge.add_argument("build", help="name or number")
        judge.add_argument("--dataset", default="", help="hash of a dataset version; absent: what is confirmed today")
        evict = actions.add_parser("evict", help="say which packages a policy would delete; with --yes delete them")
        evict.add_argument("--best", type=int, default=3, help="keep so many of the best (default: %(default)s)")
        evict.add_argument("--newest", type=int, default=10, help="keep so many of the newest (default: %(default)s)")
        evict.add_argument("--days", type=int, help="delete only what is older")
        evict.add_argument("--budget-mb", type=int, help="delete only until the packages take no more than this")
        evict.add_argument("--yes", action="store_true", help="do it; without this nothing is changed")
        for one in (register, listing, judge, push, evict):
            one.add_argument("--project", required=True, help="its short name")
        listing.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, action: str, project: str, **options: Any) -> None:
        with self.told():
            access = self.access(project)
            if action == "register":
                file: Path = options["file"]
                try:
                    data = file.read_bytes()
                except OSError as e:
                    raise CommandError(f"{file}: {e.strerror}", returncode=BAD_INPUT) from e
                row = services.register(access, data, file_name=file.name, version=options["as_version"])
                self.stdout.write(row.name)
            elif action == "push":
                row = queries.build(access.project, options["build"])
                self.stdout.write(services.push(access, row, options["repository"]))
            elif action == "judge":
                self.judge(access, options)
            elif action == "evict":
                self.evict(access, options)
            else:
                services.shipped()
                for row in queries.builds(access.project).order_by("-id"):
                    self.stdout.write(_line(row, as_json=options["json"]))

    def judge(self, access: Access, options: dict[str, Any]) -> None:
        found = queries.build(access.project, options["build"])
        dataset = datasets.version(access.project, options["dataset"]) if options["dataset"] else None
        row = request_judgement(access, found, dataset, trigger={"kind": "command"})
        finish_run(access, row, tell=self.stderr.write)
        self.stdout.write(found.name)

    def evict(self, access: Access, options: dict[str, Any]) -> None:
        budget = options["budget_mb"]
        if min(n for n in (options["best"], options["newest"], options["days"] or 0, budget or 0)) < 0:
            raise CommandError("Give numbers that are not negative.", returncode=BAD_INPUT)
        policy = Policy(
            best=options["best"],
            newest=options["newest"],
            days=options["days"],
            budget=None if budget is None else budget * 2**20,
        )
        done = options["yes"]
        chosen = housekeeping.evict(access, policy) if done else housekeeping.planned(access.project, policy)
        names = dict(Build.objects.filter(pk__in=[e.build.key for e in chosen]).values_list("pk", "name"))
        for eviction in chosen:
            self.stdout.write(f"{names[eviction.build.key]}  {eviction.reason}")
        if not chosen:
            raise CommandError("Nothing to delete.", returncode=NOTHING_TO_DO)
        self.stderr.write(f"{len(chosen)} deleted" if done else f"{len(chosen)} would be deleted; add --yes")


def _line(row: Build, *, as_json: bool) -> str:
    if not as_json:
        return f"{row.name:40} {row.state:11} {row.size:>12,} bytes  {row.created_at:%Y-%m-%d %H:%M}  {row.made_by}"
    about = {"build": row.name, "state": row.state, "sha256": row.sha256, "size": row.size, "dataset": row.dataset}
    return json.dumps({**about, "created_at": row.created_at.isoformat(), "made_by": row.made_by})
