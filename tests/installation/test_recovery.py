"""In mid-batch, kill -9 of each kind of process and FLUSHALL in Redis: the same counts, nothing twice, nobody's help."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from fixtures.generator.degrade import scan
from fixtures.generator.render_pdf import render_pdf
from fixtures.generator.vendor import Vendor
from invex.documents.states import WORKING
from tests.installed import Installation, make_empty, start, stop, wait_for
from tests.rest_client import RestClient

CONNECTIONS = 4
SHOWS_UP_S = 180  # a process that was killed before, on a busy machine
PROGRESS_S = 20  # between two kills
READY_AGAIN_S = 90
SETTLED_S = 420  # with some leases that must run out
LEARNED_S = 120
FLUSHALL = "FLUSHALL"
# What to kill, by words of its command line; a web master is the one whose parent is the supervisor.
KINDS = {
    "redis": ("redis-server",),
    "web master": ("gunicorn",),
    "web worker": ("gunicorn",),
    "read worker": ("worker", "read"),
    "parser": ("invex.reading.worker", "parser"),
    "OCR": ("invex.reading.worker", "ocr"),
    "extract worker": ("worker", "extract"),
    "default worker": ("worker", "default"),
    "online worker": ("worker", "online"),
    "results worker": ("worker", "results"),
    "scheduler": ("scheduler",),
}


@dataclass
class Batch:
    """Generated files, and what becomes of them without any accident."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    expected: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, content: bytes, state: str) -> None:
        self.files.append((name, content))
        self.expected[state] += 1


def make_batch(documents: int, *, scans: int) -> Batch:
    """Invoices of four vendors, the last `scans` of them scanned, and one file each that is empty, damaged, locked."""
    from reportlab.pdfgen.canvas import Canvas

    batch = Batch()
    vendors = [Vendor(seed, kind="invoice", locale="en-US") for seed in range(900, 904)]
    for number in range(documents - 3):
        one = vendors[number % len(vendors)].document(number // len(vendors))
        pdf = render_pdf(one.canvas)
        if number >= documents - 3 - scans:
            batch.add(f"scan-{number}.jpg", scan(pdf, ".jpg", number, level=0.2), "review")
        else:
            batch.add(f"invoice-{number}.pdf", pdf, "review")
    locked = io.BytesIO()
    canvas = Canvas(locked, encrypt="a password")
    canvas.drawString(72, 700, "Invoice 4711")
    canvas.save()
    batch.add("empty.pdf", b"", "failed")
    batch.add("damaged.pdf", render_pdf(vendors[0].document(0).canvas)[:200], "failed")
    batch.add("locked.pdf", locked.getvalue(), "needs_password")
    batch.files.sort(key=lambda file: hash_order(file[0]))  # scans between the others
    return batch


def hash_order(name: str) -> int:
    return sum(name.encode()) * 7919 % 101


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    data = tmp_path / "data"
    make_empty(data)
    found = start(data, INVEX_READERS="2")
    yield found
    stop(found)


def victim(installation: Installation, kind: str) -> psutil.Process | None:
    for process in installation.processes(*KINDS[kind]):
        is_child = process.ppid() == installation.process.pid
        if kind not in ("web master", "web worker") or is_child == (kind == "web master"):
            return process
    return None


def strike(installation: Installation, what: str) -> None:
    """kill -9 one process of the kind, or FLUSHALL."""
    if what == FLUSHALL:
        installation.flush_redis()
        return

    def found() -> psutil.Process | None:
        return victim(installation, what)

    found.__name__ = what
    wait_for(found, timeout_s=SHOWS_UP_S, every_s=0.05).kill()


def settled(installation: Installation) -> int:
    """How many documents are out of the machine's hands."""
    states = Counter(dict(installation.rows("SELECT state, COUNT(*) FROM documents_document GROUP BY state")))
    return states.total() - sum(states[state] for state in WORKING)


def strike_all(installation: Installation, accidents: list[str]) -> None:
    """One accident after the other, with some progress between two, so that no document is hit by all of them."""
    for what in accidents:
        before, until = settled(installation), time.monotonic() + PROGRESS_S
        while settled(installation) < before + 2 and time.monotonic() < until:
            time.sleep(0.2)
        strike(installation, what)


def run_batch(installation: Installation, batch: Batch, accidents: list[str]) -> None:
    """Upload the batch while the accidents happen; wait until nothing is left to do, and look at every row."""
    token = installation.manage("token", "--project", "demo", "--role", "author")
    batch_id = RestClient(installation.url, token).send("POST", "/batches", {"name": "recovery"})["id"]
    clients = threading.local()

    def upload(file: tuple[str, bytes]) -> None:
        if not hasattr(clients, "mine"):
            clients.mine = RestClient(installation.url, token)
        clients.mine.upload(batch_id, *file)

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        uploads = [threads.submit(upload, file) for file in batch.files]
        strike_all(installation, accidents)
        for one in uploads:
            one.result()

    client = RestClient(installation.url, token)

    def all_done() -> bool:
        counts = client.get(f"/batches/{batch_id}")["counts"]
        return sum(counts.values()) == len(batch.files) and not any(counts[state] for state in WORKING)

    wait_for(all_done, timeout_s=SETTLED_S, every_s=1)
    wait_for(installation.is_ready, timeout_s=READY_AGAIN_S)
    check_rows(installation, batch)
    check_learning(installation, client, batch_id)


def check_rows(installation: Installation, batch: Batch) -> None:
    rows = installation.rows
    states = Counter(dict(rows("SELECT state, COUNT(*) FROM documents_document GROUP BY state")))
    failures = rows("SELECT name, reason_code, reason_message FROM documents_document WHERE state = 'failed'")
    assert states == batch.expected, failures
    assert {code for _, code, _ in failures} == {"empty", "corrupt"}
    # Nothing twice: each file is one document, read once and extracted once.
    assert sorted(name for (name,) in rows("SELECT name FROM documents_document")) == sorted(n for n, _ in batch.files)
    per_document = rows(
        "SELECT d.name, COUNT(e.id), MAX(e.number) FROM documents_document d "
        "JOIN extraction_extraction e ON e.document_id = d.id GROUP BY d.id"
    )
    assert len(per_document) == batch.expected["review"]
    assert [row for row in per_document if row[1:] != (1, 1)] == []
    events = Counter(dict(rows("SELECT name, COUNT(*) FROM kernel_event GROUP BY name")))
    subjects = Counter(dict(rows("SELECT name, COUNT(DISTINCT subject) FROM kernel_event GROUP BY name")))
    for name in ("document.read", "prediction.made", "document.failed", "document.needs_password"):
        assert events[name] == subjects[name], name
    assert events["document.read"] == events["prediction.made"] == batch.expected["review"]

    def every_event_is_dispatched() -> bool:
        return rows("SELECT COUNT(*) FROM kernel_event WHERE dispatched_at IS NULL") == [(0,)]

    wait_for(every_event_is_dispatched, timeout_s=READY_AGAIN_S)


def check_learning(installation: Installation, client: RestClient, batch_id: str) -> None:
    """Confirm one document and take the jobs away that learn from it: the next one is read with it all the same."""
    first = Vendor(900, kind="invoice", locale="en-US").document(0)
    items = client.get(f"/documents?batch={batch_id}&state=review")["items"]
    confirmed = next(item["id"] for item in items if item["name"] == "invoice-0.pdf")
    label = {
        "template": "Recovered",
        "fields": {"invoice_number": [{"value": first.label.fields["invoice_number"][0].value}]},
    }
    client.send("PUT", f"/documents/{confirmed}/labels?create_template=1", label)
    for what in ("default worker", "extract worker", FLUSHALL):
        strike(installation, what)

    def next_one_is_known() -> bool:
        return bool(
            installation.rows(
                "SELECT 1 FROM documents_document WHERE name = 'invoice-4.pdf' AND template = 'Recovered'"
            )
        )

    wait_for(next_one_is_known, timeout_s=LEARNED_S)


def test_some_accidents(installation: Installation) -> None:
    run_batch(installation, make_batch(14, scans=2), ["read worker", "redis", "web worker", FLUSHALL, "OCR"])


@pytest.mark.slow
def test_every_kind_of_accident(installation: Installation) -> None:
    run_batch(installation, make_batch(60, scans=8), [*KINDS, FLUSHALL])
