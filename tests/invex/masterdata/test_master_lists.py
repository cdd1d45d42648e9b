"""Lists: replaced at once as a new version, old values traceable; documents are checked against them."""

from __future__ import annotations

import pytest

from invex.accounts.roles import Role
from invex.catalog.services import create_template, update_template
from invex.documents.models import Document
from invex.extraction.models import Extraction
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from invex.kernel.models import AuditEntry
from invex.masterdata import queries, services
from invex.masterdata.csv_file import Table
from invex.masterdata.models import MasterList, MasterListVersion
from invex.review.services import confirm
from tests.invex.world import access_to, document_in_review, label_of, run_events, template_json, vendor

pytestmark = pytest.mark.django_db
COLUMNS = ("number", "name", "iban")
ROWS = (("1", "Acme", "DE1"), ("2", "Beta", "DE2"))


@pytest.fixture
def suppliers(access) -> MasterList:
    services.replace(access, "suppliers", Table(COLUMNS, ROWS))
    return queries.master_list(access.project, "suppliers")


def held(row: MasterList) -> list[list[str]]:
    return list(queries.rows(row).values_list("values", flat=True))


def test_a_new_list_is_told_apart_by_its_first_column_where_that_differs(access, suppliers):
    assert (suppliers.version, suppliers.row_count, suppliers.key_column) == (1, 2, "number")
    assert AuditEntry.objects.filter(action="change", subject_type="list", subject="suppliers").count() == 1
    services.replace(access, "orders", Table(("supplier", "order"), (("1", "a"), ("1", "b"))))
    assert queries.master_list(access.project, "orders").key_column == ""


def test_a_replacement_changes_what_differs_and_old_values_stay_traceable(access, suppliers):
    made = services.replace(access, "suppliers", Table(COLUMNS, (("2", "Beta", "DE9"), ("3", "Gamma", "DE3"))))
    assert (made.version, made.added, made.removed, made.row_count) == (2, 2, 2, 2)
    suppliers.refresh_from_db()
    assert sorted(held(suppliers)) == [["2", "Beta", "DE9"], ["3", "Gamma", "DE3"]]
    assert sorted(queries.rows_in(suppliers, 1).values_list("values", flat=True)) == [list(r) for r in ROWS]


def test_the_same_content_is_no_new_version(access, suppliers):
    assert services.replace(access, "suppliers", Table(COLUMNS, ROWS)).version == 1
    assert MasterListVersion.objects.count() == 1


def test_other_columns_replace_every_row(access, suppliers):
    services.replace(access, "suppliers", Table(("number", "name"), (("1", "Acme"), ("2", "Beta"))))
    suppliers.refresh_from_db()
    assert (suppliers.columns, held(suppliers)) == (["number", "name"], [["1", "Acme"], ["2", "Beta"]])
    assert queries.index(suppliers).rows_with("name", "beta") == {1}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((("1", "Acme", "DE1"), ("1", "Beta", "DE2")), "Line 2: number '1' is on line 1 already"),
        ((("", "Acme", "DE1"),), "Line 1: number tells rows apart"),
        ((("1", "x" * 501, "DE1"),), "Line 1: name: at most 500 characters"),
        ((("1", "Acme"),), "Line 1: 2 values, but 3 columns"),
    ],
)
def test_one_wrong_row_leaves_the_list_as_it_was(access, suppliers, rows, message):
    with pytest.raises(BadInput) as e:
        services.replace(access, "suppliers", Table(COLUMNS, rows))
    assert message in e.value.message
    suppliers.refresh_from_db()
    assert suppliers.version == 1
    assert held(suppliers) == [list(r) for r in ROWS]


def test_rows_are_added_and_changed_one_by_one(access, suppliers):
    made = services.upsert(access, "suppliers", [{"number": "2", "iban": "DE7"}, {"number": "3", "name": "Gamma"}])
    assert (made.version, made.added, made.removed) == (2, 2, 1)
    assert sorted(held(suppliers)) == [["1", "Acme", "DE1"], ["2", "Beta", "DE7"], ["3", "Gamma", ""]]
    assert services.upsert(access, "suppliers", [{"number": "2", "iban": "DE7"}]).version == 2
    services.remove_rows(access, "suppliers", ["1"])
    assert [values[0] for values in held(suppliers)] == ["2", "3"]
    with pytest.raises(NotFound):
        services.remove_rows(access, "suppliers", ["1"])
    with pytest.raises(BadInput, match="no column 'town'"):
        services.upsert(access, "suppliers", [{"number": "2", "town": "Bonn"}])


def test_authors_change_lists_and_reviewers_read_them(access_as, suppliers):
    with pytest.raises(NotAllowed):
        services.replace(access_as(Role.REVIEWER), "suppliers", Table(COLUMNS, ()))
    with pytest.raises(NotAllowed):
        services.upsert(access_as(Role.REVIEWER), "suppliers", [{"number": "1"}])


def test_another_project_has_its_own_lists(other_access, suppliers):
    with pytest.raises(NotFound):
        services.upsert(other_access, "suppliers", [{"number": "1"}])
    services.replace(other_access, "suppliers", Table(("number",), (("9",),)))
    assert queries.index(suppliers).rows_with("number", "9") == frozenset()


RULE = {
    "kind": "master_data",
    "fields": ["supplier_name", "invoice_number"],
    "params": {"list": "suppliers", "columns": ["name", "last_invoice"]},
}


def test_a_list_that_a_rule_asks_for_is_not_deleted(access, suppliers):
    create_template(access, template_json("Acme", rules=[RULE]))
    with pytest.raises(Conflict):
        services.delete(access, "suppliers")
    update_template(access, "Acme", template_json("Acme"))
    services.delete(access, "suppliers")
    assert not MasterList.objects.exists()


@pytest.mark.parametrize(
    "params",
    [{"list": "suppliers"}, {"columns": ["name", "iban"]}, {"list": "suppliers", "columns": ["name"]}, {"list": ""}],
)
def test_a_rule_says_which_list_and_which_column_of_each_field(access, params):
    with pytest.raises(BadInput):
        create_template(access, template_json("Acme", rules=[{**RULE, "params": params}]))


def checks_of(document: Document) -> dict[str, bool]:
    shown = Extraction.objects.get(document=document, is_current=True)
    values = shown.prediction["fields"]["supplier_name"]
    return {check["name"]: check["ok"] for check in values[0].get("checks", ())}


def test_documents_are_checked_and_checked_again_when_the_list_changes():
    access = access_to("lists")
    seller = vendor()
    one, other = seller.document(0), seller.document(1)
    first = document_in_review(access, one)
    create_template(access, template_json("Acme", rules=[RULE]))
    confirm(access, first.pk, label_of(one, template="Acme"))
    run_events()
    waiting = document_in_review(access, other)
    assert waiting.template == "Acme"
    assert checks_of(waiting)["master_data"] is False  # there is no list yet
    read = Extraction.objects.get(document=waiting, is_current=True).prediction["fields"]
    name, number = read["supplier_name"][0]["value"], read["invoice_number"][0]["value"]
    columns = ("name", "last_invoice")
    services.replace(access, "suppliers", Table(columns, ((name, "1"), ("Beta", number))))
    run_events()
    assert checks_of(waiting)["master_data"] is True
    assert checks_of(waiting)["master_data_combination"] is False
    services.replace(access, "suppliers", Table(columns, ((name.upper(), number), ("Beta", "2"))))
    run_events()
    assert all(ok for check, ok in checks_of(waiting).items() if check.startswith("master_data"))
    shown = Extraction.objects.get(document=waiting, is_current=True)
    assert shown.lists == {"suppliers": 2}
    assert shown.prediction["fields"]["supplier_name"][0]["value"] == name  # never changed to the list's spelling
