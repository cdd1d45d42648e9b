"""Jobs of retraining. Each takes ids, may run twice, and ends where it would have ended."""

from __future__ import annotations

from invex.kernel.queue import is_idle, wake

from . import circle, queries, services
from .models import Circle, RetrainingPolicy
from .states import OPEN

QUEUE = "default"


def consider(policy_id: int | str) -> bool:
    """Look at the triggers of one project. Return True when a trigger is reached, whatever was decided."""
    row = RetrainingPolicy.objects.filter(pk=policy_id).first()
    return row is not None and services.consider(row) is not None


def advance(circle_id: int | str) -> str:
    """Take a circle as far as it goes now. Return its state."""
    return circle.advance(int(circle_id))


def dataset_frozen(version_id: int | str) -> int:
    """Go on with the circle that waits for this dataset. Return how many there were."""
    return _advance_all(dataset=int(version_id))


def run_ended(run_id: int | str) -> int:
    """Go on with the circle that waits for this run."""
    return _advance_all(run=int(run_id))


def deployed(project_id: int | str) -> int:
    """Go on with the project's circle: another deployment is live."""
    return _advance_all(project=int(project_id))


def asked(deployment_id: int | str) -> int:
    """Go on with the circle whose build may read everything, if a person says so."""
    return _advance_all(deployment=int(deployment_id))


def sweep_circles() -> int:
    """Wake a look at every circle that could go on: the event that it waited for is lost. Return how many."""
    if not is_idle(QUEUE):
        return 0
    rows = [row for row in queries.open_circles() if not circle.waits(row, queries.policy(row.project))]
    return sum(wake("mlops.retraining.jobs.advance", row.pk, queue=QUEUE) for row in rows)


def sweep() -> int:
    """Wake a look at the triggers of every project that has some. Return how many."""
    if not is_idle(QUEUE):
        return 0
    return sum(wake("mlops.retraining.jobs.consider", row.pk, queue=QUEUE) for row in queries.to_consider())


def _advance_all(**which: int) -> int:
    pks = list(Circle.objects.filter(state__in=OPEN, **which).values_list("pk", flat=True))
    return sum(bool(circle.advance(pk)) for pk in pks)
