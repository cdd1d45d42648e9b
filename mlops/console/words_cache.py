"""Words of files that were read before: reading scans takes seconds a page, learning from them does not."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from invex.reading.pool import ReaderPool
from invex.reading.reader import READER_VERSION
from invex.reading.types import Document
from invex.reading.words import from_json, to_json
from mlops.learning.archive import write

log = logging.getLogger(__name__)


class CachedReader:
    """Reads files with a pool, and each file's bytes only once for each version of the reader."""

    def __init__(self, pool: ReaderPool, folder: Path, workers: int) -> None:
        self.pool, self.folder, self.workers = pool, folder, workers

    def __call__(self, path: Path) -> Document:
        """Return the document in a file. Raises Unreadable, and OSError where the file cannot be opened."""
        kept = self._kept(path)
        if kept.exists():
            stored = json.loads(kept.read_text(encoding="utf-8"))
            return from_json(stored, file=path.name, reader=stored["reader"])
        document = self.pool.read(path)
        write(kept, json.dumps({**to_json(document), "reader": document.reader}).encode())
        return document

    def read_ahead(self, paths: Iterable[Path]) -> None:
        """Read files side by side; what cannot be read fails again, with its reason, when it is asked for."""
        missing = [p for p in paths if os.access(p, os.R_OK) and not self._kept(p).exists()]
        if len(missing) < 2:
            return
        log.info("reading %d files", len(missing))
        with ThreadPoolExecutor(self.workers) as threads:
            for path, future in [(p, threads.submit(self, p)) for p in missing]:
                error = future.exception()
                if error is not None:
                    log.info("%s: %s", path, error)

    def _kept(self, path: Path) -> Path:
        digest = hashlib.sha256(READER_VERSION.encode() + path.read_bytes()).hexdigest()
        return self.folder / digest[:2] / f"{digest}.json"
