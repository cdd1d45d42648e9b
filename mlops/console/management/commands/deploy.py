"""`manage.py deploy FILE`: deploy what a deployment.json says, and wait until it is live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from invex.fields.shapes import BadShape, object_of
from mlops.console.project_command import BAD_INPUT, ProjectCommand
from mlops.deployment import services
from mlops.learning.json_file import json_in


class Command(ProjectCommand):
    help = "Deploy what a deployment.json (invex-deployment/1) says. Builds that are not here are pulled."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="deployment.json")
        parser.add_argument("--project", help="its short name; default: the one that the file names")
        parser.add_argument("--why", default="", help="kept with the deployment")

    def handle(self, *args: Any, file: Path, project: str | None, why: str, **options: Any) -> None:
        try:
            data = object_of(json_in(file), "")
        except BadShape as e:
            raise CommandError(f"{file}: {e}", returncode=BAD_INPUT) from e
        slug = project or str(data.get("project", ""))
        with self.told():
            access = self.access(slug)
            self.finish(access, services.deploy_file(access, data, why=why))
