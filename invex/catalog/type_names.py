"""What people call the types of fields."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

TYPE_NAMES: dict[str, str | Promise] = {
    "text": pgettext_lazy("type", "text"),
    "id": pgettext_lazy("type", "number or code"),
    "date": pgettext_lazy("type", "date"),
    "amount": pgettext_lazy("type", "amount"),
    "number": pgettext_lazy("type", "quantity"),
    "percentage": pgettext_lazy("type", "percentage"),
    "currency": pgettext_lazy("type", "currency"),
    "iban": pgettext_lazy("type", "IBAN"),
    "vat_id": pgettext_lazy("type", "VAT number"),
    "email": pgettext_lazy("type", "e-mail address"),
    "address": pgettext_lazy("type", "address"),
}
