"""What the generator says about its documents is true."""

from decimal import Decimal
from functools import cache

import pytest

from fixtures import generator
from fixtures.generator import INVOICE_KINDS, Vendor
from fixtures.generator.content import UNTAXED
from fixtures.generator.countries import LOCALES
from fixtures.generator.negatives import KINDS as NEGATIVE_KINDS
from fixtures.generator.negatives import OWN_FIELDS
from invex.fields.labels import label_from_json, label_to_json
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

generate = cache(generator.generate)  # several tests look at the same documents
FIELDS = {f.key: f for f in STANDARD_FIELDS}
COLUMNS = {c.key for c in LINE_ITEMS.columns}


def values_of(one):
    for key, values in one.label.fields.items():
        for value in values:
            yield key, value
    for rows in one.label.tables.values():
        for row in rows:
            yield from row.items()


def spelled(document, boxes):
    """The words in the boxes, without white space."""
    out = ""
    for place in boxes:
        for word in document.pages[place.page].words:
            if place.box.overlap(word.box) > 0.5 * word.box.width * word.box.height:
                out += word.text
    return out


@pytest.mark.parametrize("code", LOCALES)
def test_boxes_contain_the_text(code):
    for seed in range(12):
        one = generate(seed, locale=code)
        for key, value in values_of(one):
            assert value.boxes, key
            assert value.text.replace(" ", "").replace("\u00a0", "") in spelled(one.document, value.boxes), (seed, key)


def test_noisy_boxes_contain_the_noisy_text():
    for seed in range(16):
        one = generate(seed, noise=1.0)
        for key, value in values_of(one):
            words = spelled(one.document, value.boxes)  # noise tears lines apart: others may stand between
            assert all(word in words for word in value.text.split()), (seed, key)


def test_noise_changes_words_and_keeps_values():
    clean, noisy = generate(3), generate(3, noise=1.0)
    assert {
        k: [v.value for v in vs] for k, vs in clean.label.fields.items() if k in ("invoice_date", "total_amount")
    } == {k: [v.value for v in vs] for k, vs in noisy.label.fields.items() if k in ("invoice_date", "total_amount")}
    assert clean.document.pages[0].text != noisy.document.pages[0].text


def test_sums_add_up():
    for seed in range(60):
        content = generate(seed).content
        assert content.net + content.tax == content.total
        assert sum(t.base for t in content.taxes) == content.net
        assert content.total + content.previous - content.paid == content.due
        goal = content.total if content.includes_tax else content.net
        assert content.item_sum - content.discount + content.shipping == goal
        for item in content.items:
            assert item.net + item.tax == item.gross


def test_shipping_without_a_tax_is_no_tax():
    """Small businesses, exporters and those whose customers pay the tax charge for shipping, too."""
    vendors = [v for seed in range(900) if (v := Vendor(seed, kind="invoice")).habits.rates == UNTAXED]
    shipped = [one for v in vendors if (one := v.document(0)).content.shipping]
    assert len(shipped) > 0.3 * len(vendors)
    bare = 0
    for one in shipped:
        fields = one.label.fields
        assert one.content.tax == 0
        assert all(Decimal(value.value) == 0 for value in fields.get("tax_amount", ()))
        assert Decimal(fields["total_amount"][0].value) == one.content.total
        bare += fields.get("net_amount") == fields.get("tax_amount") == ()
    assert 0.2 * len(shipped) < bare < 0.8 * len(shipped)


def test_cash_tendered_is_any_that_people_hand_over():
    receipts = [generate(seed, kind="receipt") for seed in range(150)]
    tendered = {(c.cash, c.total - c.paid if c.paid < c.total else c.total) for r in receipts if (c := r.content)}
    assert all(cash >= to_pay for cash, to_pay in tendered)
    over = [(cash, cash - to_pay) for cash, to_pay in tendered if cash != to_pay]
    assert 0.4 * len(receipts) < len(over) < 0.8 * len(receipts)
    assert sum(cash % 10 != 0 for cash, _ in over) > 0.15 * len(over)
    assert any(change < 1 for _, change in over)
    assert any(change > 30 for _, change in over)


def test_a_deposit_on_a_receipt_leaves_what_is_due():
    receipts = [
        generate(seed, kind="receipt", locale=code) for seed in range(90) for code in ("en-GB", "de-DE", "fr-FR")
    ]
    found = 0
    for one in receipts:
        content, fields = one.content, one.label.fields
        if not 0 < content.paid < content.total:
            continue
        found += 1
        assert Decimal(fields["total_amount"][0].value) == content.total
        assert Decimal(fields["due_amount"][0].value) == content.total - content.paid
        assert fields["due_amount"][0].boxes != fields["total_amount"][0].boxes
    assert found > 5


def test_labels_are_canonical_and_of_standard_fields():
    for seed in range(60):
        one = generate(seed)
        assert set(one.label.fields) <= set(FIELDS)
        for key, value in values_of(one):
            if (key in FIELDS and FIELDS[key].type == "amount") or key in (
                "unit_price",
                "amount",
                "quantity",
                "tax_rate",
            ):
                Decimal(value.value)
            if key in FIELDS and FIELDS[key].type in ("iban", "vat_id"):
                assert " " not in value.value
        for row in one.label.tables["line_items"]:
            assert set(row) <= COLUMNS
        assert label_from_json(label_to_json(one.label)).fields.keys() == one.label.fields.keys()


def test_line_items_are_those_of_the_content():
    for seed in range(60):
        one = generate(seed)
        rows = one.label.tables["line_items"]
        assert len(rows) == len(one.content.items)
        for row, item in zip(rows, one.content.items, strict=True):
            assert row["description"].text.casefold() == item.description.casefold()
            if "amount" in row:
                assert Decimal(row["amount"].value) in (item.net, item.gross)


def test_words_are_on_the_page():
    for seed in range(25):
        for page in generate(seed, noise=0.5).document.pages:
            for word in page.words:
                assert 0 <= word.box.x0 <= word.box.x1 <= 1
                assert 0 <= word.box.y0 <= word.box.y1 <= 1
                assert word.text
                assert not any(c.isspace() for c in word.text)


@pytest.mark.parametrize("kind", NEGATIVE_KINDS)
def test_what_is_no_invoice_has_no_fields(kind):
    for seed in range(8):
        one = generate(seed, kind=kind)
        assert one.content is None
        assert one.label.fields == dict.fromkeys(FIELDS, ())
        assert not one.label.tables
        assert len(one.document.pages[0].words) > 15


@pytest.mark.parametrize("kind", OWN_FIELDS)
def test_orders_and_contracts_have_fields_of_their_own(kind):
    found = set()
    for seed in range(10):
        label = Vendor(seed, kind=kind).document(0, own_fields=True).label
        assert set(label.fields) == {f.key for f in OWN_FIELDS[kind]}
        found |= {key for key, values in label.fields.items() if values}
    assert found == {f.key for f in OWN_FIELDS[kind]}


@pytest.mark.parametrize("kind", INVOICE_KINDS)
def test_every_kind_has_the_fields_that_matter(kind):
    labels = [generate(seed, kind=kind).label.fields for seed in range(20)]
    for key in ("invoice_number", "invoice_date", "total_amount", "supplier_name"):
        assert sum(bool(fields[key]) for fields in labels) >= 15, key


def test_documents_of_a_vendor_share_the_layout():
    vendor = Vendor(5, kind="invoice", locale="de-DE")
    first, second = vendor.document(0), vendor.document(1)
    assert first.label.template == second.label.template == vendor.name
    assert first.content.number != second.content.number
    assert first.label.fields["supplier_name"][0].text == second.label.fields["supplier_name"][0].text
    boxes = [one.label.fields["supplier_name"][0].boxes[0].box for one in (first, second)]
    assert boxes[0].x0 == pytest.approx(boxes[1].x0)


def test_a_redesigned_vendor_says_the_same_elsewhere():
    vendor = next(v for v in map(Vendor, range(40)) if v.style.body == "table")
    before, after = vendor.document(3), vendor.redesigned().document(3)
    number = "invoice_number"
    assert after.label.fields[number][0].value == before.label.fields[number][0].value
    assert after.label.fields[number][0].boxes != before.label.fields[number][0].boxes
    assert vendor.document(3).label == before.label  # the vendor itself stays as it is
