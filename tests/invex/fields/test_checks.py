import pytest

from invex.fields.charges import Charges
from invex.fields.checks import check
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import FieldSpec, LocaleSpec, RuleSpec, TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

SPEC = TemplateSpec(
    "Acme",
    (*STANDARD_FIELDS, FieldSpec("flight_from", "date"), FieldSpec("flight_to", "date")),
    (LINE_ITEMS,),
)
KNOWN = LocaleSpec("dmy", ".")


def read(rows=(), **fields):
    def value(text):
        return Value(text, text, 0.9)

    return Prediction(
        TemplateMatch("Acme", 1.0),
        {
            key: tuple(value(v) for v in (values if isinstance(values, tuple) else (values,)))
            for key, values in fields.items()
        },
        {"line_items": tuple({column: value(cell) for column, cell in row.items()} for row in rows)},
    )


def failed(prediction, *, spec=SPEC, known=KNOWN, printed=()):
    return [finding.name for finding in check(spec, prediction, known, charges=lambda: Charges(printed)).failures]


def test_a_right_invoice_passes_and_its_values_say_so():
    prediction = read(
        rows=({"quantity": "2", "unit_price": "40.00", "amount": "80.00"}, {"quantity": "1", "unit_price": "20.00", "amount": "20.00"}),
        net_amount="100.00", tax_amount="19.00", total_amount="119.00", invoice_date="2020-01-01", due_date="2020-01-31",
        iban="DE89370400440532013000", supplier_vat_id="DE136695976",
    )  # fmt: skip
    checked = check(SPEC, prediction, KNOWN)
    assert checked.failures == ()
    names = {key: [c.name for v in values for c in v.checks] for key, values in checked.prediction.fields.items()}
    assert names["net_amount"] == ["net_plus_tax", "sum_of_lines"]
    assert names["total_amount"] == ["net_plus_tax"]
    assert names["due_date"] == ["dates_in_order"]
    assert names["iban"] == ["iban"]
    assert names["supplier_vat_id"] == ["vat_id"]
    assert [c.name for c in checked.prediction.tables["line_items"][0]["amount"].checks] == ["quantity_times_price"]


@pytest.mark.parametrize(("lines", "is_said"), [(("VAT 19.00",), False), (("VAT A 19.00", "VAT B 19.00"), True)])
def test_the_tax_itself_is_no_other_tax(lines, is_said):
    prediction = read(net_amount="81.00", tax_amount="19.00", total_amount="119.00")
    printed = ("Net 81.00", *lines, "Total 119.00")
    [failure] = check(SPEC, prediction, KNOWN, charges=lambda: Charges(printed)).failures
    assert failure.message.endswith("another tax?") == is_said


@pytest.mark.parametrize(
    ("line", "total", "is_said"),
    [
        ("VAT 7 % 3.50", "122.50", True),
        ("MwSt 7 % 3,50 EUR", "122.50", True),
        ("VAT 7 % 3.80", "122.50", False),
        ("VAT 7 % 3.50", "115.50", False),
    ],
)
def test_where_a_second_tax_makes_the_total_and_is_printed_that_is_said(line, total, is_said):
    prediction = read(net_amount="100.00", tax_amount="19.00", total_amount=total)
    printed = ("Net 100.00", "VAT 19 % 19.00", line)
    [failure] = check(SPEC, prediction, KNOWN, charges=lambda: Charges(printed)).failures
    said = f"Net amount + Tax amount is 119.00, but Total amount is {total}"
    assert failure.message == (f"{said}; 3.50 is printed, too: another tax?" if is_said else said)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"net_amount": "100.00", "tax_amount": "19.00", "total_amount": "120.00"}, "net_plus_tax"),
        ({"net_amount": "100.00", "tax_amount": ("7.00", "10.00"), "total_amount": "119.00"}, "net_plus_tax"),
        ({"invoice_date": "2020-02-01", "due_date": "2020-01-31"}, "dates_in_order"),
        ({"flight_from": "2020-02-01", "flight_to": "2020-01-31"}, "dates_in_order"),
        ({"iban": "DE88370400440532013000"}, "iban"),
        ({"supplier_vat_id": "DE136695977"}, "vat_id"),
        ({"total_amount": "12,00"}, "format"),
        ({"net_amount": "100.20", "tax_amount": "18.04", "total_amount": "118.00", "currency": "EUR"}, "net_plus_tax"),
        ({"net_amount": "90.00", "rows": ({"amount": "80.00"}, {"amount": "20.00"})}, "sum_of_lines"),
        (
            {"net_amount": "99.98", "tax_amount": "6.02", "total_amount": "106.00", "rows": ({"amount": "100.00"},)},
            "sum_of_lines",
        ),
        ({"net_amount": "90.03", "tax_amount": "0.00", "rows": ({"amount": "90.00"},)}, "sum_of_lines"),
        ({"total_amount": "30.00", "rows": ({"amount": "30.00"}, {"amount": "50.00"})}, "sum_of_lines"),
        ({"total_amount": "80.00", "rows": ({"amount": "30.00"}, {"amount": "20.00"})}, "sum_of_lines"),
        ({"net_amount": "90.00", "rows": ({"amount": "80.00"}, {"quantity": "1"})}, "line_without_amount"),
        ({"rows": ({"amount": "80.00"}, {"description": "Chair"})}, "line_without_amount"),
        ({"rows": ({"quantity": "2", "unit_price": "40.00"},)}, "line_without_amount"),
        ({"rows": ({"quantity": "2", "unit_price": "40.00", "amount": "81.00"},)}, "quantity_times_price"),
        ({"total_amount": "500.00", "tax_amount": "0.00", "rows": ({"amount": "499.51"},)}, "sum_of_lines"),
        (
            {
                "net_amount": "100.00",
                "tax_amount": "19.00",
                "total_amount": "119.00",
                "currency": "SEK",
                "rows": ({"amount": "99.60"},),
            },
            "sum_of_lines",
        ),
    ],
)
def test_what_is_wrong_fails_its_check(fields, name):
    assert failed(read(**fields)) == [name]


@pytest.mark.parametrize(
    "fields",
    [
        {"net_amount": "100.00", "tax_amount": "19.00", "total_amount": "119.02"},
        {"net_amount": "100.00", "tax_amount": ("7.00", "12.00"), "total_amount": "119.00"},
        {"net_amount": "100.00", "total_amount": "150.00"},
        {"net_amount": "94.36", "tax_amount": "5.66", "total_amount": "100.00", "rows": ({"amount": "100.02"},)},
        {"net_amount": "100.20", "tax_amount": "18.04", "total_amount": "118.00", "currency": "INR"},
        {"total_amount": "100.00", "net_amount": "84.03", "rows": ({"amount": "80.00"}, {"amount": "20.00"})},
        {"rows": ({"quantity": "3", "unit_price": "0.333", "amount": "1.00"},)},
        {"rows": ({"quantity": "0.33", "unit_price": "90.00", "amount": "30.00"},)},
        {"rows": ({"quantity": "2", "unit_price": "40.00", "discount": "10", "amount": "72.00"},)},
        {"net_amount": "80.00", "rows": ({"amount": "80.00"}, {"description": "gift"})},
        {"rows": ({"description": "paper"}, {"quantity": "2"})},
        {"tax_amount": "20.00", "total_amount": "120.00", "rows": ({"amount": "100.00"},)},
        {"tax_amount": "4.51", "total_amount": "22.50", "rows": ({"amount": "22.52"},)},
        {"total_amount": "175.00", "currency": "SEK", "rows": ({"amount": "174.77"},)},
        {"total_amount": "119.00", "rows": ({"amount": "100.00"},)},
        {"total_amount": ("1.00", "2.00"), "net_amount": "5.00", "tax_amount": "1.00"},
    ],
)
def test_rounding_and_missing_parts_fail_nothing(fields):
    assert failed(read(**fields)) == []


def test_the_row_without_an_amount_is_marked():
    rows = ({"description": "Chair", "amount": "80.00"}, {"description": "Desk", "quantity": "1"})
    checked = check(SPEC, read(rows=rows, net_amount="90.00"), KNOWN)
    (finding,) = checked.failures
    assert finding.message == "row 2 has no amount"
    failing = [
        (n, key) for n, row in enumerate(checked.prediction.tables["line_items"]) for key, v in row.items() if v.checks
    ]
    assert failing == [(1, "description")]


def test_a_required_field_that_is_missing():
    spec = TemplateSpec("T", (FieldSpec("po", "id", "PO", required=True),))
    (finding,) = check(spec, read(), KNOWN).failures
    assert (finding.name, finding.message) == ("required", "PO is missing, and it is required")
    assert failed(read(po="1"), spec=spec) == []


def test_an_ambiguous_date_fails_until_the_order_is_known_or_a_person_said_it():
    def dated(source):
        value = Value("2020-04-03", "03/04/2020", 0.99, source=source)
        return Prediction(TemplateMatch("Acme", 1.0), {"invoice_date": (value,)})

    assert failed(dated("model"), known=LocaleSpec()) == ["ambiguous"]
    assert failed(dated("model"), known=LocaleSpec(decimal=",")) == ["ambiguous"]
    assert failed(dated("model")) == []
    assert failed(dated("person"), known=LocaleSpec()) == []


def test_a_date_read_against_the_conventions_of_its_document_fails():
    value = Value("2020-03-04", "03/04/2020", 0.99)
    prediction = Prediction(TemplateMatch("Acme", 1.0), {"invoice_date": (value,)})
    assert failed(prediction, known=LocaleSpec("mdy")) == []
    (finding,) = check(SPEC, prediction, LocaleSpec("dmy")).failures
    assert finding.name == "ambiguous"
    assert "2020-04-03" in finding.message


def counted(*rows):
    """Rows of (printed quantity, its value, price, amount), as a model read them."""
    return Prediction(
        TemplateMatch("Acme", 1.0),
        tables={
            "line_items": tuple(
                {
                    "quantity": Value(value, text, 0.9),
                    "unit_price": Value(price, price.replace(".", ","), 0.9),
                    **({"amount": Value(amount, amount.replace(".", ","), 0.9)} if amount else {}),
                }
                for text, value, price, amount in rows
            )
        },
    )


@pytest.mark.parametrize(
    ("rows", "is_ambiguous"),
    [
        ([("1.000", "1.000", "174.90", "174.90")], False),
        ([("1.000", "1000", "174.90", "174900.00")], False),
        ([("1.000", "1.000", "174.90", "174900.00")], True),
        ([("1.000", "1.000", "174.90", "")], True),
        ([("1.000", "1000", "174.90", "174900.00"), ("2.000", "2.000", "10.00", "")], True),
        ([("1.000", "1.000", "174.90", "174.90"), ("2.000", "2.000", "10.00", "")], False),  # as its column is proven
        (
            [("1.000", "1.000", "2.00", "2.00"), ("1.000", "1000", "2.00", "2000.00"), ("2.000", "2.000", "10.00", "")],
            True,
        ),
        ([("1.000", "1.000", "1.000", "1.000")], True),  # 1 × 1 or 1 × 1000: nothing is proven
    ],
)
@pytest.mark.parametrize("known", [LocaleSpec(), LocaleSpec(decimal=",")])
def test_quantity_times_price_says_which_way_a_number_is_read(rows, is_ambiguous, known):
    checked = check(SPEC, counted(*rows), known)
    found = [finding for finding in checked.failures if finding.name == "ambiguous"]
    assert bool(found) == is_ambiguous, [finding.message for finding in found]


def test_a_currency_sign_of_several_countries_is_not_a_question_of_conventions():
    prediction = Prediction(TemplateMatch("Acme", 1.0), {"currency": (Value("CAD", "$", 0.9),)})
    assert failed(prediction) == []


def test_rows_of_an_e_invoice_may_have_allowances_that_we_do_not_see():
    cells = {"quantity": "1000", "unit_price": "5.00", "amount": "50.00"}
    rows = ({column: Value(cell, cell, 1.0, source="xml") for column, cell in cells.items()},)
    prediction = Prediction(
        TemplateMatch("Acme", 1.0), {"net_amount": (Value("45.00", "45,00", 1.0),)}, {"line_items": rows}
    )
    assert failed(prediction) == []


def test_the_rules_of_the_template_are_checked_too():
    spec = TemplateSpec("T", (FieldSpec("po", "id"),), rules=(RuleSpec("pattern", ("po",), {"regex": r"\d+"}),))
    assert failed(read(po="x"), spec=spec) == ["pattern"]


def test_checking_twice_says_everything_once():
    once = check(SPEC, read(net_amount="1.00", tax_amount="1.00", total_amount="3.00"), KNOWN).prediction
    assert check(SPEC, once, KNOWN).prediction == once


PRINTED = ("Item Qty Price Amount", "Chair 2 40.00 80.00", "Lamp 1 20.00 20.00", "Goods 100.00")
ROWS = ({"amount": "80.00"}, {"amount": "20.00"})


@pytest.mark.parametrize(
    ("foot", "net"),
    [
        (("Shipping & handling 5.95",), "105.95"),
        (("Rabatt 3 % -3,00",), "97.00"),
        (("Porto und Verpackung 5,95", "Sonderrabatt 3,00"), "102.95"),
        (("Subtotal Desconto Transporte Total IVA 23 %", "100,00 3,00 5,95 102,95 23,68"), "102.95"),
    ],
)
def test_charges_and_allowances_that_the_document_prints_explain_a_sum(foot, net):
    assert failed(read(rows=ROWS, net_amount=net), printed=PRINTED) == ["sum_of_lines"]
    assert failed(read(rows=ROWS, net_amount=net), printed=(*PRINTED, *foot)) == []
    credit = tuple({"amount": f"-{row['amount']}"} for row in ROWS)
    assert failed(read(rows=credit, net_amount=f"-{net}"), printed=(*PRINTED, *foot)) == []


@pytest.mark.parametrize(
    ("rows", "fields", "foot"),
    [
        (ROWS[:1], {"net_amount": "105.95"}, ("Shipping 5.95",)),  # a row is missing
        (ROWS, {"net_amount": "94.05"}, ("Shipping 5.95",)),  # nothing is taken off for shipping
        (ROWS, {"net_amount": "103.00"}, ("Discount 3.00",)),
        (ROWS, {"net_amount": "105.95"}, ("Rounded 5.95",)),
        (ROWS, {"net_amount": "112.00"}, ("Freight 2 6.00 12.00",)),  # a line item that was not read
    ],
)
def test_what_charges_do_not_explain_fails_all_the_same(rows, fields, foot):
    assert failed(read(rows=rows, **fields), printed=(*PRINTED, *foot)) == ["sum_of_lines"]


def test_a_charge_between_the_line_items_is_one_of_them():
    printed = ("Chair 80.00", "Freight 12.00", "Lamp 20.00", "Net 112.00")
    assert failed(read(rows=ROWS, net_amount="112.00"), printed=printed) == ["sum_of_lines"]


def test_a_row_without_an_amount_is_not_explained_by_a_charge():
    rows = (*ROWS, {"description": "Shipping"})
    assert failed(read(rows=rows, net_amount="105.95"), printed=(*PRINTED, "Shipping 5.95")) == ["line_without_amount"]


DISCOUNTED = {"quantity": "2", "unit_price": "40.00", "amount": "72.00"}


@pytest.mark.parametrize(
    "printed",
    [
        ("Chair 2 40.00 10 % 72.00",),
        ("Item Qty Price Discount Amount", "Chair 2 40.00 10 72.00"),
        ("Chair", "2 40,00 72,00", "Rabatt 10,00 %"),
    ],
)
def test_a_percentage_printed_beside_a_row_explains_its_amount(printed):
    assert failed(read(rows=(DISCOUNTED,)), printed=printed) == []
    wrong = {**DISCOUNTED, "amount": "71.00"}
    assert failed(read(rows=(wrong,)), printed=(*printed[:-1], printed[-1].replace("72", "71"))) == [
        "quantity_times_price"
    ]


@pytest.mark.parametrize("printed", [(), ("Chair 2 40.00 72.00",), ("Chair 2 40.00 10 % 80.00", "Lamp", "Net 72.00")])
def test_a_percentage_printed_elsewhere_explains_nothing(printed):
    assert failed(read(rows=(DISCOUNTED,)), printed=printed) == ["quantity_times_price"]


def test_what_the_row_says_otherwise_is_no_discount_unless_it_is_printed_twice():
    row = {"quantity": "5", "unit_price": "10.00", "tax_rate": "20", "amount": "40.00"}  # 4, read as 5
    assert failed(read(rows=(row,)), printed=("Lamp 4 10.00 20% 40.00",)) == ["quantity_times_price"]
    assert failed(read(rows=(row,)), printed=("Lamp 5 10.00 20 % 20,00 40.00",)) == []


def test_an_amount_may_be_the_price_with_the_tax_of_its_row():
    row = {"quantity": "2", "unit_price": "10.00", "tax_rate": "21", "amount": "24.20"}
    assert failed(read(rows=(row,))) == []
    assert failed(read(rows=({**row, "tax_rate": "9"},))) == ["quantity_times_price"]


def test_what_is_printed_is_asked_for_only_where_the_line_items_are_in_doubt():
    def nobody():
        raise AssertionError

    right = read(rows=({**DISCOUNTED, "amount": "80.00"}, {"amount": "20.00"}), net_amount="100.00")
    assert check(SPEC, right, KNOWN, charges=nobody).failures == ()
    with pytest.raises(AssertionError):
        check(SPEC, read(rows=ROWS, net_amount="105.00"), KNOWN, charges=nobody)
