"""The checks of a prediction: the standard ones that a field's key or type calls for, and the template's own rules.

required            a required field has a value
format              the value is canonical for its type
ambiguous           the printed date or number has one meaning (type date, and the numeric ones), or quantity times
                    price of its line item leaves it only one
iban, vat_id        the check digits are right (by type)
net_plus_tax        net_amount + tax_amount = total_amount, which may be rounded to a coin (by key)
tax_below_total     the tax is a part of total_amount (by key), where no net amount says more
due_of_total        due_amount is total_amount, or what stands between the two is printed: a deposit, an earlier
                    balance, a percentage for paying early (by key)
sum_of_lines        the amounts of line_items, and charges and allowances that the document prints, add up to
                    net_amount, total_amount or gross_amount (by key)
line_without_amount   no row of line_items lacks its amount, unless the others add up without it (by key)
quantity_times_price  in each row of line_items (by key), but for a percentage printed beside it
dates_in_order      *_from <= *_to, *_start <= *_end, invoice_date <= due_date (by key, of type date)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .charges import Charges
from .findings import Finding, Target, attach, decimal_of, last_place, name_of, single
from .locale import is_ambiguous
from .master_data import Lists
from .numbers import WHOLE
from .prediction import Prediction, Value
from .row_products import FACTORS_AND_PRODUCT, HALF, is_product, proven_readings
from .rules import apply_rule, in_order
from .spec import LocaleSpec, TemplateSpec
from .standard import LINE_ITEMS
from .validators import iban_is_valid, problem, vat_id_is_valid
from .values import NUMERIC_TYPES, choose, readings

AMBIGUOUS = "ambiguous"
LINES_SUM_TO = ("net_amount", "total_amount", "gross_amount")
ORDERED_SUFFIXES = (("from", "to"), ("start", "end"))
ORDERED_KEYS = (("invoice_date", "due_date"),)
TOTALS_ROUNDING = 2  # last places by which net + tax may miss the total: tax is rounded a rate, or a line
# To a multiple of its smallest coin a total may be rounded: one of these currencies, or a twentieth of another.
WHOLE_COINS = frozenset(["CZK", "DKK", "HUF", "INR", "ISK", "JPY", "KRW", "LKR", "NOK", "PKR", "SEK"])
SMALL_COIN = Decimal("0.05")
TAXED_SHARE = Decimal("0.75")  # of a total that no tax is known of, the least that its lines are: no tax is a third


@dataclass(frozen=True, slots=True)
class Checked:
    """A prediction with its checks, and those that failed, for routing."""

    prediction: Prediction
    failures: tuple[Finding, ...]


def check(
    spec: TemplateSpec,
    prediction: Prediction,
    known: LocaleSpec,
    *,
    lists: Lists | None = None,
    charges: Callable[[], Charges] = Charges,
) -> Checked:
    """Return `prediction` with the results of all checks that `spec` calls for.

    known: the conventions that are sure for this document (invex.fields.locale); what they leave open is ambiguous.
    lists: the master data that rules ask for. charges: returns what the document prints beside its line items; it is
    asked where they do not add up. The rules of `spec` must be valid (invex.fields.rules.validate_rule).
    """
    findings = [
        *_required(spec, prediction),
        *_values(spec, prediction, known),
        *_net_plus_tax(spec, prediction, charges),
        *_tax_below_total(spec, prediction),
        *_due_of_total(spec, prediction, charges),
        *_amounts_of_lines(spec, prediction, charges),
        *_quantity_times_price(prediction, charges),
        *_dates_in_order(spec, prediction),
    ]
    for rule in spec.rules:
        findings.extend(apply_rule(rule, spec, prediction, lists))
    return Checked(attach(prediction, findings), tuple(f for f in findings if not f.ok))


def _required(spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    for field in spec.fields:
        if field.required and not prediction.fields.get(field.key):
            missing = f"{field.label or field.key} is missing, and it is required"
            yield Finding("required", False, missing, (Target(field.key),))


def _values(spec: TemplateSpec, prediction: Prediction, known: LocaleSpec) -> Iterator[Finding]:
    """The checks of one value by its type, for fields and for cells."""
    for field in spec.fields:
        for index, value in enumerate(prediction.fields.get(field.key, ())):
            yield from _value(field.type, field.label or field.key, value, known, Target(field.key, index))
    proven = proven_readings(_read_rows(prediction))
    for table in spec.tables:
        for index, row in enumerate(prediction.tables.get(table.key, ())):
            for column in table.columns:
                if column.key in row:
                    where = f"{column.label or column.key} of row {index + 1}"
                    is_proven = table.key == LINE_ITEMS.key and (index, column.key) in proven
                    target = Target(table.key, index, column.key)
                    yield from _value(column.type, where, row[column.key], known, target, is_proven=is_proven)


def _value(
    type: str, name: str, value: Value, known: LocaleSpec, target: Target, *, is_proven: bool = False
) -> Iterator[Finding]:
    fault = problem(type, value.value)
    if fault:
        yield Finding("format", False, f"{name}: {fault}", (target,))
        return
    if value.source == "model" and not is_proven:
        yield from _one_meaning(type, name, value, known, target)
    if type == "iban":
        ok = iban_is_valid(value.value.replace(" ", ""))
        yield Finding("iban", ok, "" if ok else f"{name}: the check digits are wrong", (target,))
    if type == "vat_id":
        valid = vat_id_is_valid(value.value)
        if valid is not None:
            yield Finding("vat_id", valid, "" if valid else f"{name}: the check digits are wrong", (target,))


def _one_meaning(type: str, name: str, value: Value, known: LocaleSpec, target: Target) -> Iterator[Finding]:
    """Yield a finding where the text is ambiguous, or was read otherwise than the document's conventions say."""
    if is_ambiguous(type, value.text, known):
        yield Finding(AMBIGUOUS, False, f"{name}: “{value.text}” can be read in two ways", (target,))
    elif type == "date" or type in NUMERIC_TYPES:
        found = readings(type, value.text)
        expected = choose(found, known).value if found else value.value
        if value.value != expected and value.value in {reading.value for reading in found}:
            message = f"{name}: “{value.text}” was read as {value.value}; on this document it should mean {expected}"
            yield Finding(AMBIGUOUS, False, message, (target,))


def _net_plus_tax(spec: TemplateSpec, prediction: Prediction, charges: Callable[[], Charges]) -> Iterator[Finding]:
    net, total = (decimal_of(single(prediction, key)) for key in ("net_amount", "total_amount"))
    taxes = [decimal_of(value) for value in prediction.fields.get("tax_amount", ())]
    known_taxes = [tax for tax in taxes if tax is not None]
    if net is None or total is None or not known_taxes or len(known_taxes) != len(taxes):
        return
    coin = _smallest_coin(prediction)
    rounding = coin / 2 if total % coin == 0 else Decimal(0)
    ok = abs(net + sum(known_taxes) - total) <= max(TOTALS_ROUNDING * last_place(net, total, *known_taxes), rounding)
    first, second, whole = (name_of(spec, key) for key in ("net_amount", "tax_amount", "total_amount"))
    both = net + sum(known_taxes)
    lacking = total - both
    message = "" if ok else f"{first} + {second} is {both}, but {whole} is {total}"
    if not ok and lacking * total > 0 and charges().prints(lacking, besides=(net, total, *known_taxes)):
        message = f"{first} + {second} is {both}, but {whole} is {total}; {lacking} is printed, too: another tax?"
    taxed = tuple(Target("tax_amount", index) for index in range(len(taxes)))
    yield Finding("net_plus_tax", ok, message, (Target("net_amount"), *taxed, Target("total_amount")))


def _tax_below_total(spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    tax, total = (decimal_of(single(prediction, key)) for key in ("tax_amount", "total_amount"))
    if tax is None or total is None or prediction.fields.get("net_amount"):
        return
    ok = abs(tax) < abs(total) or tax == 0
    message = (
        "" if ok else f"{name_of(spec, 'tax_amount')} {tax} is not a part of {name_of(spec, 'total_amount')} {total}"
    )
    yield Finding("tax_below_total", ok, message, (Target("tax_amount"), Target("total_amount")))


def _due_of_total(spec: TemplateSpec, prediction: Prediction, charges: Callable[[], Charges]) -> Iterator[Finding]:
    values = [single(prediction, key) for key in ("due_amount", "total_amount")]
    due, total = map(decimal_of, values)
    if due is None or total is None or all(value is not None and value.source == "xml" for value in values):
        return
    coin = _smallest_coin(prediction)
    is_rounded = due % coin == 0 and abs(due - total) <= coin / 2
    ok = is_rounded or due == total or charges().lie_between(total, due)
    names = [name_of(spec, key) for key in ("due_amount", "total_amount")]
    message = "" if ok else f"{names[0]} is {due}, {names[1]} is {total}, and nothing printed makes the difference"
    yield Finding("due_of_total", ok, message, (Target("due_amount"), Target("total_amount")))


def _read_rows(prediction: Prediction) -> dict[int, dict[str, Value]]:
    """Return the line items that were read from the page, by their number.

    The rows of an e-invoice cannot be misread, and its allowances and price units, which make its sums, are not kept.
    """
    rows = enumerate(prediction.tables.get(LINE_ITEMS.key, ()))
    return {index: row for index, row in rows if all(cell.source != "xml" for cell in row.values())}


def _amounts_of_lines(spec: TemplateSpec, prediction: Prediction, charges: Callable[[], Charges]) -> Iterator[Finding]:
    """The amounts of all rows add up, to what is net or gross, and no row lacks its own."""
    rows = _read_rows(prediction)
    amounts = [amount for row in rows.values() if (amount := decimal_of(row.get("amount"))) is not None]
    lacking = [index for index, row in rows.items() if row and decimal_of(row.get("amount")) is None]
    # A row without an amount may be what a document prints as a charge.
    fitting = _fitting(prediction, amounts, Charges if lacking else charges)
    if not lacking and fitting:
        yield Finding("sum_of_lines", True, "", (Target(fitting),))
    elif not lacking and amounts:
        yield from _not_the_sum(spec, prediction, sum(amounts, Decimal(0)))
    elif not fitting:
        for index in lacking:
            if amounts or {"quantity", "unit_price"} <= set(rows[index]):
                message = f"row {index + 1} has no amount"
                yield Finding("line_without_amount", False, message, (Target(LINE_ITEMS.key, index, min(rows[index])),))


def _totals(prediction: Prediction) -> dict[str, Decimal]:
    totals = {key: decimal_of(single(prediction, key)) for key in LINES_SUM_TO}
    return {key: total for key, total in totals.items() if total is not None}


def _taxes(prediction: Prediction) -> Decimal:
    return sum((decimal_of(value) or Decimal(0) for value in prediction.fields.get("tax_amount", ())), Decimal(0))


def _fitting(prediction: Prediction, amounts: Sequence[Decimal], charges: Callable[[], Charges]) -> str:
    """Return the key of the sum that the lines, with or without the tax and printed charges, add up to; "" = none."""
    printed, lines = _totals(prediction), sum(amounts, Decimal(0))
    if not amounts or not printed:
        return ""
    fitting = _equal(prediction, printed, amounts, lines, _smallest_coin(prediction))
    if fitting or not lines:
        return fitting
    sign = Decimal(1).copy_sign(lines)  # a credit note has all of them below 0
    changes = charges().changes(amounts, printed.values())
    changed = (_equal(prediction, printed, amounts, lines + sign * change, Decimal(0)) for change in changes)
    return next(filter(None, changed), "")


def _smallest_coin(prediction: Prediction) -> Decimal:
    currency = single(prediction, "currency")
    return Decimal(1) if currency is not None and currency.value in WHOLE_COINS else SMALL_COIN


def _equal(
    prediction: Prediction, printed: dict[str, Decimal], amounts: Sequence[Decimal], lines: Decimal, coin: Decimal
) -> str:
    """Return the key of the printed sum that `lines`, rounded as the `amounts` they come of, are; "" = none.

    coin: to which a total may be rounded; beside a net amount only that of lines with their tax, since others add up to
    the net amount by the cent.
    """
    taxes = _taxes(prediction)
    tolerance = last_place(*amounts, *printed.values()) * (1 + len(amounts) * HALF)
    for key, total in printed.items():
        if key == "net_amount":
            ok = abs(lines - total) <= tolerance
        else:
            rounded = max(tolerance, coin / 2) if coin and total % coin == 0 else tolerance
            taxed = tolerance if "net_amount" in printed else rounded
            ok = abs(lines - total) <= rounded or abs(lines + taxes - total) <= taxed
        if ok:
            return key
    return ""


def _not_the_sum(spec: TemplateSpec, prediction: Prediction, lines: Decimal) -> Iterator[Finding]:
    """Without a net amount and without a tax nobody knows what a total adds to the lines, but it is no large part."""
    printed = _totals(prediction)
    if not printed:
        return
    key, total = next(iter(printed.items()))
    is_known = "net_amount" in printed or prediction.fields.get("tax_amount")
    if is_known or not abs(total) * TAXED_SHARE <= abs(lines) <= abs(total):
        message = f"the lines add up to {lines}, but {name_of(spec, key)} is {total}"
        yield Finding("sum_of_lines", False, message, (Target(key),))


def _quantity_times_price(prediction: Prediction, charges: Callable[[], Charges]) -> Iterator[Finding]:
    for index, row in _read_rows(prediction).items():
        quantity, price, amount = (decimal_of(row.get(column)) for column in FACTORS_AND_PRODUCT)
        if quantity is None or price is None or amount is None or any("discount" in column for column in row):
            continue
        ok = is_product(quantity, price, amount) or _is_changed(quantity * price, amount, row, charges)
        message = "" if ok else f"row {index + 1}: {quantity} × {price} is not {amount}"
        yield Finding("quantity_times_price", ok, message, (Target(LINE_ITEMS.key, index, "amount"),))


def _is_changed(full: Decimal, amount: Decimal, row: Mapping[str, Value], charges: Callable[[], Charges]) -> bool:
    """Say whether `amount` is `full` with the tax of its row, or less a percentage that is printed beside it."""
    cells = [decimal_of(row.get(column)) for column in ("quantity", "unit_price", "tax_rate")]
    rate = decimal_of(row.get("tax_rate"))
    shares = {-rate} if rate is not None and abs(amount) > abs(full) else set()
    if 0 < abs(amount) < abs(full) and (amount > 0) == (full > 0):
        shares = set(charges().percentages(amount, [abs(cell) for cell in cells if cell is not None]))
    rounding = HALF * last_place(amount)
    return any(abs(full * (1 - share / WHOLE) - amount) <= rounding for share in shares)


def _dates_in_order(spec: TemplateSpec, prediction: Prediction) -> Iterator[Finding]:
    dates = [field.key for field in spec.fields if field.type == "date"]
    pairs = [pair for pair in ORDERED_KEYS if set(pair) <= set(dates)]
    for begin, end in ORDERED_SUFFIXES:
        pairs.extend(
            (key, f"{key.removesuffix(begin)}{end}")
            for key in dates
            if key.endswith(f"_{begin}") and f"{key.removesuffix(begin)}{end}" in dates
        )
    for first, second in pairs:
        yield from in_order(spec, prediction, first, second, name="dates_in_order")
