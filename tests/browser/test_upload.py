"""Uploads in a browser: what cannot be read stops nothing, and what is sent again is taken once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor

# A folder as a browser hands it over: one file in it can be read, another was deleted meanwhile, a folder is locked.
DROP_A_FOLDER = """
(bytes) => {
  const failing = (name) => ({isFile: true, fullPath: `/scans/${name}`,
    file: (_, reject) => reject(new DOMException("gone", "NotFoundError"))});
  const readable = {isFile: true, fullPath: "/scans/kept.pdf",
    file: (resolve) => resolve(new File([new Uint8Array(bytes)], "dropped.pdf"))};
  const folder = (fullPath, portions) => ({isFile: false, fullPath, createReader: () => ({
    readEntries: (resolve, reject) => portions ? resolve(portions.shift() || []) : reject(new DOMException("locked"))})});
  const dropped = folder("/scans", [[failing("gone.pdf"), folder("/scans/locked")], [readable]]);
  const event = new Event("drop", {cancelable: true});
  Object.defineProperty(event, "dataTransfer", {value: {files: [], items: [{webkitGetAsEntry: () => dropped}]}});
  document.getElementById("upload").dispatchEvent(event);
}
"""

# As when the connection breaks after the file has arrived: the script hears of an error instead of the answer.
LOSE_THE_FIRST_ANSWER = """
const listen = XMLHttpRequest.prototype.addEventListener;
let answers = 0;
XMLHttpRequest.prototype.addEventListener = function (type, callback) {
  listen.call(this, type, type !== "load" ? callback : (event) => {
    answers += 1;
    if (answers === 1) this.dispatchEvent(new Event("error"));
    else callback(event);
  });
};
"""


@pytest.fixture
def invoice() -> bytes:
    return render_pdf(Vendor(4719, kind="invoice", locale="en-US").document(0).canvas)


def named(installation, name: str) -> int:
    return installation.rows(f"SELECT COUNT(*) FROM documents_document WHERE name = '{name}'")[0][0]


def test_of_a_dropped_folder_what_cannot_be_read_is_named_and_the_rest_is_uploaded(
    admin_page: Page, installation, invoice: bytes
) -> None:
    page = admin_page
    page.goto("/p/demo/batches/")
    page.evaluate(DROP_A_FOLDER, list(invoice))
    expect(page.locator("#upload-text")).to_contain_text("1 of 3 uploaded · 2 could not be uploaded")
    expect(page.locator("#upload-errors li")).to_have_text(
        [re.compile(r"^scans/gone\.pdf: your browser"), re.compile(r"^scans/locked: your browser")]
    )
    assert named(installation, "dropped.pdf") == 1


def test_a_file_whose_answer_is_lost_is_sent_again_and_taken_once(
    admin_page: Page, installation, invoice: bytes, tmp_path: Path
) -> None:
    page, file = admin_page, tmp_path / "answer-lost.pdf"
    file.write_bytes(invoice)
    sent: list[str] = []
    page.on("request", lambda one: one.url.endswith("/upload/") and sent.append(one.headers["idempotency-key"]))
    page.add_init_script(LOSE_THE_FIRST_ANSWER)
    page.goto("/p/demo/batches/")
    page.locator("#upload-files").set_input_files(file)
    page.wait_for_url(re.compile(r"/p/demo/batches/\d+/$"))
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert named(installation, "answer-lost.pdf") == 1
