"""What learn, predict, evaluate and pretrain of `manage.py` share: a reader for documents whose words nobody gave."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mlops.learning import cli
from mlops.learning.dataset import BadDataset, Reader, load_dataset

WORKERS = 2  # each holds an OCR process of about 1 GB once a scan comes


class DatasetCommand(BaseCommand):
    """A command of mlops.learning with the reading room behind it.

    declare: adds its arguments. command: does it, and returns the exit code. only_labelled: no other document is read.
    """

    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    declare: Callable[[CommandParser], None]
    command: Callable[[Namespace, Reader | None], int]
    only_labelled = False

    def add_arguments(self, parser: CommandParser) -> None:
        self.declare(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        # Imported here: `manage.py` lists its commands on machines without the reading libraries, too.
        from invex.reading.pool import ReaderPool
        from mlops.console.words_cache import CachedReader

        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
        workers = min(os.cpu_count() or 1, WORKERS)
        with ReaderPool(workers) as pool, words_folder() as folder:
            reader = CachedReader(pool, folder, workers)
            given = Namespace(**options)
            reader.read_ahead(self._files(given))
            code = self.command(given, reader)
        if code:
            sys.exit(code)

    def _files(self, given: Namespace) -> list[Path]:
        """The files that the command will read; a bad dataset, or bad ids, are reported by the command itself."""
        try:
            entries = cli.chosen_entries(load_dataset(given.dataset, keeps_faults=True), getattr(given, "ids", None))
        except (BadDataset, OSError, ValueError):
            return []
        wanted = [e for e in entries if e.label is not None or not self.only_labelled]
        return [e.file for e in wanted if e.words is None and e.file is not None and e.file.is_file()]


@contextmanager
def words_folder() -> Iterator[Path]:
    """Give the folder in which the words of files are kept that were read before.

    In the data folder where there is one, else in the person's cache, which only they can read, else only for this
    command: it needs no data folder and makes none.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "invex"
    folder = Path(settings.DATA_DIR) if settings.DATA_DIR.is_dir() else cache
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_kept = os.access(folder, os.W_OK)
    except OSError:
        is_kept = False
    if is_kept:
        yield folder / "words"
    else:
        with tempfile.TemporaryDirectory(prefix="invex-") as scratch:
            yield Path(scratch) / "words"
