"""What people call actions, things and actors of the audit log; the log, its file and its filters keep codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

ARROW = " -> "  # of a move between two states, see invex.kernel.states
EITHER = "|"  # between codes that a person calls the same
ACTIONS: dict[str, str | Promise] = {
    "accepted": pgettext_lazy("action", "accepted"),
    "added": pgettext_lazy("action", "added"),
    "asked to cancel": pgettext_lazy("action", "asked to end"),
    "asked to yield": pgettext_lazy("action", "asked to yield"),
    "change": pgettext_lazy("action", "changed"),
    "changed": pgettext_lazy("action", "changed"),
    "comment": pgettext_lazy("action", "commented"),
    "confirm again": pgettext_lazy("action", "corrected after approval"),
    "continued": pgettext_lazy("action", "let go on"),
    "create": pgettext_lazy("action", "made"),
    "created": pgettext_lazy("action", "made"),
    "delete": pgettext_lazy("action", "deleted"),
    "deleted": pgettext_lazy("action", "deleted"),
    "deploy": pgettext_lazy("action", "asked to deploy"),
    "downloaded": pgettext_lazy("action", "downloaded"),
    "ended the old secret of": pgettext_lazy("action", "ended the old secret"),
    "erased": pgettext_lazy("action", "erased"),
    "example keep": pgettext_lazy("action", "had it learned from"),
    "example open": pgettext_lazy("action", "took back whether it is learned from"),
    "example out": pgettext_lazy("action", "had it no longer learned from"),
    "exported": pgettext_lazy("action", "exported"),
    "fired": pgettext_lazy("action", "began to retrain"),
    "halt automatic approval": pgettext_lazy("action", "turned automatic approval off"),
    "imported": pgettext_lazy("action", "imported"),
    "judge": pgettext_lazy("action", "asked the gate"),
    "made room": pgettext_lazy("action", "deleted to make room"),
    "pinged": pgettext_lazy("action", "sent a test message"),
    "postpone": pgettext_lazy("action", "put off"),
    "promise": pgettext_lazy("action", "set the promise"),
    "pushed": pgettext_lazy("action", "pushed"),
    "re-read": pgettext_lazy("action", "had it read by another build"),
    "received": pgettext_lazy("action", "uploaded"),
    "registered": pgettext_lazy("action", "registered"),
    "removed": pgettext_lazy("action", "removed"),
    "requested": pgettext_lazy("action", "asked for"),
    "resume automatic approval": pgettext_lazy("action", "allowed automatic approval again"),
    "retire": pgettext_lazy("action", "retired"),
    "revoked": pgettext_lazy("action", "withdrew"),
    "rotated": pgettext_lazy("action", "gave a new secret"),
    "showed re-read": pgettext_lazy("action", "took back into review as read anew"),
    "started on the CPU": pgettext_lazy("action", "had it train on the CPU"),
    "stop automatic approval": pgettext_lazy("action", "stopped automatic approval"),
    "took over": pgettext_lazy("action", "took over"),
    "unpacked": pgettext_lazy("action", "unpacked"),
    "update": pgettext_lazy("action", "changed"),
}
KINDS: dict[str, str | Promise] = {
    "batch": pgettext_lazy("thing", "batch"),
    "build": pgettext_lazy("thing", "build"),
    "checkpoints": pgettext_lazy("thing", "training run"),
    "circle": pgettext_lazy("thing", "retraining"),
    "codereplay": pgettext_lazy("thing", "trial of the code that reads"),
    "compute": pgettext_lazy("thing", "hours of training"),
    "dataset": pgettext_lazy("thing", "dataset"),
    "datasets": pgettext_lazy("thing", "dataset"),
    "datasetversion": pgettext_lazy("thing", "dataset"),
    "deployment": pgettext_lazy("thing", "deployment"),
    "deploymentrevision": pgettext_lazy("thing", "deployment"),
    "document": pgettext_lazy("thing", "document"),
    "document policy": pgettext_lazy("thing", "treatment of documents"),
    "documents": pgettext_lazy("thing", "export"),
    "export": pgettext_lazy("thing", "export"),
    "export layout": pgettext_lazy("thing", "export layout"),
    "images": pgettext_lazy("thing", "page images"),
    "invitation": pgettext_lazy("thing", "invitation"),
    "list": pgettext_lazy("thing", "master data"),
    "member": pgettext_lazy("thing", "member"),
    "project": pgettext_lazy("thing", "project"),
    "reread": pgettext_lazy("thing", "re-read by another build"),
    "retraining": pgettext_lazy("thing", "retraining"),
    "retraining policy": pgettext_lazy("thing", "rules of retraining"),
    "template": pgettext_lazy("thing", "template"),
    "token": pgettext_lazy("thing", "token"),
    "training run": pgettext_lazy("thing", "training run"),
    "trainingrun": pgettext_lazy("thing", "training run"),
    "webhook": pgettext_lazy("thing", "webhook"),
    "webhookdelivery": pgettext_lazy("thing", "delivery"),
    "webhookendpoint": pgettext_lazy("thing", "webhook"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of a filter: its codes, with EITHER between them, and what people call them."""

    value: str
    name: str

    def holds(self, asked: str) -> bool:
        """Say whether the filter `asked` chooses this."""
        return bool(asked) and set(asked.split(EITHER)) <= set(self.value.split(EITHER))


def choices(codes: Iterable[str], name_of: Callable[[str], str]) -> list[Choice]:
    """Return the codes by name; those that people call the same are one choice."""
    by_name: dict[str, list[str]] = {}
    for code in codes:
        by_name.setdefault(name_of(code), []).append(code)
    found = (Choice(EITHER.join(same), name) for name, same in by_name.items())
    return sorted(found, key=lambda choice: choice.name.casefold())


def action_name(action: str, kind: str = "") -> str:
    """Return what people call an action, the code where it has no name. kind: of what it was done to."""
    if ARROW not in action:
        return str(ACTIONS.get(action, action))
    return " → ".join(_state_name(state, kind) for state in action.split(ARROW))


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def actor_name(actor: str) -> str:
    """Return who it was: "token:erp" is a program's token, "system:..." Invex itself; any other a person's name."""
    kind, separator, name = actor.partition(":")
    if separator and kind == "system":
        return "Invex" if name == "invex" else f"Invex, {name}"
    return _("token %(name)s") % {"name": name} if separator and kind == "token" else actor


def _state_name(state: str, kind: str) -> str:
    names = _states()
    return str(names.get((kind, state)) or names.get(("", state)) or state)


@cache
def _states() -> dict[tuple[str, str], str | Promise]:
    """The names of states by the kind of thing that has them; "" = of any kind, a document's first."""
    found: dict[tuple[str, str], str | Promise] = {}
    models = [model for model in apps.get_models() if hasattr(model, "MOVES")]
    for model in sorted(models, key=lambda model: model._meta.model_name != "document"):
        states: list[tuple[str, str | Promise]] = model._meta.get_field("state").flatchoices  # type: ignore[union-attr]
        for state, label in states:
            found[(model._meta.model_name or "", str(state))] = label
            found.setdefault(("", str(state)), label)
    return found
