"""`manage.py build register|list|push`: model packages and the builds of a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from mlops.console.project_command import BAD_INPUT, ProjectCommand
from mlops.registry import queries, services
from mlops.registry.models import Build


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
        for one in (register, listing, push):
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
            else:
                services.shipped()
                for row in queries.builds(access.project).order_by("-id"):
                    self.stdout.write(_line(row, as_json=options["json"]))


def _line(row: Build, *, as_json: bool) -> str:
    if not as_json:
        return f"{row.name:40} {row.state:11} {row.size:>12,} bytes  {row.created_at:%Y-%m-%d %H:%M}  {row.made_by}"
    about = {"build": row.name, "state": row.state, "sha256": row.blob, "size": row.size, "dataset": row.dataset}
    return json.dumps({**about, "created_at": row.created_at.isoformat(), "made_by": row.made_by})
