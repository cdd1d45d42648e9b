"""`manage.py evaluate PACKAGE DATASET`: metrics by field and by template. Needs no server and no database."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from mlops.console.commands import DatasetCommand
from mlops.learning import cli


class Command(DatasetCommand):
    help = "Judge a model package by the labelled documents of a dataset folder."

    def add_arguments(self, parser: CommandParser) -> None:
        cli.add_evaluate(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.run(cli.run_evaluate, Namespace(**options))
