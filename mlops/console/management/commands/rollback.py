"""`manage.py rollback --project P [--revision N]`: go back to an earlier deployment, and wait until it is live."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from mlops.console.project_command import ProjectCommand
from mlops.deployment import services


class Command(ProjectCommand):
    help = "Restore builds, routing and thresholds of an earlier deployment, as a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="its short name")
        parser.add_argument("--revision", type=int, help="number of the deployment; default: what was live before")
        parser.add_argument("--why", default="", help="kept with the deployment")

    def handle(self, *args: Any, project: str, revision: int | None, why: str, **options: Any) -> None:
        with self.told():
            access = self.access(project)
            self.finish(access, services.rollback(access, revision, why=why))
