"""`manage.py retrain`: look at the triggers as the scheduler does every minute; begin a retraining, or say why not."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from invex.accounts.access import Access
from invex.accounts.models import Project
from invex.accounts.queries import system_access
from mlops.console.project_command import NOTHING_TO_DO, ProjectCommand
from mlops.retraining import circle, queries, services
from mlops.retraining.models import Circle


class Command(ProjectCommand):
    help = "Look at the triggers of retraining and begin one where a trigger says so. Exit code 5: nothing to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", help="short name of the project; left out: every project")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="only say what would happen")
        what.add_argument("--now", action="store_true", help="as the button: neither cooldown nor budget holds it back")
        what.add_argument("--continue", action="store_true", dest="go_on", help="let the one that waits go on")
        what.add_argument("--stop", action="store_true", help="stop the one that is under way")
        parser.add_argument("--json", action="store_true", help="one object a project and line")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["now"] or options["go_on"] or options["stop"]) and not options["project"]:
            raise CommandError("Say of which project: --project NAME", returncode=2)
        with self.told():
            names = [options["project"]] if options["project"] else _projects()
            said = [self._one(system_access(name), options) for name in names]
        for one in said:
            if options["json"]:
                self.stdout.write(json.dumps(one, ensure_ascii=False))
            else:
                self.stdout.write(f"{one['project']}: {one['said']}")
        if not any(one["circle"] for one in said) and not any(one["would_fire"] for one in said):
            raise CommandError("Nothing to do.", returncode=NOTHING_TO_DO)

    def _one(self, access: Access, options: dict[str, Any]) -> dict[str, Any]:
        """Do what the options say in one project, and return what came of it."""
        found = queries.outlook(access.project)
        said: dict[str, Any] = {
            "project": access.project.slug,
            "reached": [str(kind) for kind in found.reached],
            "would_fire": found.would_fire,
            "not_now": [held.why for held in found.held],
            "figures": {str(one.kind): one.figure for one in found.readings},
            "circle": None,
        }
        row: Circle | None = None
        if options["go_on"] or options["stop"]:
            row = queries.open_circle(access.project)
            if row is not None:
                (circle.go_on if options["go_on"] else circle.stop)(access, row)
        elif options["now"]:
            row = services.start(access)
        elif not options["dry_run"]:
            row = self._considered(access)
        if row is not None:
            circle.advance(row.pk)
            row = queries.circles(access.project).get(pk=row.pk)
            said["circle"] = {"id": row.pk, "state": row.state, "why": row.decision.why, "waits_for": row.waits_for}
        return {**said, "said": _sentence(said, found)}

    def _considered(self, access: Access) -> Circle | None:
        policy = queries.policy_row(access.project)
        decision = services.consider(policy) if policy is not None else None
        return queries.circles(access.project).filter(decision=decision).first() if decision is not None else None


def _sentence(said: dict[str, Any], found: queries.Outlook) -> str:
    if said["circle"]:
        waits = f", waits for a person: {said['circle']['waits_for']}" if said["circle"]["waits_for"] else ""
        return f"retraining {said['circle']['id']} is {said['circle']['state']}{waits} ({said['circle']['why']})"
    if not found.reached:
        return "no trigger is reached"
    why = services.said(found, found.reached[0])
    return f"not now: {why}; {' '.join(said['not_now'])}" if found.held else f"would begin: {why}"


def _projects() -> list[str]:
    return list(Project.objects.order_by("slug").values_list("slug", flat=True))
