from invex.extraction.einvoice import merge_xml
from invex.fields.geometry import Box, PageBox
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.reading.types import Document, EInvoice, Page, Word

SPEC = TemplateSpec("", STANDARD_FIELDS, (LINE_ITEMS,))
SOMEWHERE = (PageBox(0, Box(0.7, 0.7, 0.8, 0.8)),)
PRINTED = Page(
    612,
    792,
    (
        Word("Acme", Box(0.1, 0.1, 0.2, 0.12)),
        Word("Trading", Box(0.1, 0.13, 0.2, 0.15)),
        Word("Total", Box(0.1, 0.5, 0.2, 0.52)),
        Word("1.190,00", Box(0.3, 0.5, 0.4, 0.52)),
        Word("EUR", Box(0.41, 0.5, 0.45, 0.52)),
    ),
)


def document(pages=(PRINTED,), lines=(), **fields):
    stated = {key: (value,) if isinstance(value, str) else value for key, value in fields.items()}
    return Document(pages, einvoice=EInvoice("cii", "", stated, tuple(lines)))


def read(*, rows=(), **values):
    fields = {key: (Value(value, value, confidence, boxes=SOMEWHERE),) for key, (value, confidence) in values.items()}
    return Prediction(TemplateMatch(None, 0.1), fields, {"line_items": tuple(rows)} if rows else {})


def test_without_an_e_invoice_nothing_changes():
    prediction = read(total_amount=("1190.00", 0.9))
    assert merge_xml(prediction, Document((PRINTED,)), SPEC).prediction is prediction


def test_what_both_say_is_of_the_xml_and_lies_where_the_model_read_it():
    merged = merge_xml(read(total_amount=("1190.00", 0.6)), document(total_amount="1190.0"), SPEC)
    (value,) = merged.prediction.fields["total_amount"]
    assert (value.value, value.source, value.confidence, value.boxes) == ("1190.0", "xml", 1.0, SOMEWHERE)
    assert [(c.name, c.ok) for c in value.checks] == [("xml_mismatch", True)]
    assert merged.failures == ()


def test_what_the_model_missed_is_located_where_it_is_printed():
    merged = merge_xml(read(), document(total_amount="1190.00", supplier_name="ACME Trading"), SPEC)
    fields = merged.prediction.fields
    assert fields["total_amount"][0].text == "1.190,00 EUR"
    assert fields["total_amount"][0].boxes == (PageBox(0, Box(0.3, 0.5, 0.45, 0.52)),)
    assert fields["supplier_name"][0].text == "Acme Trading"
    assert [b.box.y0 for b in fields["supplier_name"][0].boxes] == [0.1, 0.13]  # one box a line
    assert merged.failures == ()


def test_a_part_of_a_word_is_no_place():
    merged = merge_xml(read(), document(supplier_name="Acme Trad"), SPEC)
    assert merged.prediction.fields["supplier_name"][0].boxes == ()


def test_another_amount_on_the_page_is_a_mismatch_with_the_read_one_as_alternative():
    merged = merge_xml(read(total_amount=("1190.00", 0.4)), document(total_amount="119.00"), SPEC)
    (value,) = merged.prediction.fields["total_amount"]
    assert value.value == "119.00"
    assert [a.value for a in value.alternatives] == ["1190.00"]
    assert [(c.name, c.ok) for c in value.checks] == [("xml_mismatch", False)]
    assert [f.name for f in merged.failures] == ["xml_mismatch"]
    assert "119.00" in merged.failures[0].message


def test_a_doubtful_misreading_of_a_printed_value_is_no_mismatch_a_confident_one_is():
    doubtful = merge_xml(read(total_amount=("5.00", 0.5)), document(total_amount="1190.00"), SPEC)
    assert doubtful.failures == ()
    confident = merge_xml(read(total_amount=("5.00", 0.95)), document(total_amount="1190.00"), SPEC)
    assert len(confident.failures) == 1


def test_names_printed_in_another_form_are_not_compared():
    merged = merge_xml(read(supplier_name=("Acme", 0.99)), document(supplier_name="Acme Holding AG"), SPEC)
    assert merged.failures == ()
    assert merged.prediction.fields["supplier_name"][0].value == "Acme Holding AG"


def test_only_what_the_template_asks_for_is_taken():
    spec = TemplateSpec("T", (STANDARD_FIELDS[0],))
    merged = merge_xml(read(), document(invoice_number="R1", total_amount="5.00", lines=[{"amount": "5.00"}]), spec)
    assert set(merged.prediction.fields) == {"invoice_number"}
    assert merged.prediction.tables == {}


def test_rows_come_from_the_xml_with_the_boxes_of_equal_cells():
    row = {"quantity": Value("2", "2 Stk", 0.8, boxes=SOMEWHERE), "amount": Value("9.00", "9,00", 0.8, boxes=SOMEWHERE)}
    merged = merge_xml(read(rows=[row]), document(lines=[{"quantity": "2.0", "amount": "10.00"}]), SPEC)
    (stated,) = merged.prediction.tables["line_items"]
    assert (stated["quantity"].value, stated["quantity"].text, stated["quantity"].boxes) == ("2.0", "2 Stk", SOMEWHERE)
    assert (stated["amount"].value, stated["amount"].boxes) == ("10.00", ())


def test_a_plain_xml_has_no_pages_and_still_all_values():
    merged = merge_xml(read(), document(pages=(), total_amount="5.00"), SPEC)
    assert merged.prediction.fields["total_amount"][0].boxes == ()
    assert merged.failures == ()


def test_headings_and_remarks_that_are_stated_as_lines_are_no_items():
    heading = {"description": "--- Food ---", "quantity": "0", "unit_price": "0.00", "amount": "0.00"}
    gift = {"description": "Sample", "quantity": "10", "amount": "0.00"}
    merged = merge_xml(read(), document(lines=[heading, gift, {"description": "Rebate", "amount": "-2.00"}]), SPEC)
    rows = merged.prediction.tables["line_items"]
    assert [row["description"].value for row in rows] == ["Sample", "Rebate"]
