"""The audit log in sentences: what follows the name of who did it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invex.accounts.roles import Role
from invex.documents import erasure
from invex.documents.models import IdenticalFiles
from invex.kernel.models import AuditEntry
from invex.kernel.spoken import spoken

from .audit_names import ARROW

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
    ("document", "example keep"): gettext_lazy("had document {subject} learned from, though others contradict it"),
    ("document", "example out"): gettext_lazy("had document {subject} no longer learned from"),
    ("document", "example open"): gettext_lazy("took back what was decided about learning from document {subject}"),
    ("document", "confirm again"): gettext_lazy("corrected the approved document {subject}"),
    ("document", "erased"): gettext_lazy("erased document {subject}: {why}"),
    ("documents", "exported"): gettext_lazy("exported {subject} documents as {format}"),
    ("export", "exported"): gettext_lazy("asked for export {subject}, {documents} documents as {format}"),
    ("export", "downloaded"): gettext_lazy("downloaded export {subject}"),
    ("document policy", "changed"): gettext_lazy(
        "changed how the project treats documents: identical files “{identical}”, days kept {retention_days}"
    ),
    ("template", "promise"): gettext_lazy(
        "set the promise for template {subject}: {wanted}, at most {promised_error} wrong documents, {audited} audited"
    ),
    ("template", "stop automatic approval"): gettext_lazy(
        "stopped automatic approval of template {subject}: {wrong} of {audited} audited documents were wrong"
    ),
    ("list", "change"): gettext_lazy(
        "changed the list {subject}; version {version} has {rows} rows, {added} added and {removed} removed"
    ),
    ("list", "delete"): gettext_lazy("deleted the list {subject}"),
    ("export layout", "created"): gettext_lazy("made the export layout {name}"),
    ("export layout", "changed"): gettext_lazy("changed the export layout {name}"),
    ("export layout", "deleted"): gettext_lazy("deleted the export layout {name}"),
    ("template", "create"): gettext_lazy("made the template {subject}"),
    ("template", "update"): gettext_lazy("changed the template {subject}; this is version {version}"),
    ("template", "retire"): gettext_lazy("retired the template {subject}"),
    ("template", "delete"): gettext_lazy("deleted the template {subject}"),
    ("webhook", "created"): gettext_lazy("made webhook {subject} to {url}"),
    ("webhook", "changed"): gettext_lazy("changed webhook {subject}, to {url}"),
    ("webhook", "deleted"): gettext_lazy("deleted webhook {subject} to {url}"),
    ("webhook", "rotated"): gettext_lazy("gave webhook {subject} a new secret"),
    ("webhook", "ended the old secret of"): gettext_lazy("ended the old secret of webhook {subject}"),
    ("webhook", "pinged"): gettext_lazy("sent a test message to webhook {subject}"),
    ("dataset", "requested"): gettext_lazy("asked for dataset {subject}"),
    ("dataset", "imported"): gettext_lazy("imported dataset {subject}, {documents} documents"),
    ("build", "registered"): gettext_lazy("registered the build {subject}"),
    ("build", "pushed"): gettext_lazy("pushed the build {subject} to {repository}"),
    ("build", "re-read"): gettext_lazy("had {documents} documents that {subject} read, read by {anew}"),
    ("document", "showed re-read"): gettext_lazy("took document {subject} back into review as {anew} reads it"),
    ("datasets", "made room"): gettext_lazy("deleted dataset {subject} to make room"),
    ("checkpoints", "made room"): gettext_lazy("deleted the checkpoints of training run {subject} to make room"),
    ("images", "made room"): gettext_lazy("deleted the page images of document {subject} to make room"),
    ("build", "judge"): gettext_lazy("asked the gate about build {subject}, run {run}"),
    ("deployment", "deploy"): gettext_lazy("asked for deployment {subject}, {mode}: {why}"),
    ("training run", "requested"): gettext_lazy("asked for training run {subject} of version {version}"),
    ("training run", "started on the CPU"): gettext_lazy(
        "had training run {subject}, which began on {instead_of}, train again on the CPU"
    ),
    ("training run", "asked to yield"): gettext_lazy("asked training run {subject} to yield"),
    ("training run", "asked to cancel"): gettext_lazy("asked training run {subject} to end"),
    ("compute", "changed"): gettext_lazy("changed when training may run"),
    ("retraining policy", "changed"): gettext_lazy("changed when the project retrains"),
    ("retraining", "fired"): gettext_lazy("began retraining {subject}: {why}"),
    ("retraining", "continued"): gettext_lazy("let retraining {subject} go on with: {step}"),
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
    ("export", "writing"): gettext_lazy("began to write export {subject}"),
    ("export", "ready"): gettext_lazy("has written export {subject}"),
    ("export", "failed"): gettext_lazy("could not write export {subject}"),
    ("export", "waiting"): gettext_lazy("sent export {subject} to be written again"),
    ("export", "expired"): gettext_lazy("deleted the file of export {subject}: it has expired"),
    ("webhookendpoint", "active"): gettext_lazy("enabled webhook {subject}"),
    ("webhookendpoint", "disabled"): gettext_lazy("disabled webhook {subject}: {reason}"),
    ("webhookdelivery", "pending"): gettext_lazy("had delivery {subject} sent again"),
    ("webhookdelivery", "sending"): gettext_lazy("began delivery {subject}"),
    ("webhookdelivery", "delivered"): gettext_lazy("made delivery {subject}"),
    ("webhookdelivery", "failed"): gettext_lazy("gave up delivery {subject}"),
    ("datasetversion", "frozen"): gettext_lazy("froze dataset {subject}"),
    ("datasetversion", "evicted"): gettext_lazy("deleted the bytes of dataset {subject} to make room"),
    ("datasetversion", "failed"): gettext_lazy("could not freeze dataset {subject}"),
    ("build", "registered"): gettext_lazy("got build {subject} back"),
    ("build", "passed"): gettext_lazy("let build {subject} through the gate {why}"),
    ("build", "refused"): gettext_lazy("refused build {subject} at the gate"),
    ("build", "evicted"): gettext_lazy("deleted the bytes of build {subject} to make room"),
    ("deploymentrevision", "live"): gettext_lazy("put deployment {subject} into service"),
    ("deploymentrevision", "replaced"): gettext_lazy("took deployment {subject} out of service"),
    ("deploymentrevision", "failed"): gettext_lazy("could not prepare deployment {subject}"),
    ("reread", "waiting"): gettext_lazy("took back re-read {subject}"),
    ("reread", "running"): gettext_lazy("began re-read {subject}"),
    ("reread", "done"): gettext_lazy("ended re-read {subject}"),
    ("reread", "failed"): gettext_lazy("could not end re-read {subject}"),
    ("codereplay", "waiting"): gettext_lazy("took back the trial {subject} of the code that reads"),
    ("codereplay", "running"): gettext_lazy("began to try the code that reads, {subject}"),
    ("codereplay", "passed"): gettext_lazy("let the code that reads through, {subject} {why}"),
    ("codereplay", "refused"): gettext_lazy("refused the code that reads, {subject}"),
    ("codereplay", "failed"): gettext_lazy("could not try the code that reads, {subject}"),
    ("trainingrun", "waiting"): gettext_lazy("let training run {subject} go on"),
    ("trainingrun", "running"): gettext_lazy("began training run {subject}"),
    ("trainingrun", "yielded"): gettext_lazy("had training run {subject} yield"),
    ("trainingrun", "done"): gettext_lazy("ended training run {subject} with a build"),
    ("trainingrun", "failed"): gettext_lazy("could not end training run {subject}"),
    ("trainingrun", "cancelled"): gettext_lazy("cancelled training run {subject}"),
    ("circle", "freezing"): gettext_lazy("asked for the dataset of retraining {subject}"),
    ("circle", "frozen"): gettext_lazy("has the dataset of retraining {subject}"),
    ("circle", "training"): gettext_lazy("asked for the training run of retraining {subject}"),
    ("circle", "gate"): gettext_lazy("has a build of retraining {subject}"),
    ("circle", "trying"): gettext_lazy("began to try the build of retraining {subject}"),
    ("circle", "promoted"): gettext_lazy("promoted the build of retraining {subject}"),
    ("circle", "returned"): gettext_lazy("took the build of retraining {subject} back"),
    ("circle", "refused"): gettext_lazy("ended retraining {subject}: the gate refused its build"),
    ("circle", "stopped"): gettext_lazy("stopped retraining {subject}"),
}

# (detail, its value) -> how it is said.
VALUES: dict[tuple[str, Any], str | Promise] = {
    **{("role", code): label for code, label in Role.choices},
    **{("identical", code): label for code, label in IdenticalFiles.choices},
    ("retention_days", None): "∞",
    ("wanted", True): gettext_lazy("on"),
    ("wanted", False): gettext_lazy("off"),
    ("why", erasure.REQUEST): gettext_lazy("on request"),
    ("why", erasure.RETENTION): gettext_lazy("its time was over"),
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
        **{key: _said(key, value) for key, value in entry.detail.items()},
        "subject": name or entry.subject, "kind": kind, "action": action, "old": old, "new": new,
    }  # fmt: skip
    return str(said).format_map(defaultdict(str, words)).strip()


def _said(key: str, value: Any) -> str:
    """A detail as it stands in a sentence: shares in per cent, codes by name; what is no single value is left out."""
    if isinstance(value, float):
        return f"{value:.2%}"
    if value is None or isinstance(value, str | int):
        return spoken(str(VALUES.get((key, value), "" if value is None else value)))
    return ""
