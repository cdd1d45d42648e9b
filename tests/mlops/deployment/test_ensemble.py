"""Several builds read together: the mean of what they hold for likely, never a vote on texts."""

from __future__ import annotations

import pytest

from invex.accounts.roles import Role
from invex.extraction.models import Extraction
from invex.fields.prediction import Alternative, Prediction, TemplateMatch, Value
from mlops.deployment.ensemble import Ensemble, combine, pooled_rows, pooled_template, pooled_values
from tests.invex.world import access_to, document_in_review, vendor
from tests.mlops.factory import build, deploy, ml_admin


def value(text: str, confidence: float, *others: tuple[str, float]) -> tuple[Value, ...]:
    return (Value(text, text, confidence, alternatives=tuple(Alternative(t, c) for t, c in others)),)


def test_the_likeliest_on_average_wins_although_one_is_surer_of_another():
    said = [value("1", 0.6, ("2", 0.4)), value("2", 0.7, ("1", 0.2)), value("2", 0.5, ("1", 0.4))]
    (found,) = pooled_values(said)
    assert found.value == "2"
    assert found.confidence == pytest.approx((0.4 + 0.7 + 0.5) / 3)
    assert [(a.value, round(a.confidence, 3)) for a in found.alternatives] == [("1", 0.4)]


def test_a_sure_member_is_heard_where_the_other_finds_nothing_and_a_doubtful_one_is_not():
    assert pooled_values([value("1", 0.95), ()])[0].confidence == pytest.approx(0.475)
    assert pooled_values([value("1", 0.6), ()]) == ()
    assert pooled_values([(), ()]) == ()


def test_values_of_a_field_that_repeats_are_judged_each_for_itself():
    both = (*value("1", 0.9), *value("2", 0.8))
    assert [v.value for v in pooled_values([both, value("1", 0.9)])] == ["1"]
    assert [v.value for v in pooled_values([both, both])] == ["1", "2"]


def test_rows_are_the_surest_members_and_agreement_counts():
    def row(quantity, c):
        return {"quantity": value(quantity, c)[0]}

    (found,) = pooled_rows([(row("4", 0.9),), (row("4", 0.7),), (row("4", 0.5), row("5", 0.5))])
    assert (found["quantity"].value, found["quantity"].confidence) == ("4", pytest.approx(0.8))
    (torn,) = pooled_rows([(row("4", 0.9),), (row("5", 0.7),)])
    assert torn["quantity"].confidence == pytest.approx(0.45)


def test_the_template_is_the_likeliest_on_average_or_none():
    assert pooled_template([TemplateMatch("A", 0.9), TemplateMatch("B", 0.6), TemplateMatch("A", 0.7)]).name == "A"
    assert pooled_template([TemplateMatch("A", 0.8), TemplateMatch(None, 0.1)]).name is None


class Member:
    def __init__(self, build: str, template: str, text: str) -> None:
        self.build, self.template, self.text, self.asked = build, template, text, []

    def predict(self, document, *, template=None):
        self.asked.append(template)
        name = template or self.template
        return Prediction(
            TemplateMatch(name, 0.9), {"number": value(f"{name}:{self.text}", 0.9)}, {}, {"build": self.build}
        )


def test_a_member_that_took_it_for_another_template_is_asked_again():
    members = [Member("m1", "A", "1"), Member("m2", "A", "1"), Member("m3", "B", "1")]
    found = Ensemble(members).predict(None)
    assert members[2].asked == [None, "A"]
    assert found.template.name == "A"
    assert found.fields["number"][0].confidence == pytest.approx(0.9)
    assert found.model["build"] == "m1+m2+m3"


def test_the_mean_of_equal_members_is_each_of_them():
    one = Prediction(TemplateMatch("A", 0.9), {"number": value("1", 0.8)}, {}, {})
    assert combine([one, one]).fields == one.fields


@pytest.mark.django_db
def test_an_ensemble_reads_documents_under_the_names_of_its_members():
    access = ml_admin()
    first, second = build(access, 1), build(access, 2)
    deploy(access, first, second, mode="ensemble")
    document = document_in_review(access_to("acme", Role.AUTHOR), vendor().document(0))
    assert Extraction.objects.get(document=document).build == f"{first.name}+{second.name}"
