"""`manage.py dataset freeze|import|export|diff|list`: dataset versions, for any CI system."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.accounts.queries import system_access
from invex.kernel.errors import InvexError
from mlops.datasets import folder, queries, services
from mlops.datasets.api import DatasetOut
from mlops.datasets.models import DatasetVersion
from mlops.datasets.selection import Selection
from mlops.datasets.states import DatasetState
from mlops.learning.cli import warn
from mlops.learning.dataset import BadDataset, load_dataset
from mlops.learning.label_forms import in_other_form

BAD_INPUT, NOTHING = 2, 5
WORKERS = 2  # that read files without words; each holds an OCR process of about 1 GB once a scan comes


class Command(BaseCommand):
    help = "Freeze, import, export and compare dataset versions of a project."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, what in (
            ("freeze", "freeze the confirmed documents and print the version's hash"),
            ("import", "make a version of a dataset folder (invex-dataset/1)"),
            ("export", "write a version as a dataset folder"),
            ("diff", "say what one version has and another has not"),
            ("list", "print the versions, the newest first"),
        ):
            action = actions.add_parser(name, help=what)
            action.add_argument("--project", required=True, help="short name of the project, e.g. demo")
            action.add_argument("--json", action="store_true")
            if name == "freeze":
                action.add_argument("--selection", default="{}", metavar="JSON", help="e.g. '{\"newest\": 500}'")
                action.add_argument("--name", default="")
            if name == "import":
                action.add_argument("folder", type=Path)
                action.add_argument("--name", default="")
            if name == "export":
                action.add_argument("hash", help="or at least six of its first characters")
                action.add_argument("folder", type=Path)
                action.add_argument("--with-files", action="store_true", help="the documents' own files, too")
            if name == "diff":
                action.add_argument("before")
                action.add_argument("after")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(options)
        except (InvexError, BadDataset) as e:
            raise CommandError(getattr(e, "message", str(e)), returncode=_code(e)) from e

    def _freeze(self, options: dict[str, Any]) -> None:
        try:
            selection = Selection.from_json(json.loads(options["selection"]))
        except ValueError as e:
            raise CommandError(f"--selection: no JSON: {e}", returncode=BAD_INPUT) from e
        row = services.request(system_access(options["project"]), selection, name=options["name"])
        if row.held_back:
            self.stderr.write(
                f"Held back, since others of their template contradict them: {len(row.held_back)} "
                f"({', '.join(str(one['document']) for one in row.held_back)}). "
                'The template\'s page shows them and lets you keep one; {"with_held": true} selects all.'
            )
        services.freeze(row)
        row.refresh_from_db()
        if row.state != DatasetState.FROZEN:
            raise CommandError(row.reason, returncode=NOTHING)
        self._say(row, as_json=options["json"])

    def _import(self, options: dict[str, Any]) -> None:
        # Imported here: `manage.py` lists its commands on machines without the reading libraries, too.
        from invex.reading.pool import ReaderPool
        from mlops.console.words_cache import CachedReader

        access = system_access(options["project"])
        dataset = load_dataset(options["folder"], keeps_faults=True)
        labels = [(entry.id, entry.label) for entry in dataset.entries if entry.label is not None]
        warn(in_other_form(labels, dataset.fields, dataset.tables))
        workers = min(os.cpu_count() or 1, WORKERS)
        with ReaderPool(workers) as pool:
            reader = CachedReader(pool, settings.DATA_DIR / "words", workers)
            reader.read_ahead([e.file for e in dataset.labelled() if e.words is None and e.file and e.file.is_file()])
            row = services.import_folder(access, dataset, reader, name=options["name"])
        self._say(row, as_json=options["json"])

    def _export(self, options: dict[str, Any]) -> None:
        row = queries.version(system_access(options["project"]).project, options["hash"])
        count = folder.export(row, options["folder"], with_files=options["with_files"])
        self.stderr.write(f"{count} documents of {row.hash}; {queries.wholeness(row).sentence()}")
        self.stdout.write(str(options["folder"]))

    def _diff(self, options: dict[str, Any]) -> None:
        project = system_access(options["project"]).project
        before, after = (queries.version(project, options[which]) for which in ("before", "after"))
        found = asdict(queries.difference(before, after))
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for what, names in found.items():
            self.stdout.write(f"{what:11} {len(names):5}  {' '.join(names[:20])}{' ...' if len(names) > 20 else ''}")

    def _list(self, options: dict[str, Any]) -> None:
        rows = queries.versions(system_access(options["project"]).project).filter(state=DatasetState.FROZEN)
        for row in rows:
            self._say(row, as_json=options["json"])

    def _say(self, row: DatasetVersion, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(DatasetOut.of(row, queries.wholeness(row)).model_dump_json())
            return
        sides = {
            side: sum(count.get(side, 0) for count in row.distribution.values()) for side in ("train", "test", "blind")
        }
        counts = {**sides, "held back": len(row.held_back)} if row.held_back else sides
        self.stderr.write(f"{row.name}: " + ", ".join(f"{what} {n}" for what, n in counts.items()))
        self.stdout.write(row.hash)


def _code(error: Exception) -> int:
    return NOTHING if isinstance(error, InvexError) and error.code in ("empty", "same") else BAD_INPUT
