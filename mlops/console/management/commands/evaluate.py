"""`manage.py evaluate PACKAGE DATASET`: metrics by field and by template. Needs no server and no database."""

from __future__ import annotations

import sys
from argparse import Namespace

from mlops.console.commands import DatasetCommand
from mlops.console.learned_from import learned_from
from mlops.learning import cli
from mlops.learning.dataset import BadDataset, Reader, load_dataset
from mlops.learning.package import Package

MOST_NAMED = 3  # documents


def evaluate(given: Namespace, reader: Reader | None) -> int:
    """Judge the package; say before how many of the documents it has learned from. Returns the exit code."""
    _warn(given, reader)
    return cli.run_evaluate(given, reader)


def _warn(given: Namespace, reader: Reader | None) -> None:
    """What cannot be read is reported by the evaluation itself."""
    try:
        package, dataset = Package.load(given.package), load_dataset(given.dataset)
        entries = [entry for entry in cli.chosen_entries(dataset, given.ids) if entry.label is not None]
    except (BadDataset, OSError, ValueError):
        return
    known = learned_from(package, entries, reader)
    if known:
        named = ", ".join(known[:MOST_NAMED]) + (" …" if len(known) > MOST_NAMED else "")
        sys.stderr.write(
            f"{cli.WARNING}{len(known)} of the {len(entries)} documents {'is' if len(known) == 1 else 'are'} among "
            f"those that {package.build} was learned from ({named}): the figures flatter it. Give --ids with "
            "those that it has not seen.\n"
        )


class Command(DatasetCommand):
    help = "Judge a model package by the labelled documents of a dataset folder."
    declare = staticmethod(cli.add_evaluate)
    command = staticmethod(evaluate)
    only_labelled = True
