"""While somebody types, the page adds up line items as the checks of the extraction do."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from invex.fields.charges import Charges
from invex.fields.checks import check
from invex.fields.prediction import Prediction, TemplateMatch, Value
from invex.fields.spec import LocaleSpec, TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS

SPEC = TemplateSpec("Acme", STANDARD_FIELDS, (LINE_ITEMS,))
ROWS = [
    [{"amount": "80.00"}, {"amount": "20.00"}],
    [{"amount": "80.00"}, {"amount": "20.03"}],
    [{"quantity": "2", "unit_price": "40.00", "amount": "80.00"}, {"amount": "20.00"}],
    [{"quantity": "2", "unit_price": "40.00", "amount": "81.00"}, {"amount": "19.00"}],
    [{"quantity": "-2", "unit_price": "50.004", "amount": "-100.01"}],
    [{"quantity": "0.5", "unit_price": "199.00", "amount": "100.00"}],
    [{"quantity": "1.25", "unit_price": "80.10", "amount": "100.00"}],
    [{"quantity": "100", "unit_price": "0.125", "amount": "50.00"}, {"amount": "50.00"}],
    [{"quantity": "8", "unit_price": "12.501", "amount": "100.01"}],
    [{"amount": "100.000"}],
    [{"amount": "100"}],
    [{"amount": "5.95"}, {"amount": "-5.95"}],
    [],
]
PRINTED = ["Rabatt 3 % -3,00", "Versand 5,95"]  # below the line items
FIELDS: list[dict[str, tuple[str, ...]]] = [
    {},
    {"net_amount": ("100.00",)},
    {"net_amount": ("100.02",)},
    {"net_amount": ("90.00",), "total_amount": ("100.00",)},
    {"net_amount": ("105.95",)},
    {"net_amount": ("102.95",)},
    {"total_amount": ("116.00",), "tax_amount": ("19.00",)},
    {"net_amount": ("-97.01",)},
    {"total_amount": ("100.00",)},
    {"total_amount": ("119.00",)},
    {"total_amount": ("140.00",)},
    {"total_amount": ("80.00",)},
    {"total_amount": ("119.00",), "tax_amount": ("19.00",)},
    {"total_amount": ("119.00",), "tax_amount": ("12.00", "7.00")},
    {"total_amount": ("119.00",), "tax_amount": ("18.00",)},
    {"total_amount": ("100.05",), "tax_amount": ("0.00",)},
    {"total_amount": ("100.50",), "tax_amount": ("0.10",)},
    {"total_amount": ("120.00",), "tax_amount": ("19.60",), "currency": ("EUR",)},
    {"total_amount": ("120.00",), "tax_amount": ("19.60",), "currency": ("SEK",)},
    {"total_amount": ("106.00",), "tax_amount": ("0.00",), "currency": ("SEK",)},
    {"net_amount": ("100.00",), "total_amount": ("120.00",), "tax_amount": ("19.60",), "currency": ("SEK",)},
    {"net_amount": ("94.36",), "total_amount": ("100.05",), "tax_amount": ("5.66",)},
    {"net_amount": ("93.80",), "total_amount": ("100.00",), "tax_amount": ("6.23",)},
    {"net_amount": ("99.98",), "total_amount": ("106.00",), "tax_amount": ("6.00",)},
    {"net_amount": ("100.004",)},
    {"net_amount": ("5.95",)},
]
ADDED = """async (cases) => {
  const {name} = performance.getEntriesByType("resource").find((one) => /review.sums[^/]*.js/.test(one.name));
  const {sumsOf} = await import(name);
  return cases.map(([rows, fields, printed]) => {
    const texts = rows.map((row) => ({quantity: "", unit_price: "", amount: "", ...row}));
    const {off, said, isOff} = sumsOf(texts, (key) => fields[key] ? {values: fields[key], label: key} : null, printed);
    return [isOff, off.some(Boolean), said];
  });
}"""


def of_checks(
    rows: list[dict[str, str]], fields: dict[str, tuple[str, ...]], printed: list[str], *, is_stated: bool = False
) -> list[bool]:
    """Whether the lines are no sum, and whether a row's factors do not make its amount."""

    def value(text: str) -> Value:
        return Value(text, text, 0.9, "xml" if is_stated else "model")

    prediction = Prediction(
        TemplateMatch("Acme", 1.0),
        {key: tuple(map(value, texts)) for key, texts in fields.items()},
        {"line_items": tuple({column: value(cell) for column, cell in row.items()} for row in rows)},
    )
    found = check(SPEC, prediction, LocaleSpec("dmy", "."), charges=lambda: Charges(printed))
    failed = {finding.name for finding in found.failures}
    return ["sum_of_lines" in failed, "quantity_times_price" in failed]


def test_the_page_adds_up_lines_as_the_checks_do(admin_page: Page) -> None:
    page = admin_page
    page.goto("/p/demo/inbox/start/?order=age")
    page.wait_for_load_state("networkidle")
    changes = sorted(str(change) for change in Charges(PRINTED).changes([], []))
    cases: list[Any] = [
        [rows, fields, printed]
        for rows in ROWS
        for fields in FIELDS
        for printed in ({}, {"changes": changes, "explained": [["2", "40.00", "81.00"]]}, {"is_stated": True})
    ]
    said = [found[:2] for found in page.evaluate(ADDED, cases)]
    wanted = [
        of_checks(rows, fields, PRINTED if "changes" in printed else [], is_stated="is_stated" in printed)
        for rows, fields, printed in cases
    ]
    for (rows, _, printed), one in zip(cases, wanted, strict=True):  # the server says which rows are explained
        one[1] &= not (printed and rows == ROWS[3])
    assert [case for case, one, other in zip(cases, said, wanted, strict=True) if one != other] == []
    assert {True, False} == {is_off for is_off, _ in wanted} == {is_off for _, is_off in wanted}


HUNDRED = [{"amount": "80.00"}, {"amount": "20.00"}]


@pytest.mark.parametrize(
    ("fields", "printed", "said"),
    [
        ({"net_amount": ["100.00"]}, {}, "Σ 100.00 = net_amount ✓"),
        ({"net_amount": ["100.01"]}, {}, "Σ 100.00 ≈ 100.01 net_amount ✓"),
        ({"total_amount": ["119.00"], "tax_amount": ["12.00", "7.00"]}, {},
         "Σ 100.00 + 19.00 tax_amount = 119.00 total_amount ✓"),
        ({"total_amount": ["124.95"], "tax_amount": ["19.00"]}, {"changes": ["5.95"]},
         "Σ 100.00 + 5.95 + 19.00 tax_amount = 124.95 total_amount ✓"),
        ({"net_amount": ["97.00"]}, {"changes": ["-3.00"]}, "Σ 100.00 − 3.00 = 97.00 net_amount ✓"),
        ({"total_amount": ["120.00"], "tax_amount": ["19.60"], "currency": ["SEK"]}, {},
         "Σ 100.00 + 19.60 tax_amount ≈ 120.00 total_amount ✓"),
        ({"net_amount": ["90.00"]}, {}, "Σ 100.00 ≠ 90.00 net_amount ▲"),
        ({}, {}, "Σ 100.00"),
    ],
)  # fmt: skip
def test_the_sum_says_all_that_makes_it_a_total(
    admin_page: Page, fields: dict[str, list[str]], printed: dict[str, list[str]], said: str
) -> None:
    admin_page.goto("/p/demo/inbox/start/?order=age")
    admin_page.wait_for_load_state("networkidle")
    [[_, _, found]] = admin_page.evaluate(ADDED, [[HUNDRED, fields, printed]])
    assert found == said
