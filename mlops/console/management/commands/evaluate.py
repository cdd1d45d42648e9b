"""`manage.py evaluate PACKAGE DATASET`: metrics by field and by template. Needs no server and no database."""

from __future__ import annotations

from mlops.console.commands import DatasetCommand
from mlops.learning import cli


class Command(DatasetCommand):
    help = "Judge a model package by the labelled documents of a dataset folder."
    declare = staticmethod(cli.add_evaluate)
    command = staticmethod(cli.run_evaluate)
    only_labelled = True
