"""`manage.py predict PACKAGE DATASET`: dataset folder -> predictions, one a line. Needs no server and no database."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from mlops.console.commands import DatasetCommand
from mlops.learning import cli


class Command(DatasetCommand):
    help = "Predict the documents of a dataset folder with a model package, one invex-prediction/1 object a line."

    def add_arguments(self, parser: CommandParser) -> None:
        cli.add_predict(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.run(cli.run_predict, Namespace(**options))
