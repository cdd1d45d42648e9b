"""`manage.py predict PACKAGE DATASET`: dataset folder -> predictions, one a line. Needs no server and no database."""

from __future__ import annotations

from mlops.console.commands import DatasetCommand
from mlops.learning import cli


class Command(DatasetCommand):
    help = "Predict the documents of a dataset folder with a model package, one invex-prediction/1 object a line."
    declare = staticmethod(cli.add_predict)
    command = staticmethod(cli.run_predict)
