"""`manage.py token`: print a new API token."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invex.accounts.models import ApiToken
from invex.accounts.queries import system_access
from invex.accounts.roles import Role
from invex.accounts.services import create_token
from invex.kernel.errors import InvexError

BAD_USAGE = 2


class Command(BaseCommand):
    help = "Make an API token of a project and print it, once and alone, on standard output."
    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="short name of the project, e.g. demo")
        parser.add_argument("--role", required=True, help=f"one of {', '.join(Role.values)}")
        parser.add_argument("--name", help="what the token is for; shown as token:NAME (default: ROLE-1, ROLE-2, ...)")
        parser.add_argument("--days", type=int, help="days until it expires (default: it does not)")

    def handle(self, *args: Any, project: str, role: str, name: str | None, days: int | None, **options: Any) -> None:
        try:
            access = system_access(project)
            token, secret = create_token(
                access, name=name or _free_name(access.project.pk, role), role=role, expires_in_days=days
            )
        except InvexError as e:
            raise CommandError(e.message, returncode=BAD_USAGE) from e
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until it is revoked"
        self.stderr.write(f"{token} may act as {token.role} in {access.project.slug} {until}. It is not shown again.")
        self.stdout.write(secret)


def _free_name(project_id: int, role: str) -> str:
    taken = set(ApiToken.objects.filter(project_id=project_id).values_list("name", flat=True))
    return next(name for n in range(1, len(taken) + 2) if (name := f"{role}-{n}") not in taken)
