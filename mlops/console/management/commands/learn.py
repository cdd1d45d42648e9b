"""`manage.py learn DATASET --out PACKAGE`: dataset folder -> model package. Needs no server, no queue, no database."""

from __future__ import annotations

from mlops.console.commands import DatasetCommand
from mlops.learning import cli


class Command(DatasetCommand):
    help = "Learn a model package from the labelled documents of a dataset folder."
    declare = staticmethod(cli.add_learn)
    command = staticmethod(cli.run_learn)
    only_labelled = True
