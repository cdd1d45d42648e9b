"""`manage.py doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.operations import doctor

SIGNS = {doctor.Level.OK: "ok  ", doctor.Level.NOTE: "note", doctor.Level.BAD: "BAD "}


class Command(BaseCommand):
    help = "Look for missing, changed and orphaned files, impossible states and unreachable services. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--deep", action="store_true", help="also read every file and compare its hash")
        parser.add_argument("--json", action="store_true", help="one finding a line")
        parser.add_argument("--delete-orphans", action="store_true", help="delete files that no row needs, then look")

    def handle(self, *args: Any, deep: bool, json: bool, delete_orphans: bool, **options: Any) -> None:
        if delete_orphans:
            self.stderr.write(f"Deleted {doctor.delete_orphans()} files that no row needed.")
        bad = 0
        for finding in doctor.examine(is_deep=deep):
            bad += finding.level == doctor.Level.BAD
            self.stdout.write(_line(finding, as_json=json))
        if bad:
            raise CommandError(f"{bad} findings are bad; each says what to do.")


def _line(finding: doctor.Finding, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(asdict(finding), ensure_ascii=False)
    remedy = f"\n       -> {finding.remedy}" if finding.remedy else ""
    return f"{SIGNS[finding.level]}  {finding.name}: {finding.message}{remedy}"
