"""What the dashboard shows of the automation."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from invex.accounts.access import Access
from invex.web.tiles import Tile

from . import queries


def audit(access: Access) -> Tile | None:
    """Errors found in audit against the promise; nothing before anybody made a promise."""
    known = queries.standings(access.project, promised=True)
    if not known:
        return None
    url = reverse("automation", args=[access.project.slug])
    stopped = [one.template.name for one in known if one.promise and one.promise.stopped_at]
    if stopped:
        return Tile("✗", _("automatic approval was stopped: %(names)s") % {"names": ", ".join(stopped)}, url, "wrong")
    in_force = [one for one in known if one.is_in_force]
    if not in_force:
        return Tile("–", _("automatic approval has not enough evidence yet"), url)
    wrong = sum(one.audit.wrong for one in in_force if one.audit)
    audited = sum(one.audit.audited for one in in_force if one.audit)
    promised = max(one.promise.promised_error for one in in_force if one.promise)
    label = _("of %(audited)d audited documents wrong; promised are at most %(promised)s %%") % {
        "audited": audited,
        "promised": f"{100 * promised:g}",
    }
    return Tile(str(wrong), label, url)
