"""A clerk's hour: `python tests/bench/clerk.py`, on ad-buy documents of ../shared/data with the labels as her knowledge.

An installation of its own, in which nothing is learned yet, and Chromium. The clerk opens one document after the other,
looks at it for a while, corrects what is wrong (a click where the value is printed in one place, else typing), and
approves. Meanwhile another batch is read. Printed are the actions a document, and how long the system took to answer:
as the browser saw it, and as the web server did. A clerk's browser has a machine of its own; this one shares the cores
with what it measures, so it runs at a lower priority than the web server, and its own work counts in its times alone.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # it is run as a file

from playwright.sync_api import Page, Request, sync_playwright

from tests.bench.clerk_figures import report
from tests.browser.conftest import KNOWS_KEYS
from tests.chromium import chromium
from tests.installed import PASSWORD, Installation, make_empty, start, stop, wait_for
from tests.rest_client import RestClient

SHARED = ROOT.parent / "shared" / "data"
ADBUY = SHARED / "adbuy"
OTHERS = ("invoices_fr", "fara", "zugferd", "sroie")  # of which the batch is made that is read meanwhile
READY_S = 600  # for the clerk's documents to be read
SETTLE_MS = 15_000  # for the page, on a busy machine
BROWSER_PRIORITY = 5
ACCESS_LOG = "--access-logfile {file} --access-logformat '%(m)s %(U)s?%(q)s %(D)s'"  # method, address, microseconds
# Addresses of the review screen -> what the request is for; the first that fits.
KINDS = (
    ("/static/", "style or script"),
    ("/meaning/", "say what a value means"),
    ("/words/", "words of a page"),
    ("/pages/", "picture of a page"),
    ("/draft/", "keep the draft"),
    ("/presence/", "tell who is there"),
    ("/learned/", "say what was learned"),
    ("/inbox/start/", "start"),
    ("/ahead/", "the next document, beforehand"),
    ("/fresh/", "read it with what was learned"),
    ("/as/", "what it says as that template"),
)
# Whether the document of the address is there and its script runs: that fills the fields' numbers first.
IS_READY = """() => {
  const number = document.querySelector("[data-number]"), root = document.getElementById("review");
  return root?.dataset.presence.startsWith(location.pathname) && (!number || number.textContent);
}"""
# Whether the page of this address shows her something that she has to see before she approves.
IS_ASKED = """(address) => {
  return location.href === address && Boolean(document.querySelector("#review-form [name=awaited]")?.value);
}"""
# The browser's own clock, from the key that approves until the next document was painted: what drives the browser
# takes tens of milliseconds for itself. In the session, where also a page that is loaded anew finds it.
WATCH = f"""(() => {{
  const isReady = {IS_READY};
  const now = () => performance.timeOrigin + performance.now();
  const look = () => {{
    if (location.pathname === sessionStorage.from || !isReady()) requestAnimationFrame(look);
    else requestAnimationFrame(() => {{ sessionStorage.took = now() - sessionStorage.at; delete sessionStorage.from; }});
  }};
  addEventListener("keydown", (event) => {{
    if (event.key !== "Enter" || !event.ctrlKey) return;
    sessionStorage.at = performance.timeOrigin + event.timeStamp;
    sessionStorage.from = location.pathname;
    delete sessionStorage.took;
    look();
  }}, true);
  addEventListener("DOMContentLoaded", () => {{ if (sessionStorage.from) look(); }});
}})()"""


Words = dict[str, list[list[list[Any]]]]  # by document, page by page, each [text, x0, y0, x1, y1]


@dataclass
class Done:
    """What one document cost. actions: keys and clicks; answers: (kind, milliseconds) of each request of the screen."""

    name: str
    actions: int = 0
    corrected: int = 0
    answers: list[tuple[str, float]] = field(default_factory=list)
    next_ms: float = 0.0  # from the key that approves until the next document can be worked on


def kind_of(method: str, address: str) -> str | None:
    """Return what a request of the review screen is for; None for a request of somebody else."""
    found = next((name for part, name in KINDS if part in address), None)
    if found is None and "/documents/" in address:
        is_chosen = "template=" in address
        found = "approve" if method == "POST" else "choose another template" if is_chosen else "open a document"
    return found


def served(access_log: Path) -> list[tuple[str, float]]:
    """Return (kind, milliseconds) of each request of the review screen, as the web server timed it."""
    found = []
    for line in access_log.read_text().splitlines():
        method, address, us = line.split()
        if not address.startswith("/api/") and (kind := kind_of(method, address)) is not None:
            found.append((kind, int(us) / 1000))
    return found


def documents(most: int) -> list[tuple[Path, dict[str, Any]]]:
    """Return files of the templates of adbuy with their labels, in the order of the dataset."""
    about = json.loads((ADBUY / "dataset.json").read_text(encoding="utf-8"))
    found = []
    for entry in about["documents"]:
        label = json.loads((ADBUY / "labels" / f"{entry['id']}.json").read_text(encoding="utf-8"))
        if label["template"] is not None:
            found.append((ADBUY / entry["file"], label))
    return found[:most]


def make_templates(client: RestClient, labels: Iterable[dict[str, Any]]) -> None:
    about = json.loads((ADBUY / "dataset.json").read_text(encoding="utf-8"))
    for name in sorted({label["template"] for label in labels}):
        client.send("POST", "/templates", {"name": name, "fields": about["fields"]})


@contextmanager
def another_batch(installation: Installation, token: str) -> Any:
    """While this lasts, documents of other kinds are read without a pause."""
    client, over = RestClient(installation.url, token), threading.Event()
    files = [p for name in OTHERS for p in sorted((SHARED / name / "documents").iterdir())]
    # Of every kind some all the time, not first one and then the other.
    files = [file for start in range(len(OTHERS)) for file in files[start :: len(OTHERS)]]

    def feed() -> None:
        batch = client.send("POST", "/batches", {"name": "meanwhile"})["id"]
        at = 0
        while not over.is_set():
            counts = client.get(f"/batches/{batch}")["counts"]
            if sum(counts[state] for state in ("received", "reading", "extracting")) < 10:
                for file in files[at : at + 10]:
                    client.upload(batch, file.name, file.read_bytes())
                at = (at + 10) % len(files)
            over.wait(1.0)

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def words_of(page: Page, installation: Installation) -> Words:
    """Return the words of every page, as the clerk's eyes know them without asking the server while she works."""
    sql = "SELECT id, words_blob, page_count FROM documents_document WHERE words_blob != ''"
    return {
        str(pk): [
            page.request.get(f"/p/demo/documents/{pk}/words/{number}?of={blob}").json()["words"]
            for number in range(pages)
        ]
        for pk, blob, pages in installation.rows(sql)
    }


class Clerk:
    """Somebody who knows what each document says, and works with keys and mouse as a person would."""

    def __init__(self, page: Page, looks_s: float, sees: Words) -> None:
        self.page, self.looks_s, self.sees = page, looks_s, sees
        self.at: Done | None = None
        self.meant: dict[str, Any] = {}
        page.on("requestfinished", self._answered)

    def _answered(self, request: Request) -> None:
        if self.at is None:
            return
        timing = request.timing
        kind = kind_of(request.method, request.url)
        if kind is not None and timing["responseEnd"] >= 0:
            self.at.answers.append((kind, timing["responseEnd"] - timing["requestStart"]))

    def press(self, key: str) -> None:
        assert self.at is not None
        self.at.actions += 1
        self.page.keyboard.press(key)

    def work(self, label: dict[str, Any], done: Done) -> None:
        """Correct the document that is open, and approve it."""
        self.at = done
        self._wait_ready()
        self.page.wait_for_timeout(self.looks_s * 1000)
        chosen = self.page.locator("#template-choice")
        if chosen.input_value() != label["template"]:
            done.actions += 2
            with self.page.expect_navigation():
                chosen.select_option(label["template"])
            self._wait_ready()
            self.page.locator("#review:not([data-read-as])").wait_for()  # she sees that it is being read
        for key, values in label["fields"].items():
            self._correct(key, values, done)
        before, has_seen = self.page.url, self.page.locator("#review-form [name=awaited][value='']")
        has_seen.wait_for(state="attached")
        self.press("Control+Enter")
        if self.page.evaluate(IS_ASKED, before):  # about marks that were not before her yet
            has_seen.wait_for(state="attached")
            self.press("Control+Enter")
        self.page.wait_for_url(lambda url: url != before, wait_until="domcontentloaded")
        if "/documents/" in self.page.url:
            took = self.page.wait_for_function("() => sessionStorage.took", timeout=SETTLE_MS)
            done.next_ms = float(took.json_value())

    def _wait_ready(self) -> None:
        self.page.wait_for_function(IS_READY, timeout=SETTLE_MS)

    def _correct(self, key: str, values: Sequence[dict[str, Any]], done: Done) -> None:
        inputs = self.page.locator(f"[data-field='{key}'] [data-value]")
        wanted = values[0]["value"] if values else ""
        if inputs.first.input_value() == wanted:
            return
        done.corrected += 1
        number = self.page.locator(f"[data-field='{key}'] [data-number]").first.text_content()
        self.press(f"Alt+{number}")
        if not wanted:
            self.press("Delete")
            return
        place = self._place(values[0].get("text") or wanted)
        if place is not None and self._click(key, place) == wanted:
            return
        if self.page.evaluate("document.activeElement?.closest('[data-field]')?.dataset.field") != key:
            self.press(f"Alt+{number}")
        else:
            self.press("Control+a")
        done.actions += len(wanted)
        with self.page.expect_response(lambda answer: "/meaning/" in answer.url):
            self.page.keyboard.type(wanted)

    def _click(self, key: str, place: tuple[int, list[list[Any]]]) -> str:
        """Click on a word, or drag over several; return what the page says they mean."""
        assert self.at is not None
        page_number, words = place
        layer = self.page.locator(f".page[data-page='{page_number}'] svg")
        layer.locator("rect.word").first.wait_for(state="attached")
        self.page.evaluate(
            "([n, y]) => { const p = document.getElementById('pages'), f = p.querySelector(`.page[data-page='${n}']`);"
            " p.scrollTop = f.offsetTop + y * f.clientHeight - p.clientHeight / 2; }",
            [page_number, words[0][2]],
        )
        frame = layer.bounding_box()
        assert frame is not None
        middles = [
            (frame["x"] + (w[1] + w[3]) / 2 * frame["width"], frame["y"] + (w[2] + w[4]) / 2 * frame["height"])
            for w in (words[0], words[-1])
        ]
        self.at.actions += 1
        with self.page.expect_response(lambda answer: "/meaning/" in answer.url) as answer:
            self.page.mouse.move(*middles[0])
            self.page.mouse.down()
            if len(words) > 1:
                self.page.mouse.move(*middles[1], steps=3)
            self.page.mouse.up()
        return str(answer.value.json()["value"])

    def _place(self, text: str) -> tuple[int, list[list[Any]]] | None:
        """The words that print the text, as her eyes find them; None unless they stand in one place alone."""
        found = []
        tokens = text.split()
        document = self.page.url.split("/documents/")[1].split("/")[0]
        for number, words in enumerate(self.sees[document]):
            for at in range(len(words) - len(tokens) + 1):
                run = words[at : at + len(tokens)]
                if [w[0] for w in run] == tokens:
                    found.append((number, run))
        is_one_line = len(found) == 1 and abs(found[0][1][0][2] - found[0][1][-1][2]) < 0.005
        return found[0] if is_one_line else None


def measure(folder: Path, most: int, looks_s: float, *, is_busy: bool) -> tuple[list[Done], list[tuple[str, float]]]:
    """Return what each document cost the clerk, in the order in which she saw them, and what the server took."""
    make_empty(folder / "data")
    log = folder / "access.log"
    installation = start(
        folder / "data",
        INVEX_READERS=str(os.cpu_count() or 1),
        GUNICORN_CMD_ARGS=ACCESS_LOG.format(file=log),
    )
    try:
        token = installation.manage("token", "--project", "demo", "--role", "owner")
        client = RestClient(installation.url, token)
        known = documents(most)
        make_templates(client, (label for _, label in known))
        batch = client.send("POST", "/batches", {"name": "the clerk's"})["id"]
        labels = {}
        for file, label in known:
            client.upload(batch, file.name, file.read_bytes())
            labels[file.name] = label
        installation.manage("shell", "-v", "0", "-c", KNOWS_KEYS)
        wait_for(lambda: client.get(f"/batches/{batch}")["counts"]["review"] == len(known), timeout_s=READY_S)
        if not is_busy:
            return review(installation, batch, labels, looks_s, log), served(log)
        with another_batch(installation, token):
            return review(installation, batch, labels, looks_s, log), served(log)
    finally:
        stop(installation)


def review(installation: Installation, batch: str, labels: dict[str, Any], looks_s: float, log: Path) -> list[Done]:
    humble = log.parent / "browser"
    # Playwright starts it in a session of its own; Linux may share the cores out among sessions before processes.
    session = f"[ -w /proc/self/autogroup ] && echo {BROWSER_PRIORITY} > /proc/self/autogroup"
    humble.write_text(f'#!/bin/sh\n{session}\nexec nice -n {BROWSER_PRIORITY} "{chromium()}" "$@"\n')
    humble.chmod(0o700)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=humble, args=["--no-sandbox"])
        context = browser.new_context(base_url=installation.url, viewport={"width": 1440, "height": 900})
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto("/login/")
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/p/demo/")
        clerk = Clerk(page, looks_s, words_of(page, installation))
        os.truncate(log, 0)  # what she does now is measured
        found: list[Done] = []
        page.goto(f"/p/demo/inbox/start/?order=age&batch={batch}")
        while len(found) < len(labels) and "/documents/" in page.url:
            name = page.locator("h1").inner_text()
            done = Done(name)
            clerk.work(labels[name], done)
            found.append(done)
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=50)
    parser.add_argument("--looks", type=float, default=2.0, help="seconds that she looks at a document")
    parser.add_argument("--idle", action="store_true", help="no other batch is read meanwhile")
    options = parser.parse_args()
    if not ADBUY.is_dir():
        sys.exit(f"{ADBUY} is not there: the clerk needs its documents and labels.")
    with tempfile.TemporaryDirectory() as folder:
        found, server = measure(Path(folder), options.documents, options.looks, is_busy=not options.idle)
    print(report(found, server))


if __name__ == "__main__":
    main()
