"""An example that the others contradict is held back until a second one agrees with it, or a person decides."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from fixtures.generator import Synthetic
from invex.accounts.roles import Role
from invex.fields.labels import Label
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.kernel.errors import BadInput, NotFound
from invex.review import services as review
from invex.review.models import ConfirmedLabel
from invex.review.ports import held_examples
from mlops.learning.dataset import Sample
from mlops.learning.predictor import shipped_package
from mlops.memory import contradictions, queries, services
from tests.invex.world import access_to, document_in_review, run_events, vendor

ACME = vendor()
SPEC = TemplateSpec("acme", (FieldSpec("total_amount", "amount"), FieldSpec("invoice_date", "date")))
RIGHT = 6


def label(one: Synthetic, *, is_odd: bool) -> Label:
    """The total and the date of a document; odd: the net amount, as somebody who takes it for the total."""
    fields = one.label.fields
    return Label(template="acme", fields={"total_amount": fields["net_amount" if is_odd else "total_amount"],
                          "invoice_date": fields["invoice_date"]})  # fmt: skip


def samples(odd: set[int], count: int = RIGHT) -> list[Sample]:
    documents = [ACME.document(number) for number in range(count)]
    return [Sample(f"{n}", one.document, label(one, is_odd=n in odd)) for n, one in enumerate(documents)]


class TestContradicted:
    def test_one_at_odds_with_all_others(self):
        found = contradictions.contradicted(shipped_package(), SPEC, samples({5}))
        assert [(one.document, one.field) for one in found] == [("5", "total_amount")]
        assert found[0].labelled == ACME.document(5).label.fields["net_amount"][0].value
        assert found[0].predicted == ACME.document(5).label.fields["total_amount"][0].value

    def test_nobody_is_accused_where_all_agree(self):
        assert contradictions.contradicted(shipped_package(), SPEC, samples(set())) == ()

    def test_two_that_agree_win(self):
        assert contradictions.contradicted(shipped_package(), SPEC, samples({6, 7}, 8)) == ()

    def test_what_a_person_settled_is_not_accused(self):
        assert contradictions.contradicted(shipped_package(), SPEC, samples({5}), settled={"5"}) == ()

    def test_few_examples_accuse_nobody(self):
        assert contradictions.contradicted(shipped_package(), SPEC, samples({3}, 4)) == ()


def confirm(access, number: int, *, is_odd: bool = False) -> ConfirmedLabel:
    one = ACME.document(number)
    said = label(one, is_odd=is_odd)
    document = document_in_review(access, one)
    data = {
        "template": "acme",
        "fields": {
            k: [{"value": v.value, "text": v.text, "boxes": _boxes(v)} for v in vs] for k, vs in said.fields.items()
        },
    }
    found = review.confirm(access, document.pk, data, may_create_template=True)
    run_events()
    return found


def _boxes(value):
    return [{"page": b.page, "box": list(b.box)} for b in value.boxes]


@pytest.fixture(scope="module")
def key_of_held(once) -> int:
    access = access_to("demo", Role.OWNER, name="owner-demo")
    for number in range(5):
        confirm(access, number)
    return confirm(access, 5, is_odd=True).pk


@pytest.fixture
def held(key_of_held) -> ConfirmedLabel:
    """Five that agree, and one that they contradict."""
    return ConfirmedLabel.objects.get(pk=key_of_held)


def entry(access) -> dict:
    return queries.newest(access.project.pk).fitted["acme"]


@pytest.mark.django_db
class TestMemory:
    def test_it_is_held_back_and_a_person_decides(self, access, held, person):
        assert [one["label"] for one in entry(access)["held"]] == [held.pk]
        assert held.document_id not in entry(access)["documents"]
        assert entry(access)["examples"] == 5
        assert queries.revisions_with(access.project.pk, held.document_id), "it is found when it is erased"
        client = Client()
        client.force_login(person(Role.AUTHOR))
        after_approval = f"/p/demo/documents/{held.document_id}/learned/{held.pk}/"
        for page in (after_approval, reverse("template-record", args=["demo", "acme"])):
            shown = client.get(page).content.decode()
            assert "Correct it" in shown
            assert held.label["fields"]["total_amount"][0]["value"] in shown
        address = held_examples(access.project, "acme")[0].address
        client.post(address, {"choice": "keep"})
        run_events()
        assert entry(access)["held"] == []
        assert held.document_id in entry(access)["documents"]
        assert [one.choice for one in held_examples(access.project, "acme")] == ["keep"]
        client.post(address, {"choice": ""})
        run_events()
        assert [one["label"] for one in entry(access)["held"]] == [held.pk], "the decision was taken back"
        services.decide(access, held.pk, "out")
        run_events()
        assert held.document_id not in entry(access)["documents"]
        assert [one.choice for one in held_examples(access.project, "acme")] == ["out"]
        with pytest.raises(NotFound):
            services.decide(access_to("other"), held.pk, "keep")
        with pytest.raises(BadInput):
            services.decide(access, held.pk, "perhaps")

    def test_a_second_one_that_agrees_frees_it_and_a_corrected_one_is_an_example_like_the_others(self, access, held):
        confirm(access, 6, is_odd=True)
        assert entry(access)["held"] == []
        assert entry(access)["examples"] == 7
        right = {
            key: [{"value": v.value, "text": v.text, "boxes": _boxes(v)} for v in values]
            for key, values in label(ACME.document(5), is_odd=False).fields.items()
        }
        review.confirm(access, held.document_id, {"template": "acme", "fields": right})
        run_events()
        assert held.document_id in entry(access)["documents"]
