"""Templates: created, changed, retired, deleted; the vocabulary; who may."""

from __future__ import annotations

import json

import pytest

from invex.accounts.roles import Role
from invex.catalog import queries, services
from invex.catalog.models import Template, TemplateVersion, VocabularyField
from invex.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from invex.kernel.models import AuditEntry, Event
from tests.invex.world import document_in_review, label_of, read_document, template_json, vendor

pytestmark = pytest.mark.django_db

ORDER = {
    "name": "Order",
    "fields": [{"key": "gross_amount", "type": "amount", "label": "Gross amount", "required": True}],
    "tables": [{"key": "line_items", "columns": [{"key": "quantity", "type": "number"}]}],
}


def test_a_template_is_created_with_version_vocabulary_event_and_audit(access):
    row = services.create_template(access, ORDER)
    assert (row.version, row.created_by) == (1, "owner-demo")
    assert queries.vocabulary(access.project) == {
        "gross_amount": "amount",
        "line_items": "table",
        "line_items.quantity": "number",
    }
    assert TemplateVersion.objects.get(template=row).spec == row.spec
    assert Event.objects.get(name="template.changed").subject == str(row.pk)
    assert AuditEntry.objects.filter(action="create", subject="Order", project="demo").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a/b"},
        {"name": "x", "fields": [{"key": "Gross", "type": "amount"}]},
        {"name": "x", "fields": [{"key": "a", "type": "money"}]},
        {"name": "x", "tables": [{"key": "t", "columns": []}]},
        {"name": "x", "rules": [{"kind": "order", "fields": ["a", "b"]}]},
    ],
)
def test_a_wrong_template_is_refused(access, wrong):
    with pytest.raises(BadInput):
        services.create_template(access, wrong)
    assert not VocabularyField.objects.exists()


def test_a_taken_name_is_a_conflict(access):
    services.create_template(access, ORDER)
    with pytest.raises(Conflict) as e:
        services.create_template(access, {"name": "Order"})
    assert e.value.code == "name_taken"


def test_the_same_key_with_another_type_is_a_conflict_that_says_which(access):
    services.create_template(access, ORDER)
    with pytest.raises(Conflict) as e:
        services.create_template(access, {"name": "Two", "fields": [{"key": "gross_amount", "type": "text"}]})
    assert e.value.data["conflicts"] == [{"key": "gross_amount", "type": "amount", "wanted": "text"}]
    with pytest.raises(Conflict):
        services.create_template(access, {"name": "Two", "fields": [{"key": "line_items", "type": "text"}]})
    assert Template.objects.count() == 1


def test_another_project_has_its_own_names_and_types(access, other_access):
    services.create_template(access, ORDER)
    services.create_template(other_access, {"name": "Order", "fields": [{"key": "gross_amount", "type": "text"}]})
    with pytest.raises(NotFound):
        queries.template(access.project, "Elsewhere")


def test_an_update_keeps_the_versions_before_it(access):
    services.create_template(access, ORDER)
    row = services.update_template(access, "Order", {"fields": []}, version=1)
    assert row.version == 2
    assert [v.version for v in row.versions.order_by("version")] == [1, 2]
    assert services.update_template(access, "Order", {"fields": []}).version == 2, "nothing changed: no version"


def test_a_stale_update_is_a_conflict_with_both_versions(access):
    services.create_template(access, ORDER)
    services.update_template(access, "Order", {"fields": []})
    with pytest.raises(Conflict) as e:
        services.update_template(access, "Order", ORDER, version=1)
    assert e.value.data == {"yours": 1, "theirs": 2}


def test_a_template_keeps_its_name(access):
    services.create_template(access, ORDER)
    with pytest.raises(BadInput, match="keeps its name"):
        services.update_template(access, "Order", {**ORDER, "name": "Other"})


def test_the_type_of_a_key_may_change_while_nothing_was_read_with_it(access):
    services.create_template(access, ORDER)
    text = {"fields": [{"key": "gross_amount", "type": "text"}]}
    services.update_template(access, "Order", text)
    assert queries.vocabulary(access.project)["gross_amount"] == "text"
    document = read_document(access, vendor().document(0))
    type(document).objects.filter(pk=document.pk).update(template="Order")
    with pytest.raises(Conflict):
        services.update_template(access, "Order", ORDER)


def test_an_unused_template_is_deleted_a_used_one_retired_and_revived_by_an_update(access):
    services.create_template(access, ORDER)
    assert services.remove_template(access, "Order") is True
    assert not Template.objects.exists()
    row = services.create_template(access, ORDER)
    document = read_document(access, vendor().document(0))
    type(document).objects.filter(pk=document.pk).update(template="Order")
    assert services.remove_template(access, "Order") is False
    assert not queries.templates(access.project).exists()
    assert "Order" not in queries.specs(access.project.pk)
    assert services.update_template(access, "Order", ORDER).retired_at is None
    assert row.pk == Template.objects.get().pk


@pytest.mark.parametrize("role", list(Role))
def test_roles(access, access_as, role):
    services.create_template(access, ORDER)
    someone = access_as(role)
    operations = [
        lambda: services.create_template(someone, {"name": "New"}),
        lambda: services.update_template(someone, "Order", ORDER),
        lambda: services.remove_template(someone, "Order"),
    ]
    for operation in operations:
        if role in (Role.AUTHOR, Role.OWNER):
            operation()
        else:
            with pytest.raises(NotAllowed):
                operation()


def test_the_locale_is_learned_from_a_confirmed_document(access):
    from invex.review.services import confirm

    acme = vendor()
    services.create_template(access, template_json(acme.name))
    document = document_in_review(access, acme.document(0))
    confirm(access, document.pk, label_of(acme.document(0)))
    row = queries.template(access.project, acme.name)
    assert queries.spec(row).locale.decimal == ","
    assert queries.asked(row).locale.decimal is None


class TestRest:
    def post(self, client, body):
        return client.post("/api/v1/templates", json.dumps(body), content_type="application/json")

    def test_create_read_list_update_delete(self, api):
        client = api("author")
        created = self.post(client, ORDER)
        assert created.status_code == 201, created.content
        assert created.headers["Location"] == "/api/v1/templates/Order"
        got = client.get("/api/v1/templates/Order").json()
        assert got == created.json()
        assert got["fields"][0] == {"key": "gross_amount", "type": "amount", "label": "Gross amount", "required": True}
        assert [t["name"] for t in client.get("/api/v1/templates").json()["items"]] == ["Order"]
        put = client.put("/api/v1/templates/Order", json.dumps({"fields": []}), content_type="application/json")
        assert (put.status_code, put.json()["version"]) == (200, 2)
        assert client.delete("/api/v1/templates/Order").status_code == 204
        assert client.get("/api/v1/templates/Order").status_code == 404

    def test_a_used_template_is_retired(self, api, access):
        client = api("author")
        self.post(client, ORDER)
        document = read_document(access, vendor().document(0))
        type(document).objects.filter(pk=document.pk).update(template="Order")
        answer = client.delete("/api/v1/templates/Order")
        assert (answer.status_code, answer.json()["retired"]) == (200, True)
        assert client.get("/api/v1/templates").json()["items"] == []
        assert len(client.get("/api/v1/templates?retired=true").json()["items"]) == 1

    def test_conflicts_and_nonsense(self, api):
        client = api("author")
        assert self.post(client, ORDER).status_code == 201
        assert self.post(client, ORDER).status_code == 409
        other = self.post(client, {"name": "Two", "fields": [{"key": "gross_amount", "type": "text"}]})
        assert (other.status_code, other.json()["code"]) == (409, "type_conflict")
        assert self.post(client, {"name": "Two", "fields": [{"key": "x", "type": "nonsense"}]}).status_code == 422
        assert self.post(client, {"nam": "Two"}).status_code == 422

    def test_who_may(self, api, other_project):
        self.post(api("author"), ORDER)
        assert self.post(api("reviewer"), {"name": "New"}).status_code == 403
        assert api("viewer").get("/api/v1/templates/Order").status_code == 200
        assert api("owner", other_project).get("/api/v1/templates/Order").status_code == 404
        assert api("owner", other_project).get("/api/v1/templates").json()["items"] == []

    def test_the_same_idempotency_key_creates_once(self, api):
        client, headers = api("author"), {"Idempotency-Key": "k1"}
        once = client.post("/api/v1/templates", json.dumps(ORDER), content_type="application/json", headers=headers)
        again = client.post("/api/v1/templates", json.dumps(ORDER), content_type="application/json", headers=headers)
        assert (once.status_code, again.status_code) == (201, 201)
        assert once.json() == again.json()
