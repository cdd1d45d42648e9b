"""What fields say about each other changes which value is likeliest, and only then."""

import pytest

from mlops.learning.decoding import Choice, Ranking
from mlops.learning.relations import relate


def ranking(absent: float, **values: float) -> Ranking:
    choices = tuple(Choice(v.replace("_", "."), p, i) for i, (v, p) in enumerate(values.items()))
    return Ranking(tuple(sorted(choices, key=lambda c: -c.probability)), absent)


def amounts(**values: float) -> Ranking:
    return ranking(max(0.0, 0.9 - sum(values.values())), **{k.removeprefix("a"): p for k, p in values.items()})


def best(ranking: Ranking) -> str:
    return ranking.choices[0].value


def test_a_total_that_adds_up_wins_over_a_likelier_one():
    found = relate(
        {
            "net_amount": amounts(a100_00=0.8),
            "tax_amount": amounts(a19_00=0.7),
            "total_amount": amounts(a69_00=0.6, a119_00=0.3),
        }
    )
    assert best(found["total_amount"]) == "119.00"
    assert found["net_amount"].choices[0].probability > 0.8


def test_an_amount_and_nothing_are_no_sum():
    found = relate(
        {
            "net_amount": amounts(a100_00=0.8),
            "tax_amount": amounts(a0_00=0.3, a19_00=0.3),
            "total_amount": amounts(a100_00=0.4, a119_00=0.3),
        }
    )
    assert best(found["total_amount"]) == "119.00"
    assert best(found["tax_amount"]) == "19.00"


def test_without_a_tax_shipping_is_none():
    found = relate(
        {
            "net_amount": amounts(a105_00=0.7, a100_00=0.15),
            "tax_amount": amounts(a0_00=0.7, a5_00=0.1),
            "total_amount": amounts(a105_00=0.9),
        }
    )
    assert best(found["net_amount"]) == "105.00"
    assert best(found["tax_amount"]) == "0.00"


def test_a_missing_summand_is_found_by_the_sum():
    net = ranking(0.6, **{"100_00": 0.35})
    found = relate({"net_amount": net, "tax_amount": amounts(a19_00=0.8), "total_amount": amounts(a119_00=0.8)})
    assert found["net_amount"].choices[0].probability > found["net_amount"].absent


def test_probabilities_add_up_to_what_they_did():
    before = {
        "net_amount": amounts(a100_00=0.5, a50_00=0.2),
        "tax_amount": amounts(a19_00=0.7, a7_00=0.1),
        "total_amount": amounts(a119_00=0.4, a107_00=0.3),
    }
    for found in relate(before).values():
        # Values beyond the ranking keep the rest.
        assert sum(c.probability for c in found.choices) + found.absent <= 1 + 1e-9
        assert sum(c.probability for c in found.choices) + found.absent == pytest.approx(0.9, abs=0.1)


def test_what_no_relation_speaks_about_stays():
    before = {
        "due_date": ranking(0.1, **{"2024-05-01": 0.9}),
        "currency": ranking(0.0, EUR=1.0),
        "customer_name": ranking(1.0),
        "supplier_name": ranking(0.2, Acme=0.8),
    }
    assert relate(before) == before


def test_nothing_is_due_before_it_was_invoiced():
    found = relate(
        {
            "invoice_date": ranking(0.0, **{"2024-05-01": 1.0}),
            "due_date": ranking(0.05, **{"2024-04-20": 0.6, "2024-05-31": 0.35}),
        }
    )
    assert best(found["due_date"]) == "2024-05-31"
    assert best(found["invoice_date"]) == "2024-05-01"


@pytest.mark.parametrize("customer", ["ACME Trading", "Acme Trading Ltd.", "Trading Ltd"])
def test_nobody_invoices_themselves(customer: str):
    found = relate(
        {
            "supplier_name": ranking(0.0, **{"Acme Trading Ltd": 0.9, "Other": 0.1}),
            "customer_name": ranking(0.0, **{customer: 0.6, "Bolt": 0.4}),
        }
    )
    assert best(found["supplier_name"]) == "Acme Trading Ltd"
    assert best(found["customer_name"]) == "Bolt"


def test_two_parties_that_are_both_likeliest_one_name_are_the_likeliest_two():
    """Each alone would be Acme; together, one of them is somebody else."""
    found = relate(
        {
            "supplier_name": ranking(0.05, Acme=0.84, Printer=0.06),
            "customer_name": ranking(0.03, Acme=0.84, Baumann=0.10),
        }
    )
    assert [best(found[key]) for key in ("supplier_name", "customer_name")] == ["Acme", "Baumann"]
    assert found["customer_name"].choices[0].probability > found["customer_name"].absent
    for one in found.values():
        assert sum(c.probability for c in one.choices) + one.absent <= 1 + 1e-9


def test_one_party_may_be_nobody():
    found = relate({"supplier_name": ranking(0.01, Acme=0.98), "customer_name": ranking(0.45, Acme=0.52)})
    assert best(found["supplier_name"]) == "Acme"
    assert found["customer_name"].absent > found["customer_name"].choices[0].probability
