"""`manage.py learn DATASET --out PACKAGE`: dataset folder -> model package. Needs no server, no queue, no database."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from mlops.console.commands import DatasetCommand
from mlops.learning import cli


class Command(DatasetCommand):
    help = "Learn a model package from the labelled documents of a dataset folder."

    def add_arguments(self, parser: CommandParser) -> None:
        cli.add_learn(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.run(cli.run_learn, Namespace(**options))
