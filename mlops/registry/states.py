"""The life of a build."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BuildState(models.TextChoices):
    REGISTERED = "registered", _("Registered")  # verified and stored; the gate has not judged it
    PASSED = "passed", _("Passed")  # the gate let it through, or a person did with a written reason
    REFUSED = "refused", _("Refused")  # the gate's report says why; it stays
    EVICTED = "evicted", _("Evicted")  # its bytes were deleted to make room; the row and its report stay


S = BuildState
MOVES: dict[str, frozenset[str]] = {
    S.REGISTERED: frozenset({S.PASSED, S.REFUSED, S.EVICTED}),
    S.PASSED: frozenset({S.REFUSED, S.EVICTED}),
    S.REFUSED: frozenset({S.PASSED, S.EVICTED}),
    S.EVICTED: frozenset({S.REGISTERED}),  # pulled again from a repository
}
DEPLOYABLE = (S.PASSED,)  # what one that was not judged may do: mlops.deployment.admission


class Origin(models.TextChoices):
    SHIPPED = "shipped", _("Shipped with Invex")
    LOCAL = "local", _("Made or uploaded here")
    REPOSITORY = "repository", _("Pulled from a repository")
