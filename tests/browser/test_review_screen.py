"""The review screen in a real browser: keys, undo, drafts over a crash, two people, conflicts, the grid."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.installed import PASSWORD, wait_for

WORD = "svg rect.word"
DEMO = re.compile(r"Purchase order|.* invoice")  # its templates


def open_first(page: Page, *, order: str = "age") -> str:
    """Open the first document of the queue, wait for its words and for what was learned since; return its address."""
    page.goto(f"/p/demo/inbox/start/?order={order}")
    page.wait_for_load_state("networkidle")  # else it changes between two looks at it
    page.wait_for_selector(WORD, state="attached")
    return page.url


def open_invoice(page: Page, installation: Any, *, name: str = "%", template: str = "% invoice") -> str:
    """Open the first such document of the demo, again where it was approved; return its address."""
    wanted = f"template LIKE '{template}' AND name LIKE '{name}'"
    [[example]] = installation.rows(f"SELECT MIN(id) FROM documents_document WHERE {wanted}")
    address = f"/p/demo/documents/{example}/"
    page.goto(address)
    if page.get_by_role("button", name="Open again").is_visible():
        page.get_by_role("button", name="Open again").click()
        expect(page.get_by_role("button", name="Approve")).to_be_visible()  # the page that was left has words, too
    page.wait_for_selector(WORD, state="attached")
    return address


def field(page: Page, number: int = 0) -> Any:
    return page.locator("#review-form .field").nth(number).locator("[data-value]").first


def numbered(page: Page, number: int) -> Any:
    """The field that Alt with the number leads to."""
    return (
        page.locator("#review-form .field", has=page.locator(f"[data-number='{number}']")).locator("[data-value]").first
    )


def approve(page: Page) -> str:
    """Approve the document at hand; return the address of the one that comes then."""
    before = page.url
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != before)
    return page.url


def can_be_seen(page: Page) -> None:
    """Wait until what came into the page has stood there for a moment: before that nothing is approved."""
    expect(page.locator("#review-form [name=awaited]")).to_have_value("")


def open_again(page: Page, address: str) -> None:
    """Open a document that was approved again, for the tests after this one."""
    page.goto(address)
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()


def need_count(page: Page) -> int:
    """How often the page says that it needs its person."""
    found = re.match(r"▲ (\d+) need", page.locator("[data-need]").inner_text())
    return int(found[1]) if found else 0


def draft_is_kept(page: Page) -> None:
    expect(page.locator("[data-kept]")).to_contain_text("draft kept", timeout=5000)


def start_anew(page: Page, address: str) -> None:
    """Leave the document as it was read: what was typed on it is kept, and thrown away."""
    draft_is_kept(page)
    page.goto(address)
    page.get_by_role("button", name="Start anew").click()


@pytest.fixture
def second_page(browser: Any, installation: Any, browser_context_args: dict[str, Any]) -> Any:
    """A browser of somebody else."""
    installation.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from invex.accounts.models import *\n"
        "user, new = User.objects.get_or_create(username='bob', defaults={'is_active': True})\n"
        f"user.set_password('{PASSWORD}'); user.knows_keys = True; user.save()\n"
        "Membership.objects.get_or_create(project=Project.objects.get(slug='demo'), user=user, role='reviewer')",
    )
    context = browser.new_context(**browser_context_args)
    page = context.new_page()
    page.goto("/login/")
    page.get_by_label("Name").fill("bob")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()


def test_keys_lead_through_the_document(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(numbered(page, 2)).to_be_focused()
    page.keyboard.press("Alt+3")
    expect(numbered(page, 3)).to_be_focused()
    page.keyboard.press("Alt+?")
    keys = page.get_by_role("dialog")
    expect(keys.get_by_text("second and third candidate")).to_be_visible()
    expect(keys.get_by_text("split the row")).to_be_hidden()  # valid in the line items only
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+g")
    expect(page.locator("[data-grid] td:focus")).to_have_count(1)
    page.keyboard.press("Alt+?")
    expect(keys.get_by_text("split the row")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+1")
    page.keyboard.press("F1")
    expect(keys.get_by_text("second and third candidate")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys that work here").focus()  # outside of inputs Alt does no harm
    page.keyboard.press("Alt+G")
    expect(page.locator("[data-grid] td:focus")).to_have_count(1)
    page.keyboard.press("Alt+l")
    expect(page.locator("#later-days")).to_be_focused()


def test_signs_that_a_keyboard_has_behind_alt_are_typed(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    press = (
        "(input, key) => !input.dispatchEvent(new KeyboardEvent('keydown', "
        "{key, code: 'KeyL', altKey: true, bubbles: true, cancelable: true}))"
    )
    field(page).focus()
    for typed in ("@", "ł"):
        assert not field(page).evaluate(press, typed)
    assert field(page).evaluate(press, "¬")  # what a Mac makes of Alt+L where nothing stands behind it
    expect(page.locator("#later-days")).to_be_focused()


def test_arrows_go_through_the_lines_of_a_value_before_its_candidates(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    value, typed = field(page), "A long name of a company " * 8
    value.fill(typed.strip())
    candidate = '<div class="alternatives"><button type="button" data-alternative="Other">Other</button></div>'
    value.evaluate(
        "(input, html) => { const value = input.closest('.value'); value.querySelector('.alternatives')?.remove();"
        " value.insertAdjacentHTML('beforeend', html); }",
        candidate,
    )
    value.evaluate("(input) => input.setSelectionRange(3, 3)")
    page.keyboard.press("ArrowDown")
    expect(value).to_have_value(typed.strip())
    assert value.evaluate("(input) => input.selectionStart") > 3
    value.evaluate("(input) => input.setSelectionRange(input.value.length - 3, input.value.length - 3)")
    page.keyboard.press("ArrowDown")
    expect(value).to_have_value("Other")
    page.keyboard.press("ArrowUp")
    expect(value).to_have_value(typed.strip())
    start_anew(page, address)


def test_undo_goes_back_over_clicks_typing_and_the_grid(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    first, second = field(page, 0), field(page, 1)
    was = [first.input_value(), second.input_value()]
    first.focus()
    page.locator(".page").first.locator(WORD).nth(3).click()
    second.fill("typed by hand")
    cell = page.locator("[data-grid] td[data-column='1']").first
    quantity = cell.inner_text()
    cell.click()
    page.keyboard.type("77")
    page.keyboard.press("Enter")
    expect(cell).to_have_text("77")
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(cell).to_have_text(quantity)
    expect(second).to_have_value(was[1])
    expect(first).to_have_value(was[0])
    for _ in range(3):
        page.keyboard.press("Control+Shift+z")
    expect(cell).to_have_text("77")
    expect(second).to_have_value("typed by hand")
    draft_is_kept(page)
    page.reload()
    page.get_by_role("button", name="Start anew").click()
    expect(field(page, 1)).to_have_value(was[1])


def test_a_click_fills_the_field_and_says_what_it_means(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    date = page.locator("[data-field='invoice_date'] [data-value]").first
    printed = page.locator("[data-field='invoice_date'] [data-text]").first.input_value()
    value = date.input_value()
    date.fill("")
    date.type(printed)
    meaning = page.locator("[data-field='invoice_date'] [data-meaning]").first
    expect(meaning).to_contain_text(f"read as {value}")
    expect(page.locator("svg rect.value.chosen").first).to_be_attached()  # what is typed found its box
    page.keyboard.press("Escape")
    expect(date).to_have_value(value)


def test_typing_survives_a_crash_of_the_browser(admin_page: Page, second_page: Page, context: Any) -> None:
    page = admin_page
    address = open_first(page)
    field(page, 1).fill("NOT-SAVED-1")
    draft_is_kept(page)
    # The page ends without a farewell.
    page.route("**/presence/", lambda route: route.abort())
    page.route("**/draft/", lambda route: route.abort())
    fresh = context.new_page()
    fresh.goto(address)
    expect(field(fresh, 1)).to_have_value("NOT-SAVED-1")
    expect(fresh.get_by_text("Your unsaved work")).to_be_visible()
    fresh.get_by_role("button", name="Start anew").click()


def test_two_people_get_different_documents_and_see_each_other(admin_page: Page, second_page: Page) -> None:
    mine, theirs = open_first(admin_page), open_first(second_page)
    assert mine != theirs
    second_page.goto(mine)
    expect(second_page.get_by_text("admin is at this document")).to_be_visible()
    expect(field(second_page)).to_be_disabled()
    admin_page.goto("/p/demo/")  # closing the page gives the document back
    second_page.wait_for_timeout(500)
    second_page.goto(mine)
    expect(field(second_page)).to_be_enabled()
    second_page.goto("/p/demo/")


def test_the_grid_adds_splits_merges_and_sums(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    rows = page.locator("[data-grid] tbody tr")
    count = rows.count()
    columns = json.loads(page.locator("[data-grid]").get_attribute("data-columns") or "")
    description, amount = ([column["key"] for column in columns].index(key) for key in ("description", "amount"))
    first = rows.first.locator(f"td[data-column='{description}']")
    text = first.inner_text()
    first.click()
    page.keyboard.press("Alt+Insert")
    expect(rows).to_have_count(count + 1)
    page.keyboard.press("Home")
    for _ in range(description):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("added")
    page.keyboard.press("Tab")
    first.click()
    page.keyboard.press("Alt+m")
    expect(rows).to_have_count(count)
    expect(first).to_have_text(f"{text} added")
    page.keyboard.press("F2")
    page.keyboard.press("End")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Alt+s")
    expect(rows).to_have_count(count + 1)
    expect(first).to_have_text(text)
    page.keyboard.press("Alt+Delete")
    expect(rows).to_have_count(count)
    sums = page.locator("[data-sums]")
    was = sums.inner_text()
    rows.first.locator(f"td[data-column='{amount}']").click()
    page.keyboard.type("12")
    expect(sums).not_to_have_text(was)  # while it is typed
    page.keyboard.press("Escape")
    expect(sums).to_have_text(was)
    draft_is_kept(page)
    page.reload()
    page.get_by_role("button", name="Start anew").click()


def last_cells(rows: Locator) -> set[str]:
    """What the last cells say, without the symbols of what needs a look."""
    return {text.split("\t")[-1].strip("▲✗✓ ") for text in rows.all_inner_texts()}


def test_the_rest_of_a_table_is_read_like_its_first_row(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    rows = page.locator("[data-grid] tbody tr")
    count = rows.count()
    amounts = last_cells(rows)
    rows.first.locator("td[data-column='0']").click()
    page.keyboard.press("ArrowDown")
    for _ in range(count - 1):
        page.keyboard.press("Alt+Delete")
    expect(rows).to_have_count(1)
    page.keyboard.press("Alt+f")
    expect(rows).not_to_have_count(1)
    # Subtotals between the rows are taken for rows, too: a person deletes them (docs/reviewing.md).
    assert amounts <= last_cells(rows)
    draft_is_kept(page)
    page.reload()
    page.get_by_role("button", name="Start anew").click()


def test_who_is_slower_sees_both_and_chooses(admin_page: Page, second_page: Page) -> None:
    address = open_first(admin_page)
    name = admin_page.locator("#review-form .field").nth(1).get_attribute("data-field")
    mine = admin_page.locator(f"[data-field='{name}'] [data-value]").first
    mine.fill("MINE-1")
    draft_is_kept(admin_page)
    second_page.goto(address)
    second_page.get_by_role("button", name="Take it over").click()
    theirs = second_page.locator(f"[data-field='{name}'] [data-value]").first
    theirs.fill("THEIRS-1")
    can_be_seen(second_page)
    second_page.keyboard.press("Control+Enter")
    second_page.wait_for_url(lambda url: url != address)
    admin_page.keyboard.press("Control+Enter")
    expect(admin_page.get_by_text("bob saved this document meanwhile")).to_be_visible()
    expect(mine).to_have_value("MINE-1")
    admin_page.locator(f"[data-field='{name}']").get_by_role("button", name="THEIRS-1").click()
    expect(mine).to_have_value("THEIRS-1")
    can_be_seen(admin_page)
    admin_page.get_by_role("button", name="Approve mine").click()
    expect(admin_page.locator(".message.success")).to_contain_text("is approved")
    expect(admin_page.locator(".learned")).to_contain_text(re.compile("Learn"))
    admin_page.goto(address)
    expect(admin_page.get_by_role("button", name="Open again")).to_be_visible()  # and nothing is left to choose


def test_approve_is_one_key_and_stands_on_the_first_screen_of_a_telephone(admin_page: Page) -> None:
    page = admin_page
    page.set_viewport_size({"width": 390, "height": 844})
    address = open_first(page)
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()
    assert page.locator(".decide .left").evaluate(
        "(e) => e.clientHeight < 2 * parseFloat(getComputedStyle(e).fontSize)"
    )
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != address)
    expect(page.locator(".message.success")).to_contain_text("is approved")


def test_the_tour_of_the_keys_comes_once_and_again_when_asked(admin_page: Page, installation: Any) -> None:
    page, tour = admin_page, admin_page.locator("#tour")
    installation.manage(
        "shell", "-v", "0", "-c", "from invex.accounts.models import User; User.objects.update(knows_keys=False)"
    )
    open_first(page)
    expect(tour).to_be_visible()
    step = page.locator("#tour [data-step]:visible")
    expect(step).to_be_focused()
    serious = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert not serious
    page.keyboard.press("ArrowRight")
    expect(step.get_by_role("heading")).to_have_text("From the page into the field")
    expect(page.locator("#pages")).to_have_class(re.compile(r"\blit\b"))
    with page.expect_response("**/account/keys-known/"):
        page.keyboard.press("Escape")
    expect(page.locator("#review-form").locator("[data-value]:focus, td:focus")).to_have_count(1)  # ready to work
    page.reload()
    page.wait_for_selector(WORD, state="attached")
    expect(tour).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("button", name="Show me the keys step by step").click()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(tour).to_be_hidden()


def test_thumbnails_lead_to_a_page_by_mouse_and_by_keyboard(admin_page: Page, installation: Any) -> None:
    page = admin_page
    [[several]] = installation.rows(
        "SELECT MIN(id) FROM documents_document WHERE page_count > 1 AND state IN ('review', 'approved')"
    )
    page.goto(f"/p/demo/documents/{several}/")
    page.wait_for_selector(WORD, state="attached")
    first, second = (page.get_by_role("button", name=f"To page {number}") for number in (1, 2))
    second.click()
    expect(second).to_have_attribute("aria-current", "page")
    expect(page.locator(".page[data-page='1']")).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-current", "page")


def test_axe_finds_nothing_serious(admin_page: Page) -> None:
    for address in ("/p/demo/inbox/", open_first(admin_page), "/p/demo/documents/"):
        admin_page.goto(address)
        admin_page.wait_for_load_state("networkidle")
        found = Axe().run(admin_page).response["violations"]
        serious = [
            (v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found if v["impact"] in ("serious", "critical")
        ]
        assert not serious, address


def test_rejecting_and_postponing_need_no_mouse(admin_page: Page) -> None:
    page = admin_page
    address = open_first(page)
    name = page.locator("h1").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("not an invoice")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != address)
    expect(page.locator(".message.success")).to_contain_text(f"{name} was rejected")
    page.goto(address)
    expect(page.get_by_text("Rejected: not an invoice")).to_be_visible()
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_text("Rejected: not an invoice")).to_have_count(0)
    address = open_first(page)
    page.keyboard.press("Alt+l")
    page.keyboard.press("ArrowDown")  # 3 days
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != address)
    expect(page.locator(".message.success")).to_contain_text("comes back on")


def test_enter_in_a_field_decides_nothing_even_where_no_script_runs(admin_page: Page) -> None:
    page = admin_page
    page.route("**/js/**", lambda route: route.abort())
    page.goto("/p/demo/inbox/start/?order=age")
    posts = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    field(page, 1).press("Enter")
    page.locator("summary", has_text="Reject").click()
    page.get_by_label("Why (may be empty)").press("Enter")
    page.wait_for_timeout(300)
    assert not posts


def test_values_that_do_not_agree_need_the_person_and_one_more_approval(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    net, total = (page.locator(f"[data-field='{key}']") for key in ("net_amount", "total_amount"))
    net.locator("[data-value]").first.fill("99999.99")
    total.locator("[data-value]").first.fill("99999.99")
    page.locator("[data-field='tax_amount'] [data-value]").first.fill("12.00")
    expect(total.locator("[data-fails-why]")).to_contain_text("but")
    expect(total).to_have_class(re.compile(r"\bwrong\b"))
    expect(page.locator("[data-need]")).to_contain_text("need you")
    net.locator("[data-value]").first.fill("99987.99")
    expect(total.locator("[data-fails-why]")).to_be_hidden()
    asked: list[Any] = []
    page.route("**/meaning/?*text=1.00*", lambda route: asked.append(route), times=1)
    with page.expect_request("**/meaning/?*text=1.00*"):
        net.locator("[data-value]").first.fill("1.00")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Not approved yet")).to_be_visible()
    place = {"text": "1.00", "boxes": [{"page": 0, "box": [0.1, 0.1, 0.2, 0.2]}]}
    asked.pop().fulfill(json={"value": "1.00", "error": "", "others": [], "places": [place]})
    page.wait_for_timeout(100)  # an answer for the page that was left, which is nothing to undo
    bar = page.locator(".decide").bounding_box()
    why = net.locator(".why.wrong:visible").first.bounding_box()
    assert why["y"] + why["height"] <= bar["y"], "why it is not approved is hidden by the bar"
    expect(total.locator("[data-value]").first).to_have_value("99999.99")
    page.keyboard.press("Control+z")  # also what was typed before the approval was refused
    expect(net.locator("[data-value]").first).to_have_value("99999.99")
    page.keyboard.press("Control+Shift+z")
    expect(net.locator("[data-value]").first).to_have_value("1.00")
    expect(page.locator("[data-doubt]").first).to_be_visible()
    net.locator("[data-value]").first.fill("99987.99")
    expect(page.locator("[data-doubt]", has_text="Total amount").first).to_be_hidden()  # it is true no more
    expect(total.locator(".why.wrong:visible")).to_have_count(0)  # the net amount is still not that of the line items
    expect(total).not_to_have_class(re.compile(r"\bwrong\b"))
    net.locator("[data-value]").first.fill("2.00")
    expect(total.locator("[data-fails-why]")).to_contain_text("but")
    draft_is_kept(page)
    page.goto(address)  # what was typed is kept, with what fails on it
    expect(total.locator("[data-fails-why]")).to_contain_text("but")
    expect(total.locator(".mark").first).to_have_text("✗")
    page.get_by_role("button", name="Start anew").click()  # given up for the tests after this one


def test_what_is_no_value_is_marked_until_it_is_one_also_when_its_draft_is_opened_again(
    admin_page: Page, installation: Any
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    net = page.locator("[data-field='net_amount']")
    value, mark, why = net.locator("[data-value]").first, net.locator(".mark").first, net.locator("[data-fails-why]")
    was, needed = value.input_value(), need_count(page)

    def is_marked() -> None:
        expect(mark).to_have_text("✗")
        expect(net).to_have_class(re.compile(r"\bwrong\b"))
        expect(net.locator(".why.wrong:visible")).to_have_text("✗ 'g' is not an amount such as 5625.00")
        expect(page.locator("[data-sums]")).not_to_contain_text("Net amount")
        assert need_count(page) == needed + 1

    value.fill("g")
    is_marked()
    value.press("Enter")  # which makes no value of it
    is_marked()
    draft_is_kept(page)
    is_marked()
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    is_marked()
    expect(value).to_be_focused()
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Some values are not understood")).to_be_visible()
    is_marked()
    expect(value).to_be_focused()
    page.keyboard.type(was)
    expect(why).to_be_hidden()
    expect(mark).to_have_text("✓")
    assert need_count(page) == needed
    start_anew(page, address)


def test_what_the_document_prints_nowhere_is_said_as_it_is_typed_and_needs_nobody(
    admin_page: Page, installation: Any
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    number = page.locator("[data-field='invoice_number']")
    value, said = number.locator("[data-value]").first, number.locator("[data-nowhere]")
    was, needed = value.input_value(), need_count(page)
    value.fill("QX-0815")
    expect(said).to_be_visible()
    expect(said).to_contain_text("not found on the document")
    assert need_count(page) == needed
    value.fill(was)
    expect(said).to_be_hidden()
    value.fill("QX-0815")
    expect(said).to_be_visible()
    page.locator(".page").first.locator(WORD).nth(3).click()  # its place, which is as good as any
    expect(said).to_be_hidden()
    cell = page.locator("[data-grid] td.text").first
    cell.click()
    page.keyboard.type("Quixotry")
    page.keyboard.press("Tab")
    expect(cell).to_have_class(re.compile(r"\bnowhere\b"))
    expect(page.locator("[data-cell-nowhere]")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("[data-cell-nowhere]")).to_be_visible()
    draft_is_kept(page)
    page.goto(address)
    expect(cell).to_have_class(re.compile(r"\bnowhere\b"))
    page.get_by_role("button", name="Start anew").click()


def test_a_cell_that_is_not_right_is_marked_while_one_types(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    amount = page.locator("[data-grid] tbody tr").first.locator("td.number").last
    was = amount.inner_text()
    amount.click()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    expect(amount.locator(".mark-wrong")).to_have_text("✗")
    expect(amount).to_have_attribute("title", re.compile("many"))
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-cell-why]")).to_contain_text("many")
    page.keyboard.press("Control+z")
    expect(amount).to_have_text(was)
    expect(page.locator("[data-cell-why]")).to_be_hidden()
    start_anew(page, address)


def test_enter_in_the_grid_says_that_a_cell_is_right_and_goes_on(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    grid, rows = page.locator("[data-grid]"), page.locator("[data-grid] tbody tr")
    count, amounts = rows.count(), rows.locator("td.number:last-child")
    amounts.first.click()
    page.keyboard.type("many")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("several")
    page.keyboard.press("Tab")
    for number in range(2):
        expect(amounts.nth(number).locator(".mark-wrong")).to_be_visible()
    field(page).focus()
    page.keyboard.press("Alt+g")
    expect(amounts.first).to_be_focused()
    draft_is_kept(page)
    page.goto(address)  # opened again, the page begins where somebody is needed first
    needy = page.locator("#review-form").locator(".field.needs, .field.wrong, [data-grid]").first
    expect(needy.locator("*:focus")).to_have_count(1)
    page.wait_for_selector(WORD, state="attached")
    field(page).focus()
    page.keyboard.press("Alt+g")
    expect(amounts.first).to_be_focused()
    page.locator(".fields").evaluate("(e) => { e.scrollTop = 0; }")
    expect(amounts.first).not_to_be_in_viewport()
    page.keyboard.press("Enter")  # what cannot be seen is shown first
    expect(amounts.first).to_be_in_viewport()
    expect(amounts.first).to_be_focused()
    expect(amounts.first.locator(".mark-wrong")).to_be_visible()
    needed = need_count(page)
    marked = page.locator("#review-form .field.needs, #review-form .field.wrong, td .mark-wrong, td .mark-look")
    assert needed == marked.count()
    page.keyboard.press("Enter")
    assert need_count(page) == needed - 1
    expect(amounts.nth(1)).to_be_focused()
    expect(amounts.first.locator(".mark-person")).to_be_visible()
    expect(amounts.nth(1).locator(".mark-wrong")).to_be_visible()
    expect(grid).to_have_class(re.compile("needs"))
    page.keyboard.press("Enter")
    expect(grid).not_to_have_class(re.compile("needs"))
    expect(grid.locator(":focus")).to_have_count(0)
    draft_is_kept(page)
    expect(grid).not_to_have_class(re.compile("needs"))  # the check still fails: somebody has said that it is right
    rows.first.locator("td[data-column='0']").click()
    page.keyboard.press("F2")
    expect(rows.first.locator("td[data-column='0'] :is(input, textarea)")).to_be_focused()
    page.keyboard.press("Enter")  # after typing a row down
    expect(rows.nth(1).locator("td[data-column='0']")).to_be_focused()
    rows.last.locator("td[data-column='0']").click()
    page.keyboard.press("F2")
    page.keyboard.press("Enter")
    expect(grid.locator(":focus")).to_have_count(0)
    expect(rows).to_have_count(count)
    start_anew(page, address)


def test_what_is_said_of_a_whole_table_is_not_read_by_changing_one_cell(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    grid, rows = page.locator("[data-grid]"), page.locator("[data-grid] tbody tr")
    expect(grid).not_to_have_class(re.compile("needs"))
    said = "(section) => section.querySelector('h2').insertAdjacentHTML('afterend', '<p data-remark>▲ Rows are missing.</p>')"
    grid.evaluate(said)
    rows.first.locator("td[data-column='0']").click()
    page.keyboard.type("Something else")
    page.keyboard.press("ArrowDown")
    expect(rows.first.locator("td[data-column='0']")).to_contain_text("Something else")
    expect(grid).to_have_class(re.compile("needs"))
    rows.last.locator("td[data-column='0']").click()
    page.keyboard.press("Enter")
    expect(grid).not_to_have_class(re.compile("needs"))
    draft_is_kept(page)
    page.goto(address)
    grid.evaluate(said)
    rows.first.locator("td[data-column='0']").click()
    page.keyboard.press("Alt+Delete")
    expect(grid).not_to_have_class(re.compile("needs"))
    start_anew(page, address)


def test_where_nothing_is_filled_in_it_is_asked_about_once(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    empty, said = page.locator("[data-empty]"), page.locator("[data-need]")
    expect(empty).to_be_hidden()
    for value in page.locator("[data-value]").all():
        value.fill("")
    expect(empty).to_be_hidden()  # there are rows
    page.keyboard.press("Alt+g")
    for _ in range(page.locator("[data-grid] tbody tr").count()):
        page.keyboard.press("Alt+Delete")
    expect(empty).to_be_visible()
    expect(said).to_have_text("▲ 1 needs you")
    draft_is_kept(page)
    page.goto(address)
    expect(empty).to_be_visible()
    needed = need_count(page)
    assert needed >= 1
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-kept]")).to_contain_text("nothing was read there")
    assert page.url.endswith(address), "it is approved without a word"
    field(page).fill("something")
    expect(empty).to_be_hidden()
    start_anew(page, address)


def test_a_table_in_which_no_row_was_read_is_gone_to_and_asked_about(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    grid = page.locator("[data-grid]")
    rows, frame = grid.locator("tbody tr"), grid.locator("[data-frame]")
    grid.locator("td").first.click()
    for _ in range(rows.count()):
        page.keyboard.press("Alt+Delete")
    draft_is_kept(page)
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    page.wait_for_load_state("networkidle")
    field(page).focus()
    page.keyboard.press("Alt+g")
    expect(frame).to_be_focused()
    page.keyboard.press("Alt+Insert")
    expect(rows).to_have_count(1)
    expect(rows.locator("td").first).to_be_focused()
    page.keyboard.press("Alt+Delete")
    expect(frame).to_be_focused()
    draft_is_kept(page)
    page.goto(address)
    if grid.locator("[data-lacking]").count() == 0:
        said = "(section) => section.querySelector('h2').insertAdjacentHTML('afterend', '<p data-remark data-lacking>▲ No row was read.</p>')"
        grid.evaluate(said)
    field(page).fill("something")  # which counts anew what needs somebody
    expect(grid).to_have_class(re.compile("needs"))
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-kept]")).to_contain_text("nothing was read there")
    expect(frame).to_be_focused()
    page.keyboard.press("Alt+Insert")
    expect(grid.locator("[data-lacking]")).to_be_hidden()
    expect(grid).not_to_have_class(re.compile("needs"))
    start_anew(page, address)


def test_a_column_that_is_empty_and_never_was_is_gone_to_and_asked_about(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    grid = page.locator("[data-grid]")
    columns = json.loads(grid.get_attribute("data-columns") or "")
    number = [column["key"] for column in columns].index("tax_rate")
    cells, said = grid.locator(f"td[data-column='{number}']"), grid.locator("[data-lacking='tax_rate']")
    cells.first.click()
    for _ in range(cells.count()):
        page.keyboard.press("Delete")
        page.keyboard.press("ArrowDown")
    draft_is_kept(page)

    def without(route: Any) -> None:
        """Its page as where nobody has confirmed that the column is empty."""
        answer = route.fetch()
        line = '<p class="why look" data-remark data-lacking="tax_rate">▲ Tax rate: nothing was read</p>'
        route.fulfill(response=answer, body=re.sub(r"(data-sums.*?</h2>)", rf"\1{line}", answer.text()))

    page.route(f"**{address}", without)
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    expect(said).to_be_visible()
    field(page).focus()
    page.keyboard.press("Alt+g")
    expect(cells.first).to_be_focused()
    needed = need_count(page)
    assert needed >= 1
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-kept]")).to_contain_text("nothing was read there")
    assert page.url.endswith(address), "it is approved without a word"
    page.keyboard.type("19")
    page.keyboard.press("Tab")
    expect(said).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(said).to_be_visible()
    page.keyboard.press("Enter")  # the document has none
    assert need_count(page) == needed - 1
    page.unroute(f"**{address}")
    start_anew(page, address)


def test_a_field_that_is_empty_and_never_was_is_gone_to_and_asked_about_once(
    admin_page: Page, installation: Any
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    due = page.locator("[data-field='due_date']")
    value, said = due.locator("[data-value]").first, due.locator("[data-lacking]")
    read: list[str] = []

    def without(route: Any) -> None:
        """Its page as where no due date was read, and nobody has said that there is none."""
        answer = route.fetch()
        before, field, rest = re.split(
            r'(?s)(<div class="field[^>]*data-field="due_date".*?data-fails-why)', answer.text()
        )
        read.append(re.search(r"(?s)<textarea[^>]*>(.*?)</textarea>", field)[1])
        field = re.sub(r'value="[^"]*" data-by', 'value="" data-by', field).replace('"field"', '"field needs"', 1)
        field = re.sub(r"(?s)(<textarea[^>]*>).*?(</textarea>)", r"\1\2", field)
        said = '<p class="why look" data-remark data-lacking>▲ Nothing was read</p><p class="why wrong" data-fails-why'
        field = field.replace('<p class="why wrong" data-fails-why', said)
        route.fulfill(response=answer, body=before + field + rest)

    page.route(f"**{address}", without)
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    expect(value).to_be_focused()
    expect(said).to_be_visible()
    needed = need_count(page)
    assert needed >= 1
    can_be_seen(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-kept]")).to_contain_text("nothing was read there")
    assert page.url.endswith(address), "it is approved without a word"
    expect(value).to_be_focused()
    page.keyboard.press("Enter")  # it is not there
    expect(said).to_be_hidden()
    expect(due.locator(".mark").first).to_have_text("✓")
    assert need_count(page) == needed - 1
    page.keyboard.press("Control+z")
    expect(said).to_be_visible()
    expect(value).to_be_focused()
    value.fill(read[0])
    expect(said).to_be_hidden()
    page.unroute(f"**{address}")
    start_anew(page, address)


def test_who_adds_a_value_has_not_said_that_the_doubtful_one_beside_it_is_right(
    admin_page: Page, installation: Any
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    tax = page.locator("[data-field='tax_amount']")

    def unsure(route: Any) -> None:
        """Its page as where the machine is not sure of the tax."""
        answer = route.fetch()
        before, field, rest = re.split(
            r'(?s)(<div class="field[^>]*data-field="tax_amount".*?data-fails-why)', answer.text()
        )
        field = re.sub(r'value="[^"]*" data-by', 'value="" data-by', field).replace('"field"', '"field needs"', 1)
        field = field.replace("data-sure", "data-look").replace("mark-person", "mark-look").replace("✓", "▲")
        route.fulfill(response=answer, body=before + field + rest)

    page.route(f"**{address}", unsure)
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    value = tax.locator("[data-value]")
    needed = need_count(page)
    assert needed >= 1
    value.first.focus()
    page.keyboard.press("Alt+a")
    value.nth(1).fill("0.00")
    expect(tax.locator(".mark").all()[0]).to_have_text("▲")
    assert need_count(page) == needed
    while page.locator("#review-form .field.needs, #review-form .field.wrong").count() > 1:
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(value.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(tax.locator(".mark").all()[0]).to_have_text("✓")
    expect(tax).not_to_have_class(re.compile(r"\bneeds\b"))
    page.unroute(f"**{address}")
    start_anew(page, address)


def test_a_letter_that_replaces_a_value_says_so_and_with_alt_it_is_a_key(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    page.locator("[data-field='net_amount'] [data-value]").first.focus()
    page.keyboard.press("Alt+1")
    value, meaning = numbered(page, 1), page.locator("[data-field='invoice_number'] [data-meaning]").first
    was = value.input_value()
    assert len(was) > 1
    page.keyboard.press("g")
    expect(value).to_have_value("g")
    expect(meaning).to_contain_text("with Alt it is a key")
    page.keyboard.press("Escape")
    expect(value).to_have_value(was)
    expect(meaning).to_be_hidden()
    page.keyboard.type("Good")  # which is a value
    expect(meaning).not_to_contain_text("with Alt")
    # Where Alt makes another character of a letter, the key that it is printed on counts.
    option = "new KeyboardEvent('keydown', {key: '©', code: 'KeyG', altKey: true, bubbles: true, cancelable: true})"
    value.evaluate(f"(input) => input.dispatchEvent({option})")
    expect(page.locator("[data-grid] td:focus")).to_have_count(1)
    start_anew(page, address)


def test_escape_takes_back_what_was_typed_and_not_what_was_clicked(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    number = page.locator("[data-field='invoice_number'] [data-value]").first
    number.fill("g")
    draft_is_kept(page)
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    number.focus()
    page.locator(".page").first.locator(WORD).nth(3).click()
    expect(number).not_to_have_value("g")
    clicked = number.input_value()
    number.focus()
    page.keyboard.press("Escape")
    expect(number).to_have_value(clicked)
    number.focus()
    page.locator(".page").first.locator(WORD).nth(4).click()
    expect(number).not_to_have_value(clicked)
    clicked = number.input_value()
    number.press("x")
    page.keyboard.press("Escape")
    expect(number).to_have_value(clicked)
    page.keyboard.press("Control+z")
    start_anew(page, address)


WITHOUT_GROWTH = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("textarea { field-sizing: fixed !important; }");
  document.adoptedStyleSheets = [sheet];
}"""
SHOWS_ALL = "(value) => value.scrollHeight <= value.clientHeight"


@pytest.mark.parametrize("grows", [True, False])
def test_a_long_value_shows_all_of_its_lines_and_enter_goes_on(
    admin_page: Page, installation: Any, grows: bool
) -> None:
    page, long = admin_page, "Gesellschaft für angewandte Datenverarbeitung, Lange Straße 17 b, 27032 Wuppertal, " * 3
    if not grows:  # as in a browser that does not know of it
        page.add_init_script("CSS.supports = () => false")
        page.add_init_script(f"addEventListener('DOMContentLoaded', {WITHOUT_GROWTH})")
    address = open_invoice(page, installation)
    number = page.locator("[data-field='invoice_number'] [data-value]").first
    assert number.evaluate("(value) => value.offsetHeight") < 40, "one line"
    assert number.evaluate(SHOWS_ALL)
    value = page.locator("[data-field='supplier_name'] [data-value]").first
    value.fill(long.strip())
    assert value.evaluate("(value) => value.offsetHeight") > 80
    assert value.evaluate(SHOWS_ALL)
    value.press("Enter")
    value.press("Shift+Enter")
    expect(value).to_have_value(long.strip())
    expect(value).not_to_be_focused()
    draft_is_kept(page)
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    assert value.evaluate(SHOWS_ALL)
    page.get_by_role("button", name="Start anew").click()


def test_beside_the_page_all_fields_of_an_invoice_down_to_its_total_are_in_view(
    admin_page: Page, installation: Any
) -> None:
    open_invoice(admin_page, installation)
    for key in ("supplier_name", "net_amount", "tax_amount", "total_amount"):
        expect(admin_page.locator(f"[data-field='{key}'] [data-value]").first).to_be_in_viewport(ratio=1)
    total = admin_page.locator("[data-field='total_amount'] [data-value]").first.bounding_box()
    bar = admin_page.locator(".decide").bounding_box()
    assert total["y"] + total["height"] <= bar["y"]


def test_only_what_is_chosen_now_is_drawn_strongly(admin_page: Page, installation: Any) -> None:
    page, _ = admin_page, open_invoice(admin_page, installation)
    field(page).focus()
    expect(page.locator("svg rect.value.chosen").first).to_be_attached()
    page.locator("[data-grid] td[data-column='0']").first.click()
    expect(page.locator("svg rect.cell.chosen").first).to_be_attached()
    expect(page.locator("svg rect.value.chosen")).to_have_count(0)
    field(page).focus()
    expect(page.locator("svg rect.value.chosen").first).to_be_attached()
    expect(page.locator("svg rect.cell.chosen")).to_have_count(0)


def test_a_date_in_a_narrow_table_stands_on_one_line(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    cells = page.locator("[data-grid] tbody tr").first.locator("td.text")
    cells.first.click()
    page.keyboard.type("2025-02-02 ")
    page.keyboard.press("Enter")
    cell = cells.first
    expect(cell).to_contain_text("2025-02-02")
    lines = "e => { const r = document.createRange(); r.selectNodeContents(e); return new Set([...r.getClientRects()].map((one) => Math.round(one.bottom))).size; }"
    cell.evaluate("e => { e.style.minWidth = 0; e.style.width = '1px'; }")
    page.locator("[data-grid] table").evaluate("e => { e.style.width = '1px'; }")
    assert cell.evaluate(lines) == 1
    start_anew(page, address)


def test_of_an_unknown_document_empty_columns_are_folded_and_cells_mean_what_is_printed(
    admin_page: Page, installation: Any
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation, name="Kohelmont %", template="")
    grid = page.locator("[data-grid]")

    def cells() -> Any:
        return json.loads(grid.locator("[data-rows]").input_value())

    expect(grid.get_by_role("columnheader", name="Tax rate")).to_have_count(0)
    page.keyboard.press("Alt+g")
    expect(grid.get_by_role("columnheader", name="Amount")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Alt+c")
    expect(grid.get_by_role("columnheader", name="Tax rate")).to_be_visible()
    grid.get_by_role("button", name="Empty columns: Tax rate").click()
    expect(grid.get_by_role("columnheader", name="Tax rate")).to_have_count(0)

    page.keyboard.press("End")
    cell, was = grid.locator("tbody tr td:focus"), cells()
    click_word(page, "$1,600.46")
    expect(cell).to_contain_text("1600.46")  # at once
    assert cells()[0]["amount"]["text"] == "$1,600.46"
    page.keyboard.press("Control+z")
    assert cells() == was
    page.keyboard.press("Control+Shift+z")
    expect(cell).to_contain_text("1600.46")
    page.keyboard.press("Home")
    with page.expect_response(lambda response: "find=1" in response.url):
        page.keyboard.type("Fiona")  # printed once, in the address
        page.keyboard.press("Tab")
    page.wait_for_timeout(300)
    assert cells()[0]["description"] == {"value": "Fiona", "text": "", "boxes": []}
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("7801-VP")
    page.keyboard.press("Tab")
    wait_for(lambda: cells()[0]["description"]["boxes"], timeout_s=5)
    assert cells()[0]["description"]["boxes"][0]["box"][0] < 0.1  # where it is printed, on the line of its row
    start_anew(page, address)


def click_word(page: Page, text: str) -> None:
    """Click the first word of the first page that is this text, brought into view."""
    words = page.request.get(page.locator("#pages").get_attribute("data-words") or "").json()["words"]
    _, x0, y0, x1, y1 = next(word for word in words if word[0] == text)
    picture = page.locator(".page").first
    scroll = (
        "(e, y) => { const p = e.parentElement; p.scrollTop = e.offsetTop + y * e.offsetHeight - p.clientHeight / 2; }"
    )
    picture.evaluate(scroll, y0)
    frame = picture.bounding_box()
    assert frame
    page.mouse.click(frame["x"] + (x0 + x1) / 2 * frame["width"], frame["y"] + (y0 + y1) / 2 * frame["height"])


def test_the_picture_of_the_page_stays_where_it_is_as_one_goes_to_a_table_that_needs_little_more_room(
    admin_page: Page, installation: Any
) -> None:
    page, _ = admin_page, open_invoice(admin_page, installation, name="Trier %", template="")
    grid, picture = page.locator("[data-grid] .items"), page.locator(".page").first
    pane = page.locator(".fields")
    standard = page.evaluate("38 * parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert pane.evaluate("(pane) => pane.offsetWidth") > standard, "its table needs more than a narrow one"
    field(page).focus()
    before = picture.bounding_box()
    page.keyboard.press("Alt+g")
    expect(grid.locator("td:focus")).to_have_count(1)
    assert picture.bounding_box() == before


BETWEEN = """async ([lines, first, last, off]) => {
  const {name} = performance.getEntriesByType("resource").find((one) => /review.between[^/]*.js/.test(one.name));
  const {wordsBetween} = await import(name);
  const words = lines.flatMap((line, row) => line.map(([text, x]) => [text, x, 0.1 + 0.03 * row, x + 0.01 * text.length, 0.12 + 0.03 * row]));
  const middle = (text) => { const [, x0, y0, x1, y1] = words.find((word) => word[0] === text); return off === null ? [(x0 + x1) / 2, (y0 + y1) / 2] : [x0 - off, y0 - off]; };
  const [from, to] = [first, last].map(middle), edges = (axis) => [from[axis], to[axis]].sort((one, other) => one - other);
  const [[left, right], [top, bottom]] = [edges(0), edges(1)];
  const within = [...words.keys()].filter((one) => words[one][1] <= right && words[one][3] >= left && words[one][2] <= bottom && words[one][4] >= top);
  return wordsBetween(words, from, to, within, 1)?.map((one) => words[one][0]).join(" ") ?? null;
}"""
IBAN = [[["IBAN", 0.1], ["DE89", 0.16], ["3704", 0.21], ["0044", 0.26], ["BIC", 0.6]], [["0532", 0.1], ["0130", 0.15]]]
BESIDE = [
    [["Name", 0.1], ["Acme", 0.16], ["Trading", 0.21], ["Nr", 0.6]],
    [["Way", 0.1], ["High", 0.16], ["Street", 0.21], ["of", 0.28], ["Leeds", 0.31], ["4711", 0.6]],
    [["City", 0.1], ["Leeds-East", 0.16], ["UK", 0.27], ["4712", 0.6]],
]


@pytest.mark.parametrize(
    ("lines", "ends", "said"),
    [
        (IBAN, ("DE89", "0130"), "DE89 3704 0044 0532 0130"),
        (IBAN, ("0130", "DE89"), "DE89 3704 0044 0532 0130"),
        (IBAN, ("0044", "0532"), "0044 0532"),
        (IBAN, ("DE89", "0044"), None),  # on one line
        (BESIDE, ("Acme", "UK"), "Acme Trading High Street of Leeds Leeds-East UK"),
        (BESIDE, ("Nr", "4712"), "Nr 4711 4712"),
    ],
)
def test_a_drag_from_word_to_word_takes_the_text_of_all_its_lines(
    admin_page: Page, lines: Any, ends: tuple[str, str], said: str | None
) -> None:
    open_first(admin_page)
    assert admin_page.evaluate(BETWEEN, [lines, *ends, None]) == said


def test_a_drag_may_begin_and_end_right_beside_its_words(admin_page: Page) -> None:
    open_first(admin_page)
    assert admin_page.evaluate(BETWEEN, [IBAN, "DE89", "0130", 0.004]) == "DE89 3704 0044 0532 0130"
    assert admin_page.evaluate(BETWEEN, [IBAN, "IBAN", "0532", 0.02]) is None


def test_a_drag_over_two_lines_fills_a_field_with_both(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation, name="%8334%")
    value = page.locator("[data-field='customer_name'] [data-value]").first
    words = page.request.get(page.locator("#pages").get_attribute("data-words") or "").json()["words"]
    first = next(word for word in words if word[0] == value.input_value().split()[0])
    lower = [word for word in words if word[2] > first[4] and abs(word[1] - first[1]) < 0.01]
    last = min(lower, key=lambda word: word[2])
    value.focus()
    frame = page.locator(".page").first.bounding_box()
    assert frame

    def at(word: list[Any]) -> tuple[float, float]:
        _, x0, y0, x1, y1 = word
        return frame["x"] + (x0 + x1) / 2 * frame["width"], frame["y"] + (y0 + y1) / 2 * frame["height"]

    page.mouse.move(*at(first))
    page.mouse.down()
    page.mouse.move(*at(last), steps=3)
    page.mouse.up()
    was = value.evaluate("(input) => input.defaultValue")
    expect(value).to_have_value(f"{was} {last[0]}")
    start_anew(page, address)


def test_clicks_below_each_other_go_down_a_column_and_beside_each_other_along_a_row(
    admin_page: Page, installation: Any
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation, name="%8334%")
    rows = page.locator("[data-grid] tbody tr")

    def texts() -> list[list[str]]:
        return [row.locator("td").all_inner_texts()[:3] for row in rows.all()]

    page.keyboard.press("Alt+g")
    printed = [
        [cell["text"] for cell in row.values()][:3] for row in json.loads(page.locator("[data-rows]").input_value())
    ]
    read = texts()
    for _ in range(rows.count()):
        page.keyboard.press("Alt+Delete")
    names = [name.split()[0] for name, _, _ in printed[:3]]
    click_word(page, names[0])
    click_word(page, names[1])  # begins a row
    click_word(page, names[2])
    assert texts() == [[name, "", ""] for name in names]
    rows.first.locator("td").nth(1).click()
    click_word(page, printed[0][1])  # a number beside the name
    click_word(page, printed[0][2])
    for column, text in enumerate(read[0][1:], 1):  # what is clicked means a number, a moment later
        expect(rows.first.locator("td").nth(column)).to_have_text(re.compile(rf"^{float(text):g}(\.0+)?0?$"))
    assert texts()[1:] == [[name, "", ""] for name in names[1:]]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert texts() == [[name, "", ""] for name in names]
    start_anew(page, address)


def test_a_total_that_is_no_number_stops_nothing(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(error))
    net = page.locator("[data-field='net_amount'] [data-value]").first
    net.fill("see below")
    draft_is_kept(page)
    expect(page.locator("[data-need]")).to_contain_text("need")
    page.goto(address)  # the draft comes back
    page.wait_for_selector(WORD, state="attached")
    expect(net).to_have_value("see below")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(numbered(page, 2)).to_be_focused()
    page.get_by_role("button", name="Start anew").click()
    expect(net).not_to_have_value("see below")
    assert not errors


LOADED_AT = "performance.timeOrigin"  # another one for each page that the browser loads


def ahead_is_there(page: Page) -> None:
    """Wait until the next document was fetched, words and all."""
    page.wait_for_function("() => performance.getEntriesByType('resource').some((one) => one.name.includes('/ahead/'))")
    page.wait_for_load_state("networkidle")


def test_the_next_document_comes_within_the_page_and_is_like_a_new_one(admin_page: Page, installation: Any) -> None:
    page = admin_page
    address, loaded, name = open_first(page), page.evaluate(LOADED_AT), page.locator("h1").inner_text()
    held = "SELECT id FROM documents_document WHERE held_until > CURRENT_TIMESTAMP AND held_by = 'admin'"
    before = set(installation.rows(held))  # what other tests opened is held for a while
    ahead_is_there(page)
    assert page.evaluate("document.querySelector('#review').dataset.ahead")
    assert set(installation.rows(held)) <= before, "what was fetched is nobody's yet"
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != address)
    assert page.evaluate(LOADED_AT) == loaded
    assert page.locator("h1").inner_text() in page.title()
    expect(page.locator("[role=status].visually-hidden")).to_have_text(page.title())  # for a screen reader
    expect(page.locator(".message.success")).to_contain_text(f"{name} is approved")
    expect(page.locator("[data-value]:focus, td:focus")).to_have_count(1)
    second = page.url
    field(page, 1).fill("IN-THE-SECOND")  # it is this person's, with everything that belongs to it
    draft_is_kept(page)
    page.go_back()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    page.go_forward()
    assert page.url == second
    expect(field(page, 1)).to_have_value("IN-THE-SECOND")
    page.get_by_role("button", name="Start anew").click()


def test_the_next_document_comes_also_where_it_could_not_be_fetched_before(admin_page: Page) -> None:
    page = admin_page
    page.route("**/ahead/**", lambda route: route.abort())
    address = open_first(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != address)
    expect(page.locator(".message.success")).to_contain_text("is approved")
    expect(page.locator(WORD).first).to_be_attached()
    page.keyboard.press("Control+Alt+ArrowRight")
    page.wait_for_url(re.compile(r"documents/\d+/\?order=age$"))
    expect(page.locator(WORD).first).to_be_attached()


def test_another_template_shows_at_once_and_keeps_what_is_typed_while_it_is_read(admin_page: Page) -> None:
    page, address = admin_page, open_first(admin_page)
    held: list[Any] = []
    page.route("**/as/?*", lambda route: held.append(route))
    choice = page.locator("#template-choice")
    other = choose_another(page)
    expect(page.locator("[data-need]")).to_contain_text(f"being read as {other}")
    name = field(page, 1).get_attribute("name")
    field(page, 1).fill("TYPED-MEANWHILE")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-kept]")).to_contain_text("Look at what was read")
    draft_is_kept(page)  # of what was typed alone: nobody has said that the rest is not there
    held.pop().continue_()
    expect(page.locator("#review:not([data-read-as])")).to_be_attached()
    typed = page.locator(f"[name='{name}']")
    expect(typed).to_have_value("TYPED-MEANWHILE")
    expect(typed).to_be_focused()
    expect(page.locator("[data-need]")).not_to_contain_text("being read")
    said = "inputs => inputs.map(one => one.value).filter(Boolean).sort()"
    read = page.locator("[data-value]").evaluate_all(said)
    assert len(read) > 1, "what was read did not come"
    draft_is_kept(page)
    page.goto(address)
    expect(choice).to_have_value(other)
    expect(typed).to_have_value("TYPED-MEANWHILE")
    assert read == page.locator("[data-value]").evaluate_all(said)
    page.get_by_role("button", name="Start anew").click()
    expect(choice).not_to_have_value(other)


@pytest.mark.parametrize("how", ["click", "key"])
def test_from_another_template_one_step_leads_back_to_the_one_before(admin_page: Page, how: str) -> None:
    page, address = admin_page, open_first(admin_page)
    choice, back = page.locator("#template-choice"), page.locator("[data-back-to]")
    was, name = choice.input_value(), field(page, 1).get_attribute("name")
    expect(back).to_have_count(0)
    choose_another(page)
    expect(back).to_have_text(f"↶ back to {was or 'unknown'}")
    expect(page.locator("#review:not([data-read-as])")).to_be_attached()
    typed = page.locator(f"[name='{name}']")
    if typed.count():
        typed.fill("TYPED-BETWEEN")
        draft_is_kept(page)
        page.keyboard.press("Control+z")
        expect(typed).not_to_have_value("TYPED-BETWEEN")
    expect(back).to_be_visible()
    back.click() if how == "click" else page.keyboard.press("Control+z")
    expect(choice).to_have_value(was)
    expect(back).to_have_count(0)
    page.keyboard.press("Control+z")  # there is nothing more to undo
    page.wait_for_timeout(300)
    expect(choice).to_have_value(was)
    page.goto(address)
    if page.get_by_role("button", name="Start anew").is_visible():
        page.get_by_role("button", name="Start anew").click()


def choose_from(choice: Locator) -> str:
    """The name of a template of the demo that is not chosen; those that other tests made ask for little, or for no field."""
    names = choice.locator("option").evaluate_all("options => options.map(one => one.value)")
    return next(name for name in names if DEMO.fullmatch(name) and name != choice.input_value())


def choose_another(page: Page) -> str:
    choice = page.locator("#template-choice")
    other = choose_from(choice)
    choice.select_option(other)
    return other


def test_another_template_that_is_not_read_leaves_nothing_said_and_nothing_approved(admin_page: Page) -> None:
    page, address = admin_page, open_first(admin_page)
    page.route("**/as/?*", lambda route: route.fulfill(status=503))
    other = choose_another(page)
    unread = page.locator("[data-unread]")
    expect(unread).to_contain_text(f"as {other} did not come")
    name = field(page, 1).get_attribute("name")
    with page.expect_request("**/draft/") as kept:
        field(page, 1).fill("TYPED-ALONE")
    assert "TYPED-ALONE" in (kept.value.post_data or "")
    sent = [part.split("=")[0] for part in (kept.value.post_data or "").split("&")]
    assert len([one for one in sent if one.startswith("f%3A") and one.count("%3A") == 2]) == 1, sent
    draft_is_kept(page)  # which is said in the same place
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-kept]")).to_contain_text("Try again, or go on")
    page.get_by_role("button", name="Try again").click()
    expect(unread).to_be_visible()
    page.unroute_all()
    behind: list[str] = []

    def seen(route: Any) -> None:
        answer = route.fetch()
        behind.append(answer.text())
        route.fulfill(response=answer)

    page.route("**/as/?*", seen)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#review:not([data-read-as])")).to_be_attached()
    expect(unread).to_be_hidden()
    expect(page.locator(f"[name='{name}']")).to_have_value("TYPED-ALONE")
    said = "inputs => inputs.map(one => one.value).filter(Boolean)"
    read = len(re.findall(r"<textarea[^>]*>[^<]", behind[0]))  # none, of some documents
    assert len(page.locator("[data-value]").evaluate_all(said)) >= read, "what was read did not come"
    start_anew(page, address)


def test_who_goes_on_with_empty_fields_says_so(admin_page: Page) -> None:
    page, address = admin_page, open_first(admin_page)
    page.route("**/as/?*", lambda route: route.abort())
    choose_another(page)
    page.get_by_role("button", name="Go on with empty fields").click()
    expect(page.locator("#review:not([data-read-as])")).to_be_attached()
    assert page.locator("#review-form").evaluate("form => form.elements.awaited.value") == ""
    start_anew(page, address)


def test_what_comes_ahead_is_not_waited_for_long(admin_page: Page) -> None:
    page = admin_page
    open_first(page)
    taken = """async () => {
      const {name} = performance.getEntriesByType("resource").find((one) => /review.ahead[^/]*.js/.test(one.name));
      const {Ahead} = await import(name), ahead = new Ahead();
      ahead.coming = new Promise(() => {});
      return ahead.take("another");
    }"""
    assert page.evaluate(taken) is None


@pytest.mark.parametrize("late", ["fails", "comes"])
def test_what_was_asked_ahead_before_takes_nothing_from_what_was_asked_since(admin_page: Page, late: str) -> None:
    page = admin_page
    open_first(page)
    taken = """async (late) => {
      const {name} = performance.getEntriesByType("resource").find((one) => /review.ahead[^/]*.js/.test(one.name));
      const {Ahead} = await import(name), ahead = new Ahead(), asked = [];
      const page = (madeOf) => new Response(`<div id="review" data-made-of="${madeOf}"></div>`);
      window.fetch = () => new Promise((come, fail) => { asked.push({come, fail}); });
      ahead.fetch("/ahead/");
      const first = ahead.coming;
      ahead.fetch("/ahead/");
      asked[1].come(page("new"));
      await ahead.coming;
      if (late === "fails") asked[0].fail(new Error("gone"));
      else asked[0].come(page("old"));
      await first;
      return Boolean(await ahead.take("new"));
    }"""
    assert page.evaluate(taken, late) is True


def test_who_goes_on_keeps_the_document_until_the_next_one_comes(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_first(admin_page)
    number = address.split("/documents/")[1].split("/")[0]
    held = f"SELECT held_by FROM documents_document WHERE id = {number}"
    page.route("**/documents/*/next/**", lambda route: route.abort())
    field(page, 1).fill("KEPT-AS-IT-IS-LEFT")
    page.keyboard.press("Control+Alt+ArrowRight")
    expect(page.locator("[data-missing]")).to_contain_text("could not be loaded")
    page.wait_for_timeout(500)  # a farewell would have arrived
    assert installation.rows(held) == [("admin",)]
    page.unroute_all()
    field(page, 1).fill("TYPED-BEFORE-IT-CAME")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(lambda url: url != address)
    wait_for(lambda: installation.rows(held) == [("",)], timeout_s=5)
    page.goto(address)
    expect(field(page, 1)).to_have_value("TYPED-BEFORE-IT-CAME")
    page.get_by_role("button", name="Start anew").click()


@pytest.mark.parametrize("lost", ["the question", "the answer"])
def test_what_became_of_an_approval_that_got_no_answer_is_said_once_the_server_is_back(
    admin_page: Page, installation: Any, lost: str
) -> None:
    page = admin_page
    page.route("**/ahead/**", lambda route: route.abort())
    address, name = open_first(page), page.locator("h1").inner_text()
    can_be_seen(page)

    def lose(route: Any) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        if lost == "the answer" and not posts:
            route.fetch()
        posts.append(route.request.post_data)
        route.abort()

    posts: list[str] = []
    labels = "SELECT COUNT(*) FROM review_confirmedlabel"
    [[before]] = installation.rows(labels)
    page.route(re.compile(r"/documents/\d+/\?"), lose)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-warning]")).to_contain_text("nobody knows yet")
    expect(field(page, 1)).to_be_disabled()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    assert page.url == address
    page.wait_for_event("requestfailed", lambda request: request.method == "POST", timeout=20_000)
    assert len(posts) > len(set(posts)) == 1
    page.unroute_all()
    page.wait_for_url(lambda url: url != address, timeout=20_000)
    expect(page.locator(".message.success")).to_contain_text(f"{name} is approved")
    assert installation.rows(labels) == [(before + 1,)]
    open_again(page, address.split("?")[0])


def test_who_leaves_while_nobody_knows_what_became_of_an_approval_loses_nothing(
    admin_page: Page, installation: Any
) -> None:
    page = admin_page
    address = open_first(page)
    field(page, 1).fill("STILL-HERE")
    draft_is_kept(page)
    can_be_seen(page)
    page.route(re.compile(r"/documents/\d+/\?"), lambda r: r.abort() if r.request.method == "POST" else r.fallback())
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-warning]")).to_contain_text("nobody knows yet")
    number = address.split("/documents/")[1].split("/")[0]
    held = f"SELECT held_by FROM documents_document WHERE id = {number}"
    page.goto("/p/demo/inbox/")
    wait_for(lambda: installation.rows(held) == [("",)], timeout_s=5)  # it has heard that the page was left
    page.goto(address)
    page.wait_for_selector(WORD, state="attached")
    expect(field(page, 1)).to_have_value("STILL-HERE")
    page.get_by_role("button", name="Start anew").click()


def test_an_approval_that_fails_loses_nothing(admin_page: Page) -> None:
    page = admin_page
    address = open_first(page)
    read = field(page, 1).input_value()
    field(page, 1).fill("STILL-HERE")
    draft_is_kept(page)
    fails = {"status": 500, "body": "It has failed."}
    page.route("**/documents/*/?*", lambda r: r.fulfill(**fails) if r.request.method == "POST" else r.fallback())
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-warning]")).to_contain_text("the server does not answer")
    expect(field(page, 1)).to_have_value("STILL-HERE")
    assert page.url == address
    page.unroute_all()
    field(page, 1).fill(read)
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(lambda url: url != address)


@pytest.mark.parametrize("missing", ["no server", "a failing server"])
def test_what_was_approved_is_said_also_where_the_next_document_does_not_come(admin_page: Page, missing: str) -> None:
    page = admin_page
    page.route("**/ahead/**", lambda route: route.abort())
    address, loaded, name = open_first(page), page.evaluate(LOADED_AT), page.locator("h1").inner_text()
    notice, again = page.locator("[data-missing]"), page.get_by_role("button", name="Try again")
    can_be_seen(page)

    def fail(route: Any) -> None:
        if route.request.method != "GET":
            route.fallback()
        elif missing == "no server":
            route.abort()
        else:
            route.fulfill(status=500, body="It has failed.")

    page.route(re.compile(r"/documents/\d+/\?"), fail)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.keyboard.press("Control+Enter")
    expect(notice).to_contain_text("could not be loaded")
    expect(page.locator(".message.success")).to_contain_text(f"{name} is approved")
    expect(again).to_be_focused()
    assert page.url == address
    expect(page.locator("#review-form [name=action]")).to_have_count(0)
    expect(field(page, 1)).to_be_disabled()
    page.keyboard.press("Enter")
    expect(again).to_be_enabled()
    page.keyboard.press("Control+Enter")  # there is nothing to approve any more
    assert len(posts) == 1
    page.unroute_all()
    again.click()
    page.wait_for_url(lambda url: url != address)
    assert page.evaluate(LOADED_AT) == loaded
    expect(page.locator(".message.success")).to_have_text(re.compile(f"{re.escape(name)} is approved"))
    expect(notice).to_be_hidden()
    open_again(page, address.split("?")[0])


def test_where_another_template_does_not_come_the_page_stays_with_what_is_typed(admin_page: Page) -> None:
    page, address = admin_page, open_first(admin_page)
    choice = page.locator("#template-choice")
    was = choice.input_value()
    page.route(re.compile(r"/documents/\d+/\?"), lambda route: route.abort())
    field(page, 1).fill("TYPED-BEFORE")
    choose_another(page)
    expect(page.locator("[data-missing]")).to_contain_text("could not be loaded")
    expect(choice).to_have_value(was)
    expect(field(page, 1)).to_have_value("TYPED-BEFORE")
    expect(field(page, 1)).to_be_enabled()
    page.unroute_all()
    page.goto(address)
    page.get_by_role("button", name="Start anew").click()


REFRESH = {"HX-Refresh": "true"}  # what was learned since changes the document that is shown


def test_what_was_approved_is_still_said_where_the_next_document_comes_anew(admin_page: Page) -> None:
    page, said = admin_page, admin_page.locator(".message.success")
    page.route("**/learned/**", lambda route: route.fulfill(headers=REFRESH), times=3)
    address, name = open_first(page), page.locator("h1").inner_text()
    approve(page)
    loaded = page.evaluate(LOADED_AT)
    expect(said).to_contain_text(f"{name} is approved")
    told = said.all_inner_texts()
    for _ in range(2):
        page.locator("#review").evaluate("root => { root.dataset.old = ''; }")
        expect(page.locator("#review:not([data-old])")).to_be_attached()
        assert said.all_inner_texts() == told
    page.route("**/documents/*/?*learned=*", lambda route: route.abort())
    page.wait_for_event("requestfailed", lambda request: "learned=" in request.url)
    page.wait_for_timeout(300)
    expect(said).to_contain_text("is approved")  # where the page does not come, nothing goes
    assert page.evaluate(LOADED_AT) == loaded
    open_again(page, address)


def test_what_was_asked_for_a_document_that_was_left_changes_nothing_of_the_next(admin_page: Page) -> None:
    page = admin_page
    held: list[Any] = []
    page.route("**/learned/**", lambda route: held.append(route), times=1)
    first, loaded = open_first(page), page.evaluate(LOADED_AT)
    with page.expect_request("**/learned/**"):
        second = approve(page)
    page.keyboard.press("Control+Alt+ArrowRight")
    page.wait_for_url(lambda url: url != second)
    field(page, 1).fill("IN-THE-THIRD")
    held.pop().fulfill(headers=REFRESH)
    draft_is_kept(page)
    assert page.evaluate(LOADED_AT) == loaded
    expect(field(page, 1)).to_have_value("IN-THE-THIRD")
    page.reload()
    page.get_by_role("button", name="Start anew").click()
    open_again(page, first)


def test_an_answer_that_comes_late_leaves_its_person_where_they_went(admin_page: Page) -> None:
    page = admin_page
    address = open_first(page)
    can_be_seen(page)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route) if route.request.method == "POST" else route.fallback()

    page.route(re.compile(r"/documents/\d+/\?"), hold)
    page.keyboard.press("Control+Enter")
    wait_for(lambda: page.wait_for_timeout(50) or held, timeout_s=5)
    page.keyboard.press("Control+Alt+ArrowRight")
    page.wait_for_url(lambda url: url != address)
    second = page.url
    page.keyboard.press("Control+Alt+ArrowRight")
    page.wait_for_url(lambda url: url not in (address, second))
    third, name = page.url, page.locator("h1").inner_text()
    with page.expect_response(lambda response: response.request.method == "POST" and "/documents/" in response.url):
        held[0].continue_()
    page.wait_for_timeout(1000)
    assert page.url == third
    expect(page.locator("h1")).to_have_text(name)
    page.unroute_all()
    can_be_seen(page)
    page.keyboard.press("Control+Enter")  # what was sent of the first does not stand in its way
    page.wait_for_url(lambda url: url != third)
    open_again(page, third)
    open_again(page, address)


# Ctrl+Enter in the moment in which the page changes.
PRESSED_AT_ONCE = """(root) => new MutationObserver((_, observer) => {
  observer.disconnect();
  const key = new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true});
  setTimeout(() => document.body.dispatchEvent(key), 50);
}).observe(root, {attributes: true, childList: true})"""


def test_what_another_template_says_is_not_approved_before_it_can_be_seen(admin_page: Page) -> None:
    page, address = admin_page, open_first(admin_page)
    held: list[Any] = []
    page.route("**/as/?*", lambda route: held.append(route))
    other = choose_another(page)
    expect(page.locator("[data-need]")).to_contain_text(f"being read as {other}")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if "POST" in request.method else None)
    page.locator("#review").evaluate(PRESSED_AT_ONCE)
    held.pop().continue_()
    expect(page.locator("[data-kept]")).to_contain_text("This has just come")
    can_be_seen(page)
    assert not [url for url in posts if "/presence/" not in url]
    if page.locator("[data-empty]:visible, [data-lacking]:visible").count():  # which is asked about first
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-kept]")).to_contain_text("nothing was read there")
    approve(page)
    expect(page.locator(".message.success")).to_contain_text("is approved")
    open_again(page, address.split("?")[0])
    expect(page.locator("#template-choice")).to_have_value(other)


def test_the_long_name_of_a_template_leaves_the_bar_of_decisions_as_high_as_it_was(admin_page: Page) -> None:
    page, name = admin_page, "Acknowledgement of a purchase order of the Northern Harbour Company, revised"
    open_first(page)
    choice, bar = page.locator("#template-choice"), page.locator(".decide")
    was, other = bar.bounding_box(), choose_from(choice)

    def renamed(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(html.escape(other), name))

    page.route("**/as/?*", lambda route: None)
    page.route("**/documents/*/?*template=*", renamed)
    choice.select_option(other)
    need = page.locator("[data-need]")
    expect(need).to_have_text(f"◔ being read as {name} …")
    expect(need).to_have_attribute("title", f"◔ being read as {name} …")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found = bar.bounding_box()
        assert was
        assert found
        assert found["height"] <= was["height"]


def test_one_key_approves_one_document(admin_page: Page, installation: Any) -> None:
    page = admin_page
    open_invoice(page, installation)  # nothing of it has to be looked at first, whatever other tests taught
    address = page.url
    ahead_is_there(page)
    can_be_seen(page)
    page.keyboard.down("Control")
    page.keyboard.down("Enter")
    page.wait_for_url(lambda url: url != address)
    second = page.url
    page.keyboard.down("Enter")  # it is held
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.up("Control")
    page.keyboard.down("Enter")
    page.wait_for_timeout(300)
    page.keyboard.up("Enter")
    assert page.url == second != address
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    open_again(page, address)


@pytest.mark.parametrize("key", ["Enter", "Control+Enter"])
def test_of_several_enters_in_a_row_none_is_about_the_next_document(
    admin_page: Page, installation: Any, key: str
) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    ahead_is_there(page)
    can_be_seen(page)
    posts: list[str] = []
    page.on(
        "request",
        lambda one: posts.append(one.url) if one.method == "POST" and "action=" in (one.post_data or "") else None,
    )
    page.get_by_role("button", name="Approve").focus()
    for _ in range(12):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    expect(page.locator("[data-kept]")).to_contain_text("This has just come")
    second = page.url
    assert len(posts) == 1
    assert address in posts[0]
    can_be_seen(page)  # once it has stopped, an Enter is about what stands there
    was_chosen = page.evaluate("window.chosen = document.activeElement, window.chosen.tagName")
    assert was_chosen in ("INPUT", "TEXTAREA", "TD")
    page.keyboard.press("Enter")
    assert page.evaluate("window.chosen !== document.activeElement")
    assert page.url == second
    open_again(page, address)


def test_a_double_click_approves_one_document(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    ahead_is_there(page)
    can_be_seen(page)
    button = page.get_by_role("button", name="Approve").bounding_box()
    middle = (button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.mouse.click(*middle)
    page.wait_for_url(lambda url: address not in url)
    second = page.url
    page.mouse.click(*middle)
    expect(page.locator("[data-kept]")).to_contain_text("This has just come")
    page.wait_for_timeout(300)
    assert page.url == second
    open_again(page, address)


def test_one_that_needs_its_person_is_one(admin_page: Page, installation: Any) -> None:
    page, address = admin_page, open_invoice(admin_page, installation)
    needy, said = page.locator("#review-form .field.needs, #review-form .field.wrong"), page.locator("[data-need]")
    page.locator("[data-field='net_amount'] [data-value]").first.fill("1.00")
    draft_is_kept(page)
    expect(said).to_have_text(re.compile(r"^▲ \d+ need you$"))  # all that do not add up with it
    while page.locator("[data-grid].needs").count():
        page.keyboard.press("Alt+g")
        page.keyboard.press("Enter")
    for _ in range(needy.count() - 1):
        needy.first.locator("[data-value]").first.press("Enter")
    expect(needy).to_have_count(1)
    expect(said).to_have_text("▲ 1 needs you")
    start_anew(page, address)
