"""What a build shall be learned from, chosen in a browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

FREEZE = ("dataset", "freeze", "--project", "demo", "--name", "Frozen for the form")


def test_where_a_frozen_dataset_is_chosen_nothing_is_selected_of_it(admin_page: Page, installation: Any) -> None:
    page = admin_page
    installation.manage(*FREEZE)
    page.goto("/p/demo/models/runs/new/")
    since, newest, learn_from = (page.get_by_label(name) for name in ("Confirmed since", "The newest", "Learn from"))
    expect(since).to_be_visible()
    page.get_by_label("Version").fill("7.7.7")
    newest.fill("0")  # nonsense, which must not stop the button once it is not shown
    name = learn_from.locator("option", has_text="Frozen for the form").first.inner_text()
    learn_from.focus()
    learn_from.select_option(name)
    expect(since).to_have_count(0)
    expect(page.get_by_role("link", name="Frozen for the form")).to_be_visible()
    expect(page.get_by_label("Version")).to_have_value("7.7.7")
    expect(learn_from).to_be_focused()
    assert page.locator("form:has(#dataset)").evaluate("(form) => form.checkValidity()")
    learn_from.select_option("")
    expect(since).to_be_visible()
