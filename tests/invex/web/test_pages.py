"""The pages of the shell. Who may see which: test_access_matrix.py."""

from __future__ import annotations

import datetime
import io

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from whitenoise.middleware import WhiteNoiseMiddleware

from invex.accounts.roles import Role
from invex.documents.models import Document
from invex.documents.states import DocumentState


@pytest.fixture
def address(receive, access):
    """address(name) -> the path of a page in project demo; one of a batch or document gets a row that exists."""
    from invex.catalog.services import create_template

    document = receive()
    create_template(access, {"name": "Acme", "fields": [{"key": "number", "type": "id", "label": "Number"}]})
    arguments = {"batch": [document.batch_id], "upload": [document.batch_id], "document": [document.pk]}

    def make(name: str) -> str:
        return reverse(name, args=["demo", *arguments.get(name, [])])

    return make


def test_the_settings_lead_to_the_first_page_that_a_role_may_see(person) -> None:
    client = Client()
    client.force_login(person(Role.OWNER))
    assert client.get("/p/demo/settings/")["Location"] == "/p/demo/settings/members/"
    assert b'href="/p/demo/settings/"' in client.get("/p/demo/").content
    client.force_login(person(Role.REVIEWER))
    assert client.get("/p/demo/settings/")["Location"] == "/p/demo/settings/automation/"
    assert b'href="/p/demo/settings/"' in client.get("/p/demo/").content
    page = client.get("/p/demo/settings/automation/").content
    assert b'href="/p/demo/settings/automation/" aria-current="page"' in page
    assert b'href="/p/demo/settings/members/"' not in page


@pytest.mark.parametrize("name", ["dashboard", "inbox", "batches", "batch", "documents", "document", "templates"])
def test_pages_need_few_queries(name: str, address, person, django_assert_max_num_queries) -> None:
    client = Client()
    client.force_login(person(Role.OWNER))
    with django_assert_max_num_queries(22):
        assert client.get(address(name)).status_code == 200


def test_how_long_the_oldest_waits_may_stand_on_two_lines(receive, person) -> None:
    client = Client()
    client.force_login(person(Role.VIEWER))
    pk = receive().pk
    for minutes, said in ((0, b"under a minute"), (31, b"31 minutes"), (104, b"1 hour")):
        since = timezone.now() - datetime.timedelta(minutes=minutes)
        Document.objects.filter(pk=pk).update(state=DocumentState.REVIEW, created_at=since)
        assert b"<b>%s</b>" % said in client.get("/p/demo/").content


@pytest.mark.parametrize(("language", "day", "moment"), [
    ("en", "2 Mar 2026", "2 Mar 2026, 17:05"), ("de", "02.03.2026", "02.03.2026, 17:05")
])  # fmt: skip
def test_dates_are_short_and_have_one_reading(language: str, day: str, moment: str) -> None:
    at = datetime.datetime(2026, 3, 2, 17, 5)
    with translation.override(language):
        assert {date_format(at, f) for f in ("DATE_FORMAT", "SHORT_DATE_FORMAT")} == {day}
        assert {date_format(at, f) for f in ("DATETIME_FORMAT", "SHORT_DATETIME_FORMAT")} == {moment}


def test_pages_carry_the_content_security_policy(address, person) -> None:
    client = Client()
    client.force_login(person(Role.VIEWER))
    policy = client.get(address("inbox"))["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_a_token_is_shown_once(address, person) -> None:
    client = Client()
    client.force_login(person(Role.OWNER))
    made = client.post(address("tokens"), {"name": "erp", "role": "viewer", "days": "30"})
    assert b"invex_" in made.content
    assert made["Cache-Control"] == "no-store"
    again = client.get(address("tokens")).content.decode()
    assert "erp" in again
    secret = made.content.decode().split('class="mono" readonly value="')[1].split('"')[0]
    assert secret not in again


def test_files_are_uploaded_without_script(address, person) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from invex.documents.models import Document

    client = Client()
    client.force_login(person(Role.REVIEWER))
    answer = client.post(
        address("upload"), {"file": [SimpleUploadedFile("a.pdf", b"%PDF-1"), SimpleUploadedFile("b.pdf", b"%PDF-2")]}
    )
    assert answer.status_code == 302
    assert set(Document.objects.filter(name__in=["a.pdf", "b.pdf"]).values_list("name", flat=True)) == {
        "a.pdf",
        "b.pdf",
    }


@pytest.mark.parametrize("days", ["soon", "-1", "1.5", "9" * 5000])
def test_days_that_are_none_make_no_lasting_token(days: str, address, person) -> None:
    from invex.accounts.models import ApiToken

    client = Client()
    client.force_login(person(Role.OWNER))
    assert client.post(address("tokens"), {"name": "erp", "role": "viewer", "days": days}).status_code == 422
    assert not ApiToken.objects.exists()


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(address, person, settings) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    client = Client()
    client.force_login(person(Role.REVIEWER))
    body = {"file": io.BytesIO(b"x" * 100_000)}
    answer = client.post(address("upload"), body)
    assert (answer.status_code, b"larger than" in answer.content) == (413, True)
    asked = client.post(address("upload"), {"file": io.BytesIO(b"x" * 100_000)}, headers={"Accept": "application/json"})
    assert asked.json()["code"] == "too_large"


def test_a_page_that_is_being_drawn_says_when_to_ask_again(receive, person, run_jobs) -> None:
    from invex.documents.models import Document

    document = receive()
    Document.objects.filter(pk=document.pk).update(page_count=1)
    client = Client()
    client.force_login(person(Role.VIEWER))
    answer = client.get(reverse("page-image", args=["demo", document.pk, 0]))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_errors_of_django_are_pages_of_ours(address, person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(Role.OWNER))
    nowhere = client.get("/p/demo/nowhere/")
    assert (nowhere.status_code, b"There is nothing at this address" in nowhere.content) == (404, True)
    expired = client.post(address("tokens"), {"name": "erp", "role": "viewer"})
    assert (expired.status_code, b"The form has expired" in expired.content) == (403, True)


def test_a_fault_of_ours_is_a_page_that_needs_nothing(address, person, monkeypatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("invex.documents.queries.counts_by_state", broken)
    client = Client(raise_request_exception=False)
    client.force_login(person(Role.OWNER))
    answer = client.get(address("dashboard"))
    assert (answer.status_code, b"on our side" in answer.content) == (500, True)


def test_a_browser_keeps_scripts_and_styles_until_an_update(settings, tmp_path) -> None:
    (tmp_path / "a.css").write_text("p {}")
    settings.STATIC_ROOT = tmp_path
    serve = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404), settings=settings)
    assert "immutable" in serve(RequestFactory().get(f"{settings.STATIC_URL}a.css"))["Cache-Control"]


@pytest.mark.parametrize(
    ("page", "query", "ignored"),
    [
        ("inbox", "state=foo", "state=foo"),
        ("inbox", "order=newest&batch=x", "order=newest, batch=x"),
        ("inbox", "order=age&reason=audit&page=1", ""),
        ("documents", "status=failed&state=failed", "status=failed"),
        ("dashboard", "days=7", "days=7"),
        ("templates", "", ""),
        ("exports", "statuss=done", "statuss=done"),
        ("exports", "q=&state=failed&template=-&batch=", ""),
        ("export-layouts", "q=x", "q=x"),
        ("webhooks", "state=failed", "state=failed"),
        ("webhook-log", "state=failed&page=1&status=failed", "status=failed"),
        ("masterdata", "q=x", "q=x"),
        ("members", "role=owner", "role=owner"),
        ("tokens", "page=2", "page=2"),
        ("models", "state=passed", "state=passed"),
        ("compute", "days=7", "days=7"),
        ("retraining", "days=7", "days=7"),
    ],
)
def test_what_an_address_asks_and_a_page_does_not_know_is_said(address, person, page, query, ignored) -> None:
    client = Client()
    client.force_login(person(Role.OWNER))
    answer = client.get(f"{address(page)}?{query}")
    assert answer.status_code == 200
    said = [str(one) for one in answer.context["messages"]]
    assert said == ([f"The address asks for what this page does not know; it is ignored: {ignored}"] if ignored else [])


def test_a_filter_that_exports_do_not_know_changes_nothing_of_what_is_offered(address, person) -> None:
    client = Client()
    client.force_login(person(Role.OWNER))
    assert client.get(f"{address('exports')}?statuss=done").context["chosen"].state == DocumentState.APPROVED
