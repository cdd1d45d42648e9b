"""The reader of the benches: what it read is kept between runs where a folder is given (`--words`)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invex.reading.pool import ReaderPool
from mlops.console.words_cache import CachedReader


@contextmanager
def cached_reader(folder: Path | None, workers: int = 2) -> Iterator[CachedReader]:
    """folder: None = one that is gone afterwards."""
    with tempfile.TemporaryDirectory() as other, ReaderPool(workers) as pool:
        yield CachedReader(pool, folder or Path(other), workers)
