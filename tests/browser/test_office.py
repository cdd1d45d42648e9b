"""The whole office: every page of a project as every role, in a browser.

The pages are the rows of `access_table.py`, so that a new page is walked as soon as it has a row there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor
from invex.accounts.roles import RIGHTS, Right, Role
from tests.installed import Installation, wait_for
from tests.invex.web.access_table import PAGES, Door, Row
from tests.invex.web.access_world import World
from tests.rest_client import RestClient

SLUG = "office"
MAKE_WORLD = f"""
import json
from django.db import transaction
from tests.invex.web.access_world import make_world
with transaction.atomic():  # the workers see it when it is whole
    world = make_world({SLUG!r})
print(json.dumps([world.ids, world.people, world.tokens]))
"""
LOOKS = [(size, scheme) for size in ((1440, 900), (390, 844)) for scheme in ("light", "dark")]
ROLES = (Role.VIEWER, Role.REVIEWER, Role.AUTHOR, Role.ML_ADMIN)  # and the owner, who sees every page
SHARED = Path(__file__).parents[3] / "shared" / "data"
COLLECTIONS = ("adbuy", "fara", "invoice2data", "invoices_fr", "sroie", "zugferd")
READ_MS = 240_000  # two of them are scans
STILL_DRAWN = re.compile(r"status of 503")  # a page far back in a long document: its picture is asked for again
ALL_DRAWN = "[...document.images].every((i) => !i.complete || i.naturalWidth)"
SEVERE = ("serious", "critical")
LOOK_RULES = ["color-contrast", "scrollable-region-focusable"]  # the others do not see width and scheme
NOTE_VIOLATIONS = """
addEventListener("securitypolicyviolation", e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))
"""


@pytest.fixture(scope="module")
def world(installation: Installation) -> World:
    """The world of the access matrix in the installation; its document is one that was uploaded and read there."""
    ids, people, tokens = json.loads(installation.manage("shell", "-v", "0", "-c", MAKE_WORLD).splitlines()[-1])
    rest = RestClient(installation.url, tokens[Role.OWNER])
    invoice = render_pdf(Vendor(4712, kind="invoice", locale="en-US").document(0).canvas)
    document = rest.upload(str(ids["batch"]), "invoice.pdf", invoice)["id"]
    wait_for(lambda: rest.get(f"/documents/{document}")["state"] == "review", timeout_s=120)
    return World({**ids, "document": document}, people, tokens)


@contextmanager
def browser_of(role: str, world: World, browser: Browser, url: str) -> Iterator[Page]:
    """A page where somebody with that role is logged in."""
    context = browser.new_context(base_url=url)
    context.add_cookies([{"name": "sessionid", "value": world.people[role], "url": url}])
    context.add_init_script(NOTE_VIOLATIONS)
    yield context.new_page()
    context.close()


def rows() -> list[Row]:
    """What is looked at: no downloads, and nothing that only sends on."""
    return [r for r in PAGES if not isinstance(r.needs, Door) and r.method == "GET" and r.answer == 200]


def address(row: Row, world: World) -> str:
    arguments = [world.ids[one] if isinstance(one, str) else one for one in row.arguments]
    query = row.query
    for name, pk in world.ids.items():
        query = query.replace(f"${name}", str(pk))
    return reverse(row.name, args=[SLUG, *arguments]) + (f"?{query}" if query else "")


def is_page(page: Page, path: str) -> tuple[int, bool]:
    """Return the status of a GET, and whether it answers a whole page: not a file, nor a part of one."""
    answer = page.request.get(path, max_redirects=0)
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status, is_html and answer.text().lstrip().lower().startswith("<!doctype")


def severe(page: Page, axe: Axe, *rules: str) -> list[str]:
    """Return what axe finds serious or critical on a page; by all of its rules, or by these."""
    found = axe.run(page, options={"runOnly": list(rules)} if rules else None).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in SEVERE
        for node in one["nodes"]
    ]


def looked_at(page: Page, axe: Axe, role: str) -> list[str]:
    """Return what is wrong with the page that is open, in each width and scheme; for others than the owner, in one."""
    problems = []
    looks = LOOKS if role == Role.OWNER else [LOOKS[ROLES.index(Role(role))]]
    for number, ((width, height), scheme) in enumerate(looks):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"{page.url}: {wide} px wide in a window of {width}")
        rules = LOOK_RULES if number else []
        problems += [f"{page.url} {width} {scheme}: {one}" for one in severe(page, axe, *rules)]
    return problems


@contextmanager
def listened_to(page: Page) -> Iterator[list[str]]:
    """A list of what goes wrong in the page's scripts."""
    problems: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error" and not STILL_DRAWN.search(said.text):
            problems.append(f"{page.url}: {said.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    yield problems


@pytest.mark.parametrize("role", [*ROLES, Role.OWNER])
def test_every_page_as_every_role(role: str, world: World, browser: Browser, installation: Installation) -> None:
    """The owner's pages in each width and scheme; what others see is the same or less, and is looked at in one."""
    axe = Axe()
    with browser_of(role, world, browser, installation.url) as page, listened_to(page) as problems:
        walked = 0
        for row in rows():
            path = address(row, world)
            assert isinstance(row.needs, Right)
            may = row.needs in RIGHTS[role]
            status, is_html = is_page(page, path)
            if status != (200 if may else 403):
                problems.append(f"{path}: {status}")
            if not (may and is_html):
                continue
            page.goto(path)
            problems += looked_at(page, axe, role)
            walked += 1
    assert walked >= 15
    assert problems == [], "\n".join(problems)


@pytest.fixture(scope="module")
def papers(world: World, launch_browser: Callable[[], Browser], installation: Installation) -> list[int]:
    """The first document of several collections of ../shared/data, uploaded in the browser by a reviewer, and read."""
    files = [sorted((SHARED / name / "documents").iterdir())[0] for name in COLLECTIONS]
    browser = launch_browser()
    with browser_of(Role.REVIEWER, world, browser, installation.url) as page:
        page.goto(f"/p/{SLUG}/batches/")
        page.locator("#upload-files").set_input_files(files)
        page.wait_for_url(re.compile(rf"/p/{SLUG}/batches/\d+/$"))
        expect(page.locator("#batch-live .state-review")).to_have_count(len(files), timeout=READ_MS)  # without a reload
        links = [link.get_attribute("href") or "" for link in page.locator("#batch-live td.name a").all()]
    browser.close()
    return [int(link.rstrip("/").rpartition("/")[2]) for link in links]


@pytest.mark.slow
@pytest.mark.own_time(2000)
@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("role", [*ROLES, Role.OWNER])
def test_pages_of_real_documents_as_every_role(
    role: str, world: World, papers: list[int], browser: Browser, installation: Installation
) -> None:
    """Scans, text layers and e-invoices: their pages, and the lists that they stand in."""
    axe = Axe()
    pages: dict[str, Right] = {f"/p/{SLUG}/{name}/": Right.READ for name in ("documents", "inbox", "batches")}
    for pk in papers:
        pages |= {
            f"/p/{SLUG}/documents/{pk}/": Right.READ,
            f"/p/{SLUG}/documents/{pk}/pages/": Right.READ,
            f"/p/{SLUG}/documents/{pk}/erase/": Right.ADMIN,
            f"/p/{SLUG}/templates/studio/?document={pk}": Right.TEMPLATES,
        }
    with browser_of(role, world, browser, installation.url) as page, listened_to(page) as problems:
        for path, needs in pages.items():
            may = needs in RIGHTS[role]
            status, _is_html = is_page(page, path)
            if status != (200 if may else 403):
                problems.append(f"{path}: {status}")
            if may:
                page.goto(path)
                page.wait_for_load_state("networkidle")
                wait_for(lambda: page.evaluate(ALL_DRAWN), timeout_s=READ_MS / 1000)
                problems += looked_at(page, axe, role)
    assert len(papers) == len(COLLECTIONS)
    assert problems == [], "\n".join(problems)
