"""`manage.py automation off|on|status`: the one switch of automatic approval, for every project."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from invex.accounts.models import Project
from invex.extraction import halts
from invex.kernel.actor import Actor
from mlops.automation import queries

OPERATOR = Actor("system", "operator")


class Command(BaseCommand):
    help = "Turn automatic approval off in every project, or on again; status says what is off and which promises hold."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("turn", choices=["off", "on", "status"])
        parser.add_argument("--why", default="", help="kept in the audit log, and shown to people")
        parser.add_argument("--json", action="store_true", help="of status")

    def handle(self, *args: Any, turn: str, why: str, **options: Any) -> None:
        if turn == "off":
            changed = halts.halt_everywhere(OPERATOR, why=why)
            self.stderr.write("Automatic approval is off everywhere." if changed else "It was off everywhere already.")
        elif turn == "on":
            changed = halts.resume_everywhere(OPERATOR)
            said = "Projects approve again what their promises allow." if changed else "It was not off everywhere."
            self.stderr.write(said)
        else:
            self._status(as_json=options["json"])

    def _status(self, *, as_json: bool) -> None:
        for project in Project.objects.order_by("slug"):
            off = [str(halt) for halt in halts.halts(project)]
            for one in queries.standings(project, promised=True):
                promise = one.promise
                row = {
                    "project": project.slug,
                    "template": one.template.name,
                    "approves": one.is_in_force and not off,
                    "off": off,
                    "promised_error": promise.promised_error if promise else None,
                    "threshold": promise.threshold if promise else None,
                    "confirmed": one.confirmed,
                    "needed": one.needed,
                    "audited": one.audit.audited if one.audit else 0,
                    "wrong": one.audit.wrong if one.audit else 0,
                    "stopped": promise.stopped_why if promise else "",
                }
                self.stdout.write(json.dumps(row) if as_json else "  ".join(f"{k}={v}" for k, v in row.items()))
