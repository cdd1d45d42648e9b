"""`manage.py extract FILE...`: files -> predictions, one a line. Needs no server, no queue, no database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.extraction.pipeline import Predictor, Reader, extract_file
from invex.extraction.predictors import offline
from invex.fields.prediction import error_to_json

BAD_INPUT = 2  # exit code, FORMATS section 6
MOST_WORKERS = 4  # of the default; each holds an OCR process of about 1 GB once a scan comes


class Command(BaseCommand):
    help = "Read documents and print what they say, one invex-prediction/1 object a line. Nothing is stored."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PDF, PNG, JPEG, TIFF, WebP or XML")
        parser.add_argument("--model", type=Path, metavar="PACKAGE", help="a model package; default: the shipped one")
        parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, MOST_WORKERS), metavar="N",
                            help="files read at the same time (default: %(default)s)")  # fmt: skip

    def handle(self, *args: Any, files: list[Path], model: Path | None, workers: int, **options: Any) -> None:
        # Imported here: `manage.py` lists its commands on machines without the reading libraries, too.
        from invex.reading.pool import ReaderPool

        if workers < 1:
            raise CommandError("--workers: give at least 1", returncode=BAD_INPUT)
        try:
            predictor = offline(model)
        except OSError as e:
            raise CommandError(f"--model {model}: {e.strerror}", returncode=BAD_INPUT) from e
        except ValueError as e:
            raise CommandError(f"--model {e}", returncode=BAD_INPUT) from e
        failed: list[Path] = []
        with ReaderPool(min(workers, len(files))) as pool:
            for file, line in zip(files, _lines(files, pool, predictor, workers)):
                if "error" in line:
                    failed.append(file)
                self.stdout.write(json.dumps(line, ensure_ascii=False))
                self.stdout.flush()
        missing = [file for file in failed if not os.path.exists(file)]
        unread = len(failed) - len(missing)
        said = f"{unread} of {len(files)} files could not be read; their lines say why." if unread else ""
        if missing:  # a name that was mistyped; the other files were read all the same
            said = f"{said} There is no such file: {', '.join(map(str, missing))}".strip()
        if missing or len(failed) == len(files):
            raise CommandError(said, returncode=BAD_INPUT)
        if said:
            self.stderr.write(said)


def _lines(files: list[Path], reader: Reader, predictor: Predictor, workers: int) -> Iterator[dict[str, Any]]:
    """Yield one line a file, in the order given; `workers` are read at the same time."""
    with ThreadPoolExecutor(workers) as threads:
        yield from threads.map(lambda file: _line(file, reader, predictor), files)


def _line(file: Path, reader: Reader, predictor: Predictor) -> dict[str, Any]:
    """Return the file's prediction, or the error that a person can act on."""
    if os.path.isdir(file):
        return error_to_json(file=str(file), code="unsupported", message="This is a folder. Name the files in it.")
    if os.path.exists(file) and not file.is_file():
        return error_to_json(file=str(file), code="unsupported", message="This is a device or a pipe. Name a file.")
    try:
        with file.open("rb"):
            pass
    except FileNotFoundError:
        message = f"There is no such file: {file}. Check its name."
        return error_to_json(file=str(file), code="unsupported", message=message)
    except OSError as e:
        return error_to_json(file=str(file), code="corrupt", message=f"The file cannot be opened: {e.strerror}.")
    return extract_file(file, reader, predictor)
