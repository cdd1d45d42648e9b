"""`manage.py pretrain DATASET --out PACKAGE`: documents without labels -> a base package for `learn --base`."""

from __future__ import annotations

from mlops.console.commands import DatasetCommand
from mlops.learning import pretrain


class Command(DatasetCommand):
    help = "Pretrain the network of the base package on the documents of a dataset folder; needs no labels."
    declare = staticmethod(pretrain.add_arguments)
    command = staticmethod(pretrain.run)
