"""A REST client of the standard library: one connection a thread, and writes that are repeated until they are answered."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 120
PAUSE_S = 0.5  # between two tries, where the answer does not say how long
# Answers after which the same request, with the same key, may be sent again.
AGAIN = (409, 429, 500, 502, 503, 504)


class Unanswered(Exception):
    """No useful answer came in time."""


class RestClient:
    """Calls of one API token; use one client a thread."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._prefix = parts.netloc, parts.path.rstrip("/") + "/api/v1"
        self._token = token
        self._connection: http.client.HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Send one request; return status, JSON and headers. Raises OSError or HTTPException."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        sent = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            self._connection.request(method, self._prefix + path, body, sent)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise
        return answer.status, json.loads(content) if content else None, answer.headers

    def get(self, path: str) -> Any:
        """Return the JSON of a GET. Raises Unanswered."""
        return self._insist("GET", path, None, {})

    def send(self, method: str, path: str, data: Any) -> Any:
        """Return the JSON that a write answers, done once however often it is sent. Raises Unanswered."""
        return self._insist(method, path, json.dumps(data).encode(), {"Content-Type": "application/json"})

    def upload(self, batch: str, name: str, content: bytes) -> Any:
        """Upload a file, once however often it is sent, and return its document. Raises Unanswered."""
        return self._send_file(f"/batches/{batch}/documents", name, content)

    def predict(self, name: str, content: bytes) -> Any:
        """Return what the project reads from a file that is not kept, as `invex-prediction/1`. Raises Unanswered."""
        return self._send_file("/predict", name, content)

    def _send_file(self, path: str, name: str, content: bytes) -> Any:
        boundary = uuid.uuid4().hex
        quoted = name.replace('"', "%22")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._insist("POST", path, body, kind)

    def _insist(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], *, within_s: float = 300
    ) -> Any:
        if method != "GET":
            headers = {**headers, "Idempotency-Key": uuid.uuid4().hex}
        deadline = time.monotonic() + within_s
        while True:
            pause_s, last = PAUSE_S, ""
            try:
                status, found, about = self.call(method, path, body, headers)
                if status < 300:
                    return found
                last = f"{status} {found}"
                if status not in AGAIN:
                    raise Unanswered(f"{method} {path}: {last}")
                pause_s = float(about.get("Retry-After") or PAUSE_S)
            except (OSError, http.client.HTTPException) as e:
                last = repr(e)
            if time.monotonic() + pause_s > deadline:
                raise Unanswered(f"{method} {path}: {last} after {within_s:.0f} s")
            time.sleep(pause_s)
