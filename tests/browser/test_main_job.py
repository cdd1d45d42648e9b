"""The main job, as a newcomer does it: upload, look, correct, approve, see the next one read better, fetch it over REST."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor
from tests.installed import wait_for

VENDOR = Vendor(4718, kind="invoice", locale="en-US")


@pytest.fixture
def invoices(tmp_path: Path) -> list[Path]:
    """Two invoices of one vendor that Invex has never seen."""
    files = []
    for number in range(2):
        path = tmp_path / f"unseen-{number}.pdf"
        path.write_bytes(render_pdf(VENDOR.document(number).canvas))
        files.append(path)
    return files


def test_from_upload_to_the_next_document_read_better(admin_page: Page, installation, invoices: list[Path]) -> None:
    page = admin_page
    page.get_by_role("link", name="Batches").click()
    page.locator("#upload-files").set_input_files(invoices)
    page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    rows = page.locator("#batch-live tbody tr")
    expect(rows).to_have_count(2, timeout=30_000)
    expect(page.locator("#batch-live .state-review")).to_have_count(2, timeout=60_000)  # live, without a reload

    page.get_by_role("link", name="unseen-0.pdf").click()
    page.get_by_role("link", name="New template from this").click()
    page.get_by_role("link", name="Make it by a form instead").click()
    page.get_by_label("Name", exact=True).fill("Unseen vendor")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"template=Unseen"))
    label = VENDOR.document(0).label
    for key in ("invoice_number", "invoice_date", "total_amount"):
        page.locator(f"[name='f:{key}:0']").fill(label.fields[key][0].value)
    expect(page.locator("#review-form [name=awaited]")).to_have_value("")  # a moment in which one can have seen it
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.success")).to_contain_text("unseen-0.pdf is approved")

    second = VENDOR.document(1).label
    page.goto("/p/demo/documents/?q=unseen-1")
    read_again = (
        "SELECT id FROM documents_document"
        " WHERE name = 'unseen-1.pdf' AND state = 'review' AND template = 'Unseen vendor'"
    )
    # The memory is refitted, then the document is read again; opening it would hold it back.
    [[number]] = wait_for(lambda: installation.rows(read_again), timeout_s=120)
    page.get_by_role("link", name="unseen-1.pdf").click()
    expect(page.locator("#template-choice")).to_have_value("Unseen vendor")
    for key in ("invoice_number", "invoice_date", "total_amount"):
        expect(page.locator(f"[name='f:{key}:0']")).to_have_value(second.fields[key][0].value)

    # Field and box are one: choosing the field lights its place on the page.
    page.locator("[name='f:invoice_number:0']").focus()
    expect(page.locator("svg rect.chosen").first).to_be_attached()
    expect(page.locator("#review-form [name=awaited]")).to_have_value("")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".message.success")).to_contain_text("unseen-1.pdf is approved")

    token = installation.manage("token", "--project", "demo", "--role", "viewer", "--name", "fetch")
    status, found = installation.get("/api/v1/documents?state=approved&template=Unseen%20vendor", token)
    assert status == 200
    assert len(found["items"]) == 2
    status, result = installation.get(f"/api/v1/documents/{number}/result", token)
    assert status == 200
    assert result["state"] == "approved"
    assert result["by"] == "admin"
    value = result["fields"]["invoice_number"][0]
    assert value["value"] == second.fields["invoice_number"][0].value
    assert value["source"] == "person"
    assert value["boxes"]


def test_clicking_a_word_fills_the_chosen_field(admin_page: Page) -> None:
    page = admin_page
    page.goto("/p/demo/inbox/")
    page.get_by_role("link", name="Start reviewing").click()
    page.wait_for_selector("svg rect.word", state="attached")
    field = page.locator("#review-form .field [data-value]").first
    field.focus()
    word = page.locator(".page").first.locator("svg rect.word").first
    word.click()
    expect(field).not_to_have_value("")
    hidden = field.locator("xpath=following-sibling::input[@data-boxes]")
    assert '"page":0' in hidden.input_value()


def test_wrong_password_is_refused_in_plain_words(page: Page) -> None:
    page.goto("/login/")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
