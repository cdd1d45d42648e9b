"""The pool: the same documents as in this process, and what a hostile file costs."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image

from invex.fields.geometry import Box
from invex.reading.errors import Unreadable
from invex.reading.limits import Limits
from invex.reading.pool import ReaderPool
from invex.reading.reader import read_file
from invex.reading.types import Document, EInvoice, Page, Word
from invex.reading.wire import pack_document, unpack_document
from tests.invex.reading.made_files import draw_invoice, text_image

MIB = 1 << 20


def children() -> set[int]:
    return {p.pid for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(scope="module")
def pool():
    with ReaderPool() as shared:
        yield shared


def failing(pool: ReaderPool, path: Path) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        pool.read(path, ocr="never")
    return caught.value


def test_a_document_crosses_the_wire_unchanged():
    word = Word("Tötal", Box(0.1, 0.2, 0.30000001, 0.4), 0.987)
    page = Page(595.3, 842, (word, word), "mixed", (Box(0, 0.5, 1, 0.5),), 270, bytes(768))
    invoice = EInvoice("cii", "urn:x", {"total_amount": ("1.00",)}, ({"amount": "1.00"},))
    document = Document((page, Page(10, 20, ())), "ä.pdf", "1", invoice, ("look",))
    message, payload = pack_document(document)
    assert unpack_document({**message, "warnings": list(message["warnings"])}, payload) == document


def test_what_a_broken_parser_sends_is_refused():
    message, payload = pack_document(Document((Page(10, 20, (Word("a", Box(0, 0, 1, 1)),)),)))
    with pytest.raises(ValueError):
        unpack_document(message, payload[:-8])


def test_the_pool_reads_and_draws_what_this_process_does(pool, invoice_pdf):
    assert pool.read(invoice_pdf, name="mine.pdf") == read_file(invoice_pdf, name="mine.pdf")
    (image,) = pool.render(invoice_pdf, [0], 36, rotations=[90])
    assert Image.open(io.BytesIO(image)).size == (421, 298)


def test_relative_paths_are_those_of_the_caller(pool, invoice_pdf, monkeypatch):
    monkeypatch.chdir(invoice_pdf.parent)
    assert pool.read(invoice_pdf.name).pages


def test_a_fault_of_the_file_keeps_its_code_and_the_process(pool, tmp_path, invoice_pdf):
    before = children()
    path = tmp_path / "empty.pdf"
    path.touch()
    assert failing(pool, path).code == "empty"
    assert pool.read(invoice_pdf).pages
    assert children() == before


def test_the_sandbox_says_what_it_keeps_a_parser_from(pool):
    report = pool.sandbox_report()
    assert set(report) == {"network", "privileges", "memory", "files"}
    assert report["memory"] == "2048 MiB"


def test_many_threads_share_a_pool(make_pdf):
    paths = [
        make_pdf(lambda canvas, n=n: canvas.drawString(72, 700, f"number {n}"), name=f"{n}.pdf") for n in range(12)
    ]
    with ReaderPool(workers=2) as shared, ThreadPoolExecutor(6) as threads:
        documents = list(threads.map(shared.read, paths))
    assert [d.pages[0].text for d in documents] == [f"number {n}" for n in range(12)]


def test_a_parse_that_hangs_is_a_timeout_and_the_next_file_is_read(tmp_path, invoice_pdf):
    endless = nested_forms(tmp_path / "endless.pdf")
    with ReaderPool(limits=Limits(wall_s=0.02)) as impatient:
        impatient.sandbox_report()  # starts the process, which has a limit of its own
        assert failing(impatient, endless).code == "timeout"
        (worker,) = impatient._workers
        worker._limits = replace(worker._limits, wall_s=30)  # a busy machine takes its time, too
        assert impatient.read(invoice_pdf).pages


def test_a_parse_that_burns_the_processor_is_a_timeout(tmp_path, invoice_pdf):
    endless = nested_forms(tmp_path / "endless.pdf")
    with ReaderPool(limits=Limits(cpu_s=1, wall_s=60)) as limited:
        assert failing(limited, endless).code == "timeout"
        assert limited.read(invoice_pdf, ocr="never").pages


def nested_forms(path: Path, *, depth: int = 12, width: int = 12) -> Path:
    """A small PDF whose page draws a form that draws a form ...: width ** depth pieces of text."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 5 0 R/Resources<</XObject<</F 6 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length 4>>stream\n/F Do\nendstream",
    ]
    for level in range(depth):
        last = level == depth - 1
        body = b"BT /T 9 Tf 9 9 Td (x) Tj ET" if last else b"/F Do " * width
        inner = b"/Font<</T 4 0 R>>" if last else b"/XObject<</F %d 0 R>>" % (7 + level)
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<<%s>>/Length %d>>" % (inner, len(body))
        objects.append(head + b"stream\n" + body + b"\nendstream")
    content, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    content += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, content.rindex(b"xref"))
    path.write_bytes(content)
    return path


def test_a_file_that_needs_too_much_memory_costs_itself_only(tmp_path, invoice_pdf):
    large = tmp_path / "large.png"
    Image.new("1", (12_000, 6_000), "white").save(large)
    with ReaderPool(limits=Limits(memory_bytes=400 * MIB)) as small:
        assert failing(small, large).code == "out_of_memory"
        assert small.read(invoice_pdf, ocr="never").pages


def test_a_parser_that_crashes_costs_one_document(invoice_pdf):
    with ReaderPool() as shared:
        shared.read(invoice_pdf, ocr="never")
        (victim,) = children_of_this_test(shared)
        os.kill(victim, signal.SIGSEGV)
        time.sleep(0.2)
        assert failing(shared, invoice_pdf).code == "crashed"
        assert shared.read(invoice_pdf, ocr="never").pages


def children_of_this_test(shared: ReaderPool) -> list[int]:
    return [w._parser.pid for w in shared._workers if w._parser is not None]


def test_processes_are_renewed_and_none_is_left(invoice_pdf):
    before = children()
    with ReaderPool(tasks_per_process=2) as shared:
        seen = set()
        for _ in range(5):
            shared.read(invoice_pdf, ocr="never")
            seen.update(children_of_this_test(shared))
        assert len(seen) == 3
    assert children() == before


def test_processes_end_when_the_program_is_killed(invoice_pdf):
    program = (
        "import sys, time; from invex.reading.pool import ReaderPool\n"
        f"pool = ReaderPool(); pool.read({str(invoice_pdf)!r})\n"
        "print(pool._workers[0]._parser.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    child.wait(timeout=5)


def test_the_thread_that_started_a_process_may_end(invoice_pdf):
    with ReaderPool() as shared:
        first = threading.Thread(target=shared.read, args=(invoice_pdf,))
        first.start()
        first.join()
        pids = children_of_this_test(shared)
        time.sleep(0.3)
        shared.read(invoice_pdf)
        assert children_of_this_test(shared) == pids


def test_a_parser_is_given_no_secret_and_no_network(invoice_pdf, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not pass on")
    with ReaderPool() as shared:
        report = shared.sandbox_report()
        (pid,) = children_of_this_test(shared)
        assert b"do not pass on" not in Path(f"/proc/{pid}/environ").read_bytes()
        if report["network"].startswith("none"):
            assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")


def test_a_pool_of_no_workers_is_refused():
    with pytest.raises(ValueError, match="0 workers"):
        ReaderPool(workers=0)


def test_limits_reach_the_parser(make_pdf):
    path = make_pdf(draw_invoice, draw_invoice)
    with ReaderPool(limits=replace(Limits(), pages=1)) as strict:
        assert failing(strict, path).code == "too_many_pages"


def test_an_ocr_process_that_cannot_start_is_no_fault_of_the_file(tmp_path, invoice_pdf):
    path = tmp_path / "scan.png"
    text_image(("Total 42.00",), size=(400, 100)).save(path)
    with ReaderPool(limits=Limits(ocr_memory_bytes=64 * MIB)) as starved:
        with pytest.raises(RuntimeError, match="ocr process did not start"):
            starved.read(path)
        assert starved.read(invoice_pdf).pages
