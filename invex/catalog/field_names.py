"""What people call fields, tables and columns. The standard ones have a name in each language; what a customer named
himself is called as he named it. Files and the REST interface say keys."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from invex.accounts.models import Project
from invex.fields.spec import title_of
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

from .models import VocabularyField

CONTEXT = "field"  # of these messages; sentences of checks say the same names (see invex.kernel.spoken)
# By the key of a field or table, and "table.column".
STANDARD_NAMES: dict[str, str | Promise] = {
    "invoice_number": pgettext_lazy("field", "Invoice number"),
    "invoice_date": pgettext_lazy("field", "Invoice date"),
    "due_date": pgettext_lazy("field", "Due date"),
    "net_amount": pgettext_lazy("field", "Net amount"),
    "tax_amount": pgettext_lazy("field", "Tax amount"),
    "total_amount": pgettext_lazy("field", "Total amount"),
    "due_amount": pgettext_lazy("field", "Amount due"),
    "currency": pgettext_lazy("field", "Currency"),
    "supplier_name": pgettext_lazy("field", "Supplier"),
    "customer_name": pgettext_lazy("field", "Customer"),
    "iban": pgettext_lazy("field", "IBAN"),
    "supplier_vat_id": pgettext_lazy("field", "Supplier VAT number"),
    "purchase_order": pgettext_lazy("field", "Purchase order"),
    "address": pgettext_lazy("field", "Supplier address"),
    "line_items": pgettext_lazy("field", "Line items"),
    "line_items.description": pgettext_lazy("field", "Description"),
    "line_items.quantity": pgettext_lazy("field", "Quantity"),
    "line_items.unit": pgettext_lazy("field", "Unit"),
    "line_items.unit_price": pgettext_lazy("field", "Unit price"),
    "line_items.tax_rate": pgettext_lazy("field", "Tax rate"),
    "line_items.amount": pgettext_lazy("field", "Amount"),
}
# The labels by which a template, which is written in English, asks for the standard ones.
_WRITTEN = {
    **{f.key: f.label for f in STANDARD_FIELDS},
    LINE_ITEMS.key: title_of(LINE_ITEMS.key),
    **{f"{LINE_ITEMS.key}.{c.key}": c.label for c in LINE_ITEMS.columns},
}


def field_name(path: str, label: str = "") -> str:
    """Return what people call a field, a table or a column ("table.column"). label: as its template calls it."""
    key = path.rpartition(".")[2]
    if path in STANDARD_NAMES and label in ("", key, _WRITTEN[path]):
        return str(STANDARD_NAMES[path])
    return label or title_of(key)


def written_label(path: str, name: str) -> str:
    """Return the label to keep for what a person calls `name`: a standard name in its English, any other as it is."""
    is_standard = path in STANDARD_NAMES and name.casefold() == str(STANDARD_NAMES[path]).casefold()
    return _WRITTEN[path] if is_standard else name


def standard_key(name: str, table: str = "") -> str:
    """Return the key of the standard field, or column of `table`, that is called so in the reader's language, or ""."""
    prefix = f"{table}." if table else ""
    for path, said in STANDARD_NAMES.items():
        key = path.removeprefix(prefix)
        if path.startswith(prefix) and "." not in key and name.casefold() == str(said).casefold():
            return key
    return ""


def names_of(project: Project) -> Callable[[str], str]:
    """Return what names the project's fields by their paths; a column with its table: "Line items: Quantity"."""
    labels = dict(VocabularyField.objects.filter(project=project).values_list("key", "label"))

    def name(path: str) -> str:
        table, is_column, _key = path.rpartition(".")
        said = field_name(path, labels.get(path, ""))
        return f"{field_name(table, labels.get(table, ''))}: {said}" if is_column else said

    return name
