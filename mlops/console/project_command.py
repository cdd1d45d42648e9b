"""What the commands of a project's models share: who acts, exit codes, how a deployment is waited for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError

from invex.accounts.access import Access
from invex.accounts.queries import system_access
from invex.kernel.errors import InvexError
from mlops.deployment import preparation, queries
from mlops.deployment.models import DeploymentRevision
from mlops.deployment.states import RevisionState

BAD_INPUT, NOTHING_TO_DO = 2, 5  # exit codes, FORMATS section 6


class ProjectCommand(BaseCommand):
    """A command that acts in a project as the installation itself."""

    requires_system_checks: list[str] = []  # `run` makes them; they load all pages, for seconds

    def access(self, slug: str) -> Access:
        """Return what it may do. Raises NotFound, which lists projects."""
        return system_access(slug)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what a user can act on into one line and exit code 2."""
        try:
            yield
        except InvexError as e:
            raise CommandError(e.message, returncode=BAD_INPUT) from e

    def finish(self, access: Access, row: DeploymentRevision) -> None:
        """Prepare the deployment here (a worker may be doing the same) and print it. Exit code 2 when it failed."""
        preparation.prepare(row.pk)
        row = queries.revision(access.project, row.revision)
        if row.state != RevisionState.LIVE:
            why = row.reason_message or "a later deployment has overtaken it"
            raise CommandError(f"Deployment {row.revision} is {row.state}: {why}", returncode=BAD_INPUT)
        self.stderr.write(f"deployment {row.revision} is live")
        self.stdout.write(json.dumps(queries.as_file(access.project, row).to_json(), ensure_ascii=False))
