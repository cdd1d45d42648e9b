"""The audit log in sentences: what follows the name of who did it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invex.kernel.models import AuditEntry

ARROW = " -> "  # of a move between two states, see kernel.states

# (type of the subject, action) -> sentence. {subject} is its name; other braces are details of the entry.
SENTENCES: dict[tuple[str, str], str | Promise] = {
    ("project", "created"): gettext_lazy("made the project {subject}"),
    ("project", "halt automatic approval"): gettext_lazy("turned automatic approval off: {why}"),
    ("project", "resume automatic approval"): gettext_lazy("allowed automatic approval again"),
    ("member", "added"): gettext_lazy("made {subject} a member, as {role}"),
    ("member", "changed"): gettext_lazy("changed the role of {subject} to {role}"),
    ("member", "removed"): gettext_lazy("took {subject} out of the project"),
    ("invitation", "created"): gettext_lazy("made invitation {subject}, as {role} {note}"),
    ("invitation", "revoked"): gettext_lazy("withdrew invitation {subject}"),
    ("invitation", "accepted"): gettext_lazy("accepted invitation {subject} of {invited_by} and is {role} now"),
    ("token", "created"): gettext_lazy("made the token {subject}, as {role}"),
    ("token", "revoked"): gettext_lazy("revoked the token {subject}"),
    ("batch", "created"): gettext_lazy("opened batch {name}"),
    ("batch", "unpacked"): gettext_lazy("unpacked {archive} into batch {subject}: {taken} taken, {refused} refused"),
    ("document", "received"): gettext_lazy("uploaded document {subject}"),
    ("document", "postpone"): gettext_lazy("put document {subject} off until {until}"),
    ("document", "took over"): gettext_lazy("took document {subject} over from {held_by}"),
    ("document", "comment"): gettext_lazy("wrote a comment on document {subject}"),
    ("document", "confirm again"): gettext_lazy("corrected the approved document {subject}"),
    ("document", "erased"): gettext_lazy("erased document {subject}: {why}"),
    ("documents", "exported"): gettext_lazy("exported {subject} documents as {format}"),
    ("export", "exported"): gettext_lazy("asked for export {subject}, {documents} documents as {format}"),
    ("export", "downloaded"): gettext_lazy("downloaded export {subject}"),
    ("document policy", "changed"): gettext_lazy("changed how the project treats documents"),
    ("template", "promise"): gettext_lazy("set the promise of automatic approval of template {subject}"),
    ("template", "stop automatic approval"): gettext_lazy("stopped automatic approval of template {subject}"),
    ("list", "change"): gettext_lazy("changed the list {subject}"),
    ("list", "delete"): gettext_lazy("deleted the list {subject}"),
    ("export layout", "deleted"): gettext_lazy("deleted the export layout {name}"),
    ("dataset", "requested"): gettext_lazy("asked for dataset {subject}"),
}
MOVES: dict[tuple[str, str], str | Promise] = {
    ("document", "reading"): gettext_lazy("began to read document {subject}"),
    ("document", "extracting"): gettext_lazy("has read document {subject}"),
    ("document", "review"): gettext_lazy("gave document {subject} to review"),
    ("document", "approved"): gettext_lazy("approved document {subject}"),
    ("document", "rejected"): gettext_lazy("rejected document {subject}"),
    ("document", "received"): gettext_lazy("sent document {subject} to be read again"),
    ("document", "failed"): gettext_lazy("could not read document {subject}"),
    ("document", "needs_password"): gettext_lazy("found document {subject} encrypted"),
    ("document", "split"): gettext_lazy("split document {subject}"),
}


def sentence(entry: AuditEntry, *, name: str = "") -> str:
    """Return what was done, without who did it; `name`: of the subject, where it has a better one than its number."""
    kind, action = entry.subject_type, entry.action
    if ARROW in action:
        said = MOVES.get((kind, action.split(ARROW)[1])) or _("moved {kind} {subject} from {old} to {new}")
        old, new = action.split(ARROW)[:2]
    else:
        said = SENTENCES.get((kind, action)) or _("{action}: {kind} {subject}")
        old = new = ""
    words: dict[str, Any] = {
        **{key: value for key, value in entry.detail.items() if isinstance(value, str | int | float)},
        "subject": name or entry.subject, "kind": kind, "action": action, "old": old, "new": new,
    }  # fmt: skip
    return str(said).format_map(defaultdict(str, words)).strip()
