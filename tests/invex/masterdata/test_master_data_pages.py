"""The pages of master data, the suggestions of the review, and the REST interface."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invex.accounts.roles import Role
from invex.catalog.services import create_template
from invex.masterdata import queries, services
from invex.masterdata.csv_file import Table

pytestmark = pytest.mark.django_db
CSV = "number;name;iban\n1;Acme Corporation;DE1\n2;=Beta;DE2\n"
TEMPLATE = {
    "name": "Acme",
    "fields": [
        {"key": "supplier", "type": "text"},
        {"key": "iban", "type": "iban"},
        {"key": "total", "type": "amount"},
    ],
    "rules": [
        {
            "kind": "master_data",
            "fields": ["supplier", "iban"],
            "params": {"list": "suppliers", "columns": ["name", "iban"]},
        }
    ],
}


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person(Role.AUTHOR))
    return client


def sent(content: str | bytes = CSV, **fields):
    data = content if isinstance(content, bytes) else content.encode()
    return {"name": "suppliers", "file": SimpleUploadedFile("suppliers.csv", data), **fields}


@pytest.fixture
def suppliers(access):
    rows = (("1", "Acme Corporation", "DE1"), ("2", "Beta", "DE2"))
    services.replace(access, "suppliers", Table(("number", "name", "iban"), rows))


def test_a_list_is_uploaded_looked_at_and_replaced(client, project):
    answer = client.post(reverse("masterdata", args=["demo"]), sent(), follow=True)
    page = answer.content.decode()
    assert "Version 1 of suppliers: 2 rows, 2 added, 0 removed." in page
    assert "Acme Corporation" in page
    address = reverse("masterdata-list", args=["demo", "suppliers"])
    client.post(address, sent(CSV + "3;Gamma;DE3\n"))
    assert queries.master_list(project, "suppliers").version == 2
    assert "Gamma" in client.get(reverse("masterdata-version", args=["demo", "suppliers", 2])).content.decode()
    found = client.get(address, {"column": "name", "q": "acm"}).content.decode()
    assert "Acme Corporation" in found
    assert "Gamma" not in found


def test_the_rules_of_all_templates_are_read_once_for_all_lists(client, access, suppliers, monkeypatch):
    create_template(access, TEMPLATE)
    for name in ("customers", "projects"):
        services.replace(access, name, Table(("number", "name"), (("1", "Acme"),)))
    read = []
    specs = queries.catalog.specs
    monkeypatch.setattr(queries.catalog, "specs", lambda pk: read.append(pk) or specs(pk))
    users = queries.users(access.project)
    assert (users, len(read)) == ({"suppliers": ["Acme"]}, 1)
    page = client.get(reverse("masterdata", args=["demo"])).content.decode()
    assert page.count(reverse("template", args=["demo", "Acme"])) == 1
    assert len(read) == 3, "once for who uses them, once for which of them are missing"


def test_errors_are_told_by_line_and_nothing_changes(client, project):
    answer = client.post(reverse("masterdata", args=["demo"]), sent("number;name\n1;Acme\n1;Beta\n2\n", key="number"))
    assert answer.status_code == 422
    assert "Line 4" in answer.content.decode()
    told = client.post(reverse("masterdata", args=["demo"]), sent("number;name\n1\n2;Beta\n3\n")).content.decode()
    assert "<li>Line 2: 1 values, but 2 columns</li><li>Line 4:" in told
    assert not queries.lists(project).exists()


def test_a_taken_name_and_a_missing_file_are_told(client, suppliers):
    assert "already" in client.post(reverse("masterdata", args=["demo"]), sent()).content.decode()
    answer = client.post(reverse("masterdata", args=["demo"]), {"name": "others"})
    assert answer.status_code == 422


def test_a_download_disarms_formulas(client, project):
    client.post(reverse("masterdata", args=["demo"]), sent())
    answer = client.get(reverse("masterdata-version", args=["demo", "suppliers", 1]), {"download": "1"})
    assert b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[2] == "2,'=Beta,DE2"


def test_who_may_not_author_does_not_upload(person):
    client = Client()
    client.force_login(person(Role.REVIEWER))
    assert client.post(reverse("masterdata", args=["demo"]), sent()).status_code == 403


def test_the_review_is_given_suggestions_for_the_field_that_is_typed(client, access, suppliers):
    create_template(access, TEMPLATE)
    address = reverse("masterdata-suggest", args=["demo"])
    asked = {"template": "Acme", "field": "supplier", "f:supplier:0": "Acme Corporatoin"}
    page = client.get(address, asked).content.decode()
    assert 'data-alternative="Acme Corporation"' in page
    by_iban = {"template": "Acme", "field": "supplier", "f:supplier:0": "illegible", "f:iban:0": "DE 2"}
    found = client.get(address, by_iban, headers={"Accept": "application/json"}).json()["suggestions"]
    assert (found[0]["value"], found[0]["agrees"]) == ("Beta", ["iban"])
    known = {**asked, "f:supplier:0": "Acme Corporation"}
    assert "data-alternative" not in client.get(address, known).content.decode()
    nothing = {**asked, "field": "total"}
    assert client.get(address, nothing, headers={"Accept": "application/json"}).json()["suggestions"] == []


def test_a_list_over_rest(api, project):
    client = api("author")

    def call(method, path, body=None):
        return getattr(client, method)(f"/api/v1{path}", json.dumps(body), content_type="application/json")

    body = {"columns": ["number", "name"], "rows": [["1", "Acme"], ["2", "Beta"]]}
    assert call("put", "/lists/suppliers", body).json() == {"version": 1, "rows": 2, "added": 2, "removed": 0}
    assert client.get("/api/v1/lists/suppliers").json()["key"] == "number"
    assert call("post", "/lists/suppliers/rows", {"rows": [{"number": "3", "name": "Gamma"}]}).json()["rows"] == 3
    assert client.delete("/api/v1/lists/suppliers/rows/1").json()["version"] == 3
    rows = client.get("/api/v1/lists/suppliers/rows").json()["items"]
    assert rows == [{"number": "2", "name": "Beta"}, {"number": "3", "name": "Gamma"}]
    found = client.get("/api/v1/lists/suppliers/look-up", {"column": "name", "q": "gama"}).json()["items"]
    assert found[0]["row"] == {"number": "3", "name": "Gamma"}
    assert client.get("/api/v1/lists/suppliers/look-up", {"column": "town", "q": "x"}).status_code == 404
    assert call("put", "/lists/suppliers", {**body, "rows": [["1"]]}).json()["errors"] == [
        {"where": ["line", 1], "message": "1 values, but 2 columns"}
    ]
    assert api("reviewer").put("/api/v1/lists/x", body, content_type="application/json").status_code == 403
    assert client.delete("/api/v1/lists/suppliers").status_code == 204
    assert client.get("/api/v1/lists").json()["items"] == []
