"""What people call the rules of the gate. Reports, logs and the REST interface keep their names as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

RULE_NAMES: dict[str, str | Promise] = {
    "evidence": pgettext_lazy("rule of the gate", "Enough documents"),
    "overall": pgettext_lazy("rule of the gate", "All documents together"),
    "speed": pgettext_lazy("rule of the gate", "Speed"),
    "network": pgettext_lazy("rule of the gate", "Network"),
    "blind": pgettext_lazy("rule of the gate", "Blind side"),
}
TEMPLATE = "template "  # the rest of the rule's name is the template's, or UNKNOWN
UNKNOWN = "unknown"


def named(rules: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rules of a report, each with what people call it."""
    return [{**rule, "name": rule_name(rule["name"])} for rule in rules]


def rule_name(name: str) -> str:
    if name.startswith(TEMPLATE):
        template = name.removeprefix(TEMPLATE)
        return _("Template %(name)s") % {"name": _("unknown") if template == UNKNOWN else template}
    return str(RULE_NAMES.get(name, name))
