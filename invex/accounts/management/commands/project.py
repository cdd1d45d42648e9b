"""`manage.py project`: make a project."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.accounts.models import User
from invex.accounts.queries import person
from invex.accounts.services import open_project
from invex.kernel.actor import SYSTEM
from invex.kernel.errors import InvexError

BAD_USAGE = 2


class Command(BaseCommand):
    help = "Make a project and print its short name, alone, on standard output."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="as people know it, e.g. 'Accounts payable'")
        parser.add_argument("--slug", default="", help="its short name in addresses (default: made from the name)")
        parser.add_argument("--owner", help="user name of its owner (default: the only administrator)")

    def handle(self, *args: Any, name: str, slug: str, owner: str | None, **options: Any) -> None:
        try:
            project = open_project(SYSTEM, name=name, slug=slug, owner=person(owner) if owner else _administrator())
        except InvexError as e:
            raise CommandError(e.message, returncode=BAD_USAGE) from e
        self.stderr.write(f"The project {project.name} is made. Its owner invites people: Settings, Members.")
        self.stdout.write(project.slug)


def _administrator() -> User:
    found = list(User.objects.filter(is_superuser=True, is_active=True)[:2])
    if len(found) != 1:
        raise CommandError("Say who owns the project: --owner NAME.", returncode=BAD_USAGE)
    return found[0]
