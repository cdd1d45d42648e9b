"""`manage.py pretrain DATASET --out PACKAGE`: documents without labels -> a base package for `learn --base`."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from mlops.console.commands import DatasetCommand
from mlops.learning import pretrain


class Command(DatasetCommand):
    help = "Pretrain the network of the base package on the documents of a dataset folder; needs no labels."

    def add_arguments(self, parser: CommandParser) -> None:
        pretrain.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.run(pretrain.run, Namespace(**options))
