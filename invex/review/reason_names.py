"""What people call the reasons for which a document waits, by their codes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASON_NAMES: dict[str, str | Promise] = {
    "unknown_template": _("unknown template"),
    "low_confidence": _("not sure enough"),
    "approval_off": _("automatic approval is off"),
    "audit": _("drawn at random"),
    "duplicate": _("probable duplicate"),
    "reopened": _("opened again"),
    "required": _("a required field is missing"),
    "lacking": _("empty, though the others have it"),
    "format": _("not in its form"),
    "ambiguous": _("two readings"),
    "iban": _("IBAN is wrong"),
    "vat_id": _("VAT number is wrong"),
    "net_plus_tax": _("net and tax are not the total"),
    "tax_below_total": _("tax is more than the total"),
    "due_of_total": _("amount due does not fit the total"),
    "sum_of_lines": _("lines do not add up"),
    "line_without_amount": _("a line has no amount"),
    "quantity_times_price": _("quantity times price is not the amount"),
    "dates_in_order": _("dates in the wrong order"),
    "pattern": _("rule: pattern"),
    "range": _("rule: range"),
    "sum": _("rule: sum"),
    "order": _("rule: order"),
    "list": _("rule: list"),
    "master_data": _("not in the master data"),
}
