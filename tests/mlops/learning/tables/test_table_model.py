"""One confirmed document teaches the next; day zero needs none; weights survive the package."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from fixtures.generator import generate
from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TableSpec
from invex.fields.standard import LINE_ITEMS
from mlops.learning.dataset import Sample
from mlops.learning.layout import lay_out
from mlops.learning.tables.model import TableModel, fit_table, train_day_zero_table
from tests.mlops.learning.tables.table_pages import CHAR, document, invoice, line, sample

FIRST = [
    ("Chair", "4", "12.50", "50.00"),
    ("Standing desk\nof solid oak", "2", "300.00", "600.00"),
    ("Lamp", "3", "20.00", "60.00"),
]
NEXT = [("Shelf with doors", "5", "40.00", "200.00"), ("Office chair\nwith arms", "1", "99.00", "99.00")]


def read(model, doc):
    return [{key: v.value for key, v in row.items()} for row in model.predict(lay_out(doc))]


@pytest.fixture(scope="module")
def learned():
    return fit_table(LINE_ITEMS, [sample("a", FIRST, "710.00")], None)


@pytest.fixture(scope="module")
def day_zero():
    documents = [generate(seed, kind="invoice", locale="en-GB") for seed in range(8)]
    return train_day_zero_table([Sample(str(i), d.document, d.label) for i, d in enumerate(documents)])


def test_one_confirmed_document_teaches_the_next(learned):
    rows = read(learned, invoice(NEXT, "299.00"))
    assert rows == [
        {"description": "Shelf with doors", "quantity": "5", "unit_price": "40.00", "amount": "200.00"},
        {"description": "Office chair with arms", "quantity": "1", "unit_price": "99.00", "amount": "99.00"},
    ]


def without(column: str, one: Sample) -> Sample:
    """The sample, its rows confirmed without a column that is printed."""
    rows = tuple({key: cell for key, cell in row.items() if key != column} for row in one.label.tables["line_items"])
    return replace(one, label=replace(one.label, tables={"line_items": rows}))


OTHERS = [
    [(f"Part {i}", str(i + 2), f"{i + 1}0.00", f"{(i + 1) * (i + 2)}0.00"), ("Work", "1", "5.00", "5.00")]
    for i in range(6)
]


def test_a_column_that_is_confirmed_only_later_is_learned_although_earlier_documents_do_not_speak_of_it():
    older = [without("amount", without("unit_price", sample(str(i), items, ""))) for i, items in enumerate(2 * OTHERS)]
    model = fit_table(LINE_ITEMS, [*older, sample("a", FIRST, "710.00")], None)
    rows = read(model, invoice(NEXT, "299.00"))
    assert [(row.get("unit_price"), row.get("amount")) for row in rows] == [("40.00", "200.00"), ("99.00", "99.00")]


def test_an_earlier_document_stays_where_it_alone_teaches_another_column():
    older = [without("amount", sample(str(i), items, "")) for i, items in enumerate(2 * OTHERS)]
    last = without("unit_price", sample("a", FIRST, "710.00"))
    model = fit_table(LINE_ITEMS, [*older, last], None)
    assert {"unit_price", "amount"} <= model.confirmed
    assert model.asked == sum(len(row) for one in [*older, last] for row in one.label.tables["line_items"])


def test_earlier_documents_that_do_not_print_a_column_still_teach_the_others():
    without_prices = [[(text, n, "", amount) for text, n, _, amount in items] for items in OTHERS]
    older = [without("unit_price", sample(str(i), items, "7.00")) for i, items in enumerate(without_prices)]
    far_below = line(0.8, (0.1, "Carriage"), (-0.6, "1"), (-0.75, "8.00"), (-0.9, "8.00"))
    older = [
        replace(one, document=replace(one.document, pages=(replace(page, words=(*page.words, *far_below)),)))
        for one in older
        for page in one.document.pages
    ]
    with_prices = fit_table(LINE_ITEMS, [*older, sample("a", FIRST, "710.00")], None)
    assert with_prices.asked == fit_table(LINE_ITEMS, older, None).asked + 4 * len(FIRST)


def test_values_know_where_they_stand_and_how_sure_they_are(learned):
    amount = learned.predict(lay_out(invoice(NEXT, "299.00")))[0]["amount"]
    assert amount.boxes[0].page == 0
    assert amount.boxes[0].box.x1 == pytest.approx(0.9, abs=1e-4)
    assert 0.0 < amount.confidence < 1.0


def test_a_currency_glued_to_an_amount_does_not_hide_it(learned):
    glued = [(text, quantity, f"RM{price}", f"RM{amount}") for text, quantity, price, amount in NEXT]
    rows = learned.predict(lay_out(invoice(glued, "RM299.00")))
    assert [(row["unit_price"].value, row["amount"].value) for row in rows] == [("40.00", "200.00"), ("99.00", "99.00")]
    assert rows[0]["amount"].text == "RM200.00"
    assert rows[0]["amount"].boxes[0].box.x0 == pytest.approx(0.9 - 8 * CHAR, abs=1e-4)  # the printed word


def test_a_column_of_quantities_with_three_decimals_is_read_as_one():
    items = [
        ("Chair", "4.000", "12,50", "50,00"),
        ("Desk", "1.000", "300,00", "300,00"),
        ("Lamp", "0.500", "20,00", "10,00"),
    ]
    label = sample(
        "a",
        [("Chair", "4", "12.50", "50.00"), ("Desk", "1", "300.00", "300.00"), ("Lamp", "0.5", "20.00", "10.00")],
        "",
    ).label
    model = fit_table(LINE_ITEMS, [Sample("a", invoice(items, "360,00"), label)], None)
    rows = model.predict(
        lay_out(invoice([("Shelf", "7.000", "40,00", "280,00"), ("Sofa", "1.000", "99,00", "99,00")], "379,00"))
    )
    assert [float(row["quantity"].value) for row in rows] == [7, 1]


def counted(identity, quantity, *, text=None):
    """A confirmed delivery note whose quantity is printed 1.000; the amounts prove nothing."""
    printed = [("Chair", "1.000", "12,50", "11,00"), ("Desk", "3.000", "300,00", "800,00")]
    thousands = [("Chair", quantity, "12.50", "11.00"), ("Desk", str(3 * int(quantity)), "300.00", "800.00")]
    rows = [dict(row) for row in sample(identity, thousands, "").label.tables["line_items"]]
    if text:
        rows = [{**row, "quantity": LabelValue(row["quantity"].value, item[1])} for row, item in zip(rows, printed)]
    return Sample(identity, invoice(printed, "811,00"), Label("example", tables={"line_items": tuple(rows)}))


@pytest.mark.parametrize("text", [None, "as printed"])
def test_a_quantity_of_a_thousand_that_is_corrected_later_is_a_one_from_then_on(text):
    wrong, corrected = counted("a", "1000", text=text), counted("b", "1", text=text)
    following = counted("c", "1").document

    def quantities(*known):
        model = fit_table(LINE_ITEMS, known, None)
        again = TableModel.from_arrays(*model.to_arrays(), None)
        assert again.predict(lay_out(following)) == model.predict(lay_out(following))
        return [float(row["quantity"]) for row in read(again, following)]

    assert quantities(wrong) == [1000, 3000]
    assert quantities(wrong, corrected) == [1, 3]
    assert quantities(wrong, wrong, corrected) == [1, 3]
    assert quantities(corrected, wrong) == [1000, 3000]


DAYS = TableSpec("services", (FieldSpec("day", "date"), FieldSpec("service", "text"), FieldSpec("fee", "amount")))


def services(items, printed, *, confirmed=True):
    """A bill of (day, service, fee); of the days those in `printed` rows are on the page.

    confirmed: as the days of all rows, or as those that are printed.
    """
    lines = [line(0.25, (0.05, "Date"), (0.3, "Service"), (-0.9, "Fee"))]
    for n, (day, service, fee) in enumerate(items):
        year, month, of_month = day.split("-")
        cells = [(0.05, f"{of_month}.{month}.{year}")] if n in printed else []
        lines.append(line(0.3 + 0.03 * n, *cells, (0.3, service), (-0.9, fee)))
    rows = [
        {k: LabelValue(v) for k, v in zip(("day", "service", "fee"), item) if k != "day" or confirmed or n in printed}
        for n, item in enumerate(items)
    ]
    return Sample("a", document(lines), Label("example", tables={"services": tuple(rows)}))


TREATED = [
    ("2025-06-04", "Filling", "50.00"),
    ("2025-06-04", "Polishing", "20.00"),
    ("2025-06-12", "Crown", "310.00"),
    ("2025-06-12", "Imprint", "35.00"),
    ("2025-06-12", "X-ray", "12.00"),
    ("2025-06-20", "Cleaning", "80.00"),
]
NEXT_TREATED = [("2025-07-03", "Advice", "9.00"), ("2025-07-03", "Bridge", "410.00"), ("2025-07-09", "Inlay", "95.00")]


def test_what_is_printed_once_for_several_rows_is_read_for_each_where_it_was_confirmed_so():
    following = services(NEXT_TREATED, {0, 2}).document
    model = fit_table(DAYS, [services(TREATED, {0, 2, 5})], None)
    assert [row["day"] for row in read(model, following)] == ["2025-07-03", "2025-07-03", "2025-07-09"]
    first, second, _ = model.predict(lay_out(following))
    assert second["day"].boxes == first["day"].boxes
    again = TableModel.from_arrays(*model.to_arrays(), None)
    assert again.predict(lay_out(following)) == model.predict(lay_out(following))
    assert model.asked == 3 * len(TREATED) - 3 == model.located  # nobody looks for a day that is not printed


def test_what_is_printed_once_for_several_rows_stays_with_the_first_where_only_that_was_confirmed():
    model = fit_table(DAYS, [services(TREATED, {0, 2, 5}, confirmed=False)], None)
    rows = read(model, services(NEXT_TREATED, {0, 2}).document)
    assert [row.get("day") for row in rows] == ["2025-07-03", None, "2025-07-09"]


def test_a_day_that_was_read_wrongly_once_is_carried_down_nowhere():
    days = [("2025-06-04", f"Item {n}", f"{n}0.00") for n in range(1, 7)]
    model = fit_table(DAYS, [services(days, {0, 1, 2, 4, 5})], None)
    rows = read(model, services(NEXT_TREATED, {0, 2}).document)
    assert [row.get("day") for row in rows] == ["2025-07-03", None, "2025-07-09"]


TRIPS = TableSpec(
    "trips",
    (FieldSpec("trip", "id"), *(FieldSpec(key, "amount") for key in ("freight", "fuel", "toll", "waiting", "charge"))),
)
CHARGES = {"freight": "Freight", "fuel": "Fuel surcharge", "toll": "Road toll", "waiting": "Waiting time"}


def trips(*rows):
    """A freight bill: every trip has a line for each of its charges, told apart by their names alone; its sum ends it."""
    lines = [line(0.25, (0.05, "Trip"), (0.3, "Charge"), (-0.7, "GBP"), (-0.9, "Total"))]
    for number, amounts in rows:
        for key, amount in amounts.items():
            if key == "charge":
                lines[-1] += line(lines[-1][0].box.y0, (-0.9, amount))
            else:
                first = [(0.05, number)] if key == "freight" else []
                lines.append(line(0.28 + 0.02 * len(lines), *first, (0.3, CHARGES[key]), (-0.7, amount)))
    values = tuple({k: LabelValue(v) for k, v in {"trip": number, **amounts}.items()} for number, amounts in rows)
    return Sample("a", document(lines), Label("example", tables={"trips": values}))


TRIPS_MADE = (
    ("A4711", {"freight": "140.10", "fuel": "14.01", "toll": "9.50", "waiting": "33.00", "charge": "196.61"}),
    ("A4712", {"freight": "95.00", "fuel": "9.50", "waiting": "41.20", "charge": "145.70"}),
    ("A4719", {"freight": "310.00", "fuel": "31.00", "toll": "27.40", "charge": "368.40"}),
    ("A4802", {"freight": "77.70", "fuel": "7.77", "toll": "11.10", "waiting": "20.00", "charge": "116.57"}),
    ("A4803", {"freight": "64.00", "fuel": "6.40", "charge": "70.40"}),
)
NEXT_TRIPS = (
    ("B1001", {"freight": "88.00", "fuel": "8.80", "waiting": "15.50", "charge": "112.30"}),
    ("B1002", {"freight": "59.00", "fuel": "5.90", "toll": "12.60", "charge": "77.50"}),
    ("B1003", {"freight": "101.00", "fuel": "10.10", "toll": "3.30", "waiting": "19.00", "charge": "133.40"}),
)


def test_amounts_that_only_the_words_beside_them_tell_apart_are_learned_down_to_the_fourth_line_of_a_row():
    first = trips(*TRIPS_MADE)
    model = fit_table(TRIPS, [first], None)
    assert model.located == model.asked
    rows = read(model, trips(*NEXT_TRIPS).document)
    assert rows == [{"trip": number, **amounts} for number, amounts in NEXT_TRIPS]
    again = TableModel.from_arrays(*model.to_arrays(), None)
    assert read(again, trips(*NEXT_TRIPS).document) == rows


def test_a_remark_below_many_items_is_no_part_of_their_text():
    def ordered(*texts):
        items = [(text, "2", f"{n}.50", f"{2 * n + 1}.00") for n, text in enumerate(texts, 1)]
        confirmed = [(text.removesuffix("\nRest will follow later"), *numbers) for text, *numbers in items]
        return Sample("a", invoice(items, "99.00"), sample("a", confirmed, "").label)

    remark = "\nRest will follow later"
    first = ordered(
        "Chair",
        "Desk" + remark,
        "Lamp\nMade of pure brass",
        "Shelf" + remark,
        "Sofa\nComes with both arms",
        "Rug" + remark,
        "Bed",
    )
    model = fit_table(LINE_ITEMS, [first], None)
    following = ordered("Bench" + remark, "Stool\nLegs of solid oak", "Table" + remark, "Vase")
    assert [row["description"] for row in read(model, following.document)] == [
        "Bench",
        "Stool Legs of solid oak",
        "Table",
        "Vase",
    ]


def test_a_template_of_a_package_that_knew_no_wording_reads_on(learned):
    arrays, about = learned.to_arrays()
    known = json.loads(about)
    width = 2 * (len(LINE_ITEMS.columns) + 1)
    tag = np.delete(arrays["tag"], np.s_[-1 - width : -1], axis=0)  # the wording stands before the intercept
    del known["wording"]
    before = TableModel.from_arrays({**arrays, "tag": tag}, json.dumps(known), None)
    assert [row["amount"] for row in read(before, invoice(NEXT, "299.00"))] == ["200.00", "99.00"]


def test_a_code_with_spaces_is_learned_whole():
    spec = TableSpec("line_items", (FieldSpec("code", "id"), *LINE_ITEMS.columns))

    def coded(*items):
        lines = [
            line(0.3 + 0.03 * n, (0.05, code), (0.3, text), (-0.9, amount))
            for n, (code, text, amount) in enumerate(items)
        ]
        rows = ({"code": code, "description": text, "amount": amount} for code, text, amount in items)
        label = Label(
            "example", tables={"line_items": tuple({k: LabelValue(v) for k, v in row.items()} for row in rows)}
        )
        return Sample("a", document(lines), label)

    first = coded(("98 512 987", "Chair", "50.00"), ("12 004 117", "Desk", "600.00"), ("7 331 205", "Lamp", "60.00"))
    model = fit_table(spec, [first], None)
    rows = read(model, coded(("33 120 987", "Shelf", "200.00"), ("98 004 551", "Sofa", "99.00")).document)
    assert [(row["code"], row["amount"]) for row in rows] == [("33 120 987", "200.00"), ("98 004 551", "99.00")]


@pytest.mark.parametrize(
    ("dates", "values", "more", "then"),
    [
        (("04 Jun 25", "12 Jun 25"), ("2025-06-04", "2025-06-12"), ("03 Jul 25", "30 Jul 25"), ("2025-07-03", "2025-07-30")),
        (("06/04/25", "06/12/25"), ("2025-06-04", "2025-06-12"), ("07/03/25", "07/05/25"), ("2025-07-03", "2025-07-05")),
        (("06/04/25", "06/12/25"), ("2025-04-06", "2025-12-06"), ("07/03/25", "07/05/25"), ("2025-03-07", "2025-05-07")),
    ],
)  # fmt: skip
def test_a_column_of_dates_is_learned_as_it_writes_them(dates, values, more, then):
    spec = TableSpec(
        "transactions", (FieldSpec("booked", "date"), FieldSpec("text", "text"), FieldSpec("paid", "amount"))
    )

    def statement(dates, values=()):
        items = list(zip(dates, ("Electric power", "Rent of June"), ("50.00", "600.00")))
        lines = [
            line(0.3 + 0.03 * n, (0.1, day), (0.3, text), (-0.9, paid)) for n, (day, text, paid) in enumerate(items)
        ]
        rows = ({"booked": day, "text": text, "paid": paid} for day, (_, text, paid) in zip(values, items))
        return Sample(
            "a",
            document(lines),
            Label(
                "example", tables={"transactions": tuple({k: LabelValue(v) for k, v in row.items()} for row in rows)}
            ),
        )

    fitted = fit_table(spec, [statement(dates, values)], None)
    assert fitted.located == fitted.asked == 6
    model = TableModel.from_arrays(*fitted.to_arrays(), None)
    rows = read(model, statement(more).document)
    assert [(row["booked"], row["text"]) for row in rows] == list(zip(then, ("Electric power", "Rent of June")))


def test_the_columns_that_multiply_are_learned(learned):
    keys = [tuple(LINE_ITEMS.columns[k].key for k in triple) for triple in learned.products]
    assert keys == [("quantity", "unit_price", "amount")]


def test_rows_go_on_over_pages(learned):
    first = invoice(NEXT, "299.00").pages[0].words
    more = [
        line(0.1, (0.1, "Description"), (-0.6, "Quantity"), (-0.75, "Price"), (-0.9, "Amount")),
        line(0.13, (0.1, "Box"), (-0.6, "2"), (-0.75, "7.50"), (-0.9, "15.00")),
    ]
    doc = document([list(first)], more)
    assert [row["amount"] for row in read(learned, doc)] == ["200.00", "99.00", "15.00"]


def test_a_reading_error_that_was_corrected_is_undone():
    printed = invoice([("Hétel", "4", "12.50", "50.00"), *FIRST[1:]], "710.00", source="ocr")
    confirmed = sample("a", [("Hôtel", "4", "12.50", "50.00"), *FIRST[1:]], "710.00")
    model = fit_table(LINE_ITEMS, [Sample("a", printed, confirmed.label)], None)
    value = model.predict(lay_out(invoice([("Hétel", "2", "12.50", "25.00")], "25.00", source="ocr")))[0]["description"]
    assert (value.value, value.text) == ("Hôtel", "Hétel")


def test_without_rows_or_base_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="no confirmed document has rows"):
        fit_table(LINE_ITEMS, [], None)


def test_day_zero_reads_a_table_never_seen(day_zero):
    rows = read(day_zero, invoice([*FIRST, *NEXT], "1009.00"))
    assert [row["amount"] for row in rows] == ["50.00", "600.00", "60.00", "200.00", "99.00"]


def test_columns_that_day_zero_does_not_know_are_learned_on_top_of_it(day_zero):
    columns = {"description": ("what", "text"), "quantity": ("spots", "number"), "unit_price": ("fee", "amount")}
    spec = TableSpec("airtime", tuple(FieldSpec(key, kind) for key, kind in columns.values()))
    one = sample("a", FIRST, "710.00")
    rows = tuple({columns[k][0]: v for k, v in row.items() if k in columns} for row in one.label.tables["line_items"])
    known = replace(one, label=replace(one.label, tables={"airtime": rows}))
    model = fit_table(spec, [known], day_zero)
    assert read(model, invoice([NEXT[0], ("Office chair", "1", "99.00", "99.00")], "299.00")) == [
        {"what": "Shelf with doors", "spots": "5", "fee": "40.00"},
        {"what": "Office chair", "spots": "1", "fee": "99.00"},
    ]


def test_the_same_documents_give_the_same_bytes(learned):
    again = fit_table(LINE_ITEMS, [sample("a", FIRST, "710.00")], None)
    assert save(again.to_arrays()[0]) == save(learned.to_arrays()[0])


def test_weights_survive_a_package(learned, day_zero):
    for model, base in (
        (learned, None),
        (day_zero, None),
        (fit_table(LINE_ITEMS, [sample("a", FIRST, "710.00")], day_zero), day_zero),
    ):
        arrays, about = model.to_arrays()
        json.loads(about)
        back = TableModel.from_arrays(load(save({k: np.ascontiguousarray(v) for k, v in arrays.items()})), about, base)
        assert read(back, invoice(NEXT, "299.00")) == read(model, invoice(NEXT, "299.00"))
