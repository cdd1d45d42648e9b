"""The standard invoice fields and line-item columns: read at day zero, offered by name in the studio."""

from __future__ import annotations

from .spec import FieldSpec, TableSpec

STANDARD_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("invoice_number", "id", "Invoice number"),
    FieldSpec("invoice_date", "date", "Invoice date"),
    FieldSpec("due_date", "date", "Due date"),
    FieldSpec("net_amount", "amount", "Net amount"),
    FieldSpec("tax_amount", "amount", "Tax amount"),
    FieldSpec("total_amount", "amount", "Total amount"),
    FieldSpec("due_amount", "amount", "Amount due"),
    FieldSpec("currency", "currency", "Currency"),
    FieldSpec("supplier_name", "text", "Supplier"),
    FieldSpec("customer_name", "text", "Customer"),
    FieldSpec("iban", "iban", "IBAN"),
    FieldSpec("supplier_vat_id", "vat_id", "Supplier VAT number"),
    FieldSpec("purchase_order", "id", "Purchase order"),
    FieldSpec("address", "address", "Supplier address"),
)

LINE_ITEMS = TableSpec(
    "line_items",
    (
        FieldSpec("description", "text", "Description"),
        FieldSpec("quantity", "number", "Quantity"),
        FieldSpec("unit", "text", "Unit"),
        FieldSpec("unit_price", "amount", "Unit price"),
        FieldSpec("tax_rate", "percentage", "Tax rate"),
        FieldSpec("amount", "amount", "Amount"),
    ),
)
