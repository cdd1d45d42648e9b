"""All documents of dataset folders in one batch over REST: `python tests/bench/upload.py URL TOKEN [DATASET ...]`.

Eight connections upload; then it waits until the machine is done with every document, and prints what became of them.
Exit code 1 when the counts do not add up, or a document ended in a state that says nothing to a person.
"""

from __future__ import annotations

import argparse
import json
import queue
import sqlite3
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.rest_client import RestClient

CONNECTIONS = 8
POLL_S = 2.0
WORKING = ("received", "reading", "extracting")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class File:
    dataset: str
    path: Path

    @property
    def name(self) -> str:
        return f"{self.dataset} {self.path.name}"


def files_of(folder: Path, most: int | None) -> list[File]:
    """Return the files of a dataset folder, the first `most` of them."""
    about = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    found = [File(folder.name, folder / entry["file"]) for entry in about["documents"]]
    return [file for file in found if file.path.exists()][:most]


def upload_all(url: str, token: str, batch: str, files: list[File], connections: int) -> dict[str, File]:
    """Upload every file; return the files by document id."""
    waiting: queue.SimpleQueue[File] = queue.SimpleQueue()
    for file in files:
        waiting.put(file)
    accepted: dict[str, File] = {}
    problems: list[BaseException] = []

    def work() -> None:
        client = RestClient(url, token)
        while True:
            try:
                file = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                document = client.upload(batch, file.name, file.path.read_bytes())
                accepted[document["id"]] = file
            except Exception as e:  # told at the end; the other files go on
                problems.append(e)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in problems:
        print(f"not accepted: {problem}", file=sys.stderr)
    return accepted


def wait(client: RestClient, batch: str) -> dict[str, int]:
    """Wait until no document of the batch is at work; return the counts by state."""
    shown = 0.0
    while True:
        counts: dict[str, int] = client.get(f"/batches/{batch}")["counts"]
        working = sum(counts[state] for state in WORKING)
        if not working:
            return counts
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            print(f"  {sum(counts.values()) - working} of {sum(counts.values())} are done", file=sys.stderr)
        time.sleep(POLL_S)


def documents_of(client: RestClient, batch: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path: str | None = f"/documents?batch={batch}&limit=100"
    while path:
        page = client.get(path)
        found += page["items"]
        path = page["next"] and page["next"].split("/api/v1", 1)[1]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("token", help="manage.py token --project demo --role reviewer")
    parser.add_argument("datasets", nargs="*", metavar="DATASET[:MOST]", help="folders; default: all of ../shared/data")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--data", type=Path, help="the installation's DATA with its SQLite: also tells what OCR took")
    options = parser.parse_args()
    wanted = options.datasets or sorted(str(p.parent) for p in SHARED.glob("*/dataset.json"))
    files: list[File] = []
    for text in wanted:
        folder, _, most = text.partition(":")
        files += files_of(Path(folder), int(most) if most else None)

    client = RestClient(options.url, options.token)
    batch = client.send("POST", "/batches", {"name": f"upload of {len(files)} files"})["id"]
    started = time.monotonic()
    accepted = upload_all(options.url, options.token, batch, files, options.connections)
    uploaded_s = time.monotonic() - started
    counts = wait(client, batch)
    seconds = time.monotonic() - started
    rows = documents_of(client, batch)
    code = report(files, accepted, counts, rows, uploaded_s=uploaded_s, seconds=seconds)
    if options.data:
        report_reading(options.data / "invex.sqlite3", batch)
    return code


def report_reading(database: Path, batch: str) -> None:
    """Print the seconds that a reader took a page, with and without OCR."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT reader LIKE '%+%', COUNT(*), SUM(page_count), SUM(read_seconds) FROM documents_document "
            "WHERE batch_id = ? AND read_seconds IS NOT NULL GROUP BY 1", [int(batch)],
        ).fetchall()  # fmt: skip
    for has_ocr, documents, pages, seconds in rows:
        kind = "with pages read by OCR" if has_ocr else "with text layers or XML alone"
        print(f"{documents} documents {kind}: {pages} pages, {seconds / pages:.3f} seconds a page in a reader")


def report(
    files: list[File],
    accepted: dict[str, File],
    counts: dict[str, int],
    rows: list[dict[str, Any]],
    *,
    uploaded_s: float,
    seconds: float,
) -> int:
    by_set: dict[str, Counter[str]] = {}
    for row in rows:
        by_set.setdefault(accepted[row["id"]].dataset, Counter())[row["state"]] += 1
    states = [state for state in counts if counts[state]]
    print(f"| set | files | {' | '.join(states)} |")
    print(f"|---|---|{'---|' * len(states)}")
    for name, found in sorted(by_set.items()):
        print(f"| {name} | {found.total()} | {' | '.join(str(found[state]) for state in states)} |")
    print(f"| all | {sum(counts.values())} | {' | '.join(str(counts[state]) for state in states)} |")
    pages = sum(row["pages"] or 0 for row in rows)
    print(f"\n{len(files)} files, {pages} pages: uploaded in {uploaded_s:.0f} s, done after {seconds:.0f} s; "
          f"{len(files) / seconds:.2f} documents and {pages / seconds:.2f} pages a second")  # fmt: skip
    for row in rows:
        if row["state"] in ("failed", "needs_password"):
            print(f"{row['state']}: {row['name']}: {row['reason']}")
    is_whole = len(files) == len(accepted) == len(rows) == sum(counts.values())
    is_plain = all(
        row["reason"] and row["reason"]["message"] for row in rows if row["state"] in ("failed", "needs_password")
    )
    print("The counts add up." if is_whole else "THE COUNTS DO NOT ADD UP.")
    return 0 if is_whole and is_plain else 1


if __name__ == "__main__":
    sys.exit(main())
