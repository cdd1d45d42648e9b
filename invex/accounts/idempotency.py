"""`Idempotency-Key`: a write that is sent twice is done once (FORMATS.md, section 7).

What holds:
- A key is claimed in a short transaction of its own, so of two requests with it at once one runs, the other gets 409.
- What is done and the answer that says so are one transaction. A process that dies has done neither; its claim runs
  out, and the request may be sent again. So may one that was refused.
- An operation with a slow part (`idempotent_slow`) does that before this transaction, which opens where its services
  call kernel.writes.begin, and renews its claim meanwhile. What a slow part leaves when no write follows harms nobody:
  bytes that are doomed, or that a repeated request stores anew; a build that was pulled and is not deployed.
- A claim that ran out although its process lives, and that another request took over, is noticed as the answer is kept:
  then nothing of the first one is.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from ninja.decorators import decorate_view

from invex.kernel import leases, writes
from invex.kernel.errors import InvexError
from invex.kernel.models import IdempotencyKey
from invex.kernel.rest.problems import UNUSABLE_BODY, problem, unusable_body

from .access import Access
from .auth import bearer_token
from .pages import ProjectRequest

HEADER = "Idempotency-Key"
MAX_KEY = 200
BODY_SALT = "invex.accounts.idempotency.body"
# A request that has not answered after this long has lost its process: its key is free again. The key is taken once
# the body has arrived; what follows takes seconds, on a busy database half a minute. A slow part renews its claim.
ABANDONED = datetime.timedelta(seconds=90)
KEPT_FOR = datetime.timedelta(days=7)  # whoever repeats a write does so within minutes, or after an outage
KEPT_HEADERS = ("Location", "Retry-After", "Content-Type")
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Any text of your own, new for each write: the same key and body get the same answer, done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
}

View = Callable[..., HttpResponse]


def once(view: View) -> View:
    """Wrap a view so that a request with a key that was answered before gets that answer."""
    return _once(view, is_slow=False)


def once_slow(view: View) -> View:
    """Wrap a view as `once` does; its services call kernel.writes.begin when their slow part is over."""
    return _once(view, is_slow=True)


def _once(view: View, *, is_slow: bool) -> View:
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None:
            return view(request, *args, **kwargs)
        try:
            access = bearer_token(request)
        except InvexError:
            access = None
        if access is None:
            return view(request, *args, **kwargs)  # which says 401
        request.auth = access  # type: ignore[attr-defined]
        run = functools.partial(view, request, *args, **kwargs)
        return _answer_with_key(run, request, access, key, is_slow=is_slow)

    return answer


def once_slow_page(view: View) -> View:
    """Wrap a page, below `in_project`, as `once_slow` does an operation. A script sends the key, and gets JSON."""

    @functools.wraps(view)
    def answer(request: ProjectRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        run = functools.partial(view, request, *args, **kwargs)
        return run() if key is None else _answer_with_key(run, request, request.access, key, is_slow=True)

    return answer


idempotent = decorate_view(once)
"""Put below an operation's @router.post: with an Idempotency-Key, it runs once and later calls get the same answer."""
idempotent_slow = decorate_view(once_slow)
"""The same for an operation that stores files, or asks a worker or another machine, before it writes."""


class _Transaction(ExitStack):
    """A transaction that opens when it is called for, and ends with the block."""

    is_open = False

    def open(self) -> None:
        if not self.is_open:
            self.enter_context(transaction.atomic())
            self.is_open = True


def _answer_with_key(
    run: Callable[[], HttpResponse], request: HttpRequest, access: Access, key: str, *, is_slow: bool
) -> HttpResponse:
    if not 1 <= len(key) <= MAX_KEY:
        return problem(
            request, status=422, code="bad_idempotency_key", detail=f"{HEADER}: give 1 to {MAX_KEY} characters."
        )
    scope = f"{access.project.slug} {access.actor} {request.method} {request.get_full_path()}"
    scope_sha256 = hashlib.sha256(scope.encode()).hexdigest()
    try:
        body_hmac = _body_hmac(request)
    except UNUSABLE_BODY as e:
        return unusable_body(request, e)
    return _answer_once(run, request, scope_sha256, key, body_hmac, is_slow=is_slow)


def _answer_once(
    run: Callable[[], HttpResponse], request: HttpRequest, scope: str, key: str, body_hmac: str, *, is_slow: bool
) -> HttpResponse:
    now = timezone.now()
    IdempotencyKey.objects.filter(scope=scope, key=key, status__isnull=True, leased_until__lt=now).delete()
    try:
        with transaction.atomic():
            claim = IdempotencyKey.objects.create(
                scope=scope, key=key, body_hmac=body_hmac, leased_until=now + ABANDONED
            )
    except IntegrityError:
        return _earlier_answer(request, scope, key, body_hmac)
    ours = IdempotencyKey.objects.filter(pk=claim.pk, status__isnull=True)
    is_done = is_kept = False
    try:
        with ExitStack() as slow, _Transaction() as written:
            if is_slow:
                slow.enter_context(leases.kept(ours))
                slow.enter_context(writes.announced_to(written.open))
            else:
                written.open()
            response = run()
            if response.status_code < 400:
                written.open()
                is_kept = _keep(ours, response)
                response = response if is_kept else _still_running(request)
            if written.is_open and not is_kept:
                transaction.set_rollback(True)
        is_done = is_kept
    finally:
        if not is_done:
            ours.delete()  # nothing was done, so that the call may be made again
    return response


def _keep(claim: QuerySet[IdempotencyKey], response: HttpResponse) -> bool:
    """Store the answer for later calls. Return False when the claim was lost: another request does it, or has."""
    answer = json.loads(response.content) if response.content else None
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return bool(claim.update(status=response.status_code, answer=answer, headers=headers))


def _earlier_answer(request: HttpRequest, scope: str, key: str, body_hmac: str) -> HttpResponse:
    earlier = IdempotencyKey.objects.filter(scope=scope, key=key).first()
    if earlier is not None and earlier.body_hmac != body_hmac:
        return problem(
            request,
            status=422,
            code="idempotency_key_reused",
            detail=f"This {HEADER} was used with another body. Make a new key for a new request.",
        )
    if earlier is None or earlier.status is None:
        return _still_running(request)
    content = b"" if earlier.answer is None else json.dumps(earlier.answer).encode()
    return HttpResponse(content, status=earlier.status, headers={**earlier.headers, "Idempotent-Replayed": "true"})


def _still_running(request: HttpRequest) -> HttpResponse:
    return problem(
        request,
        status=409,
        code="still_running",
        detail=f"The first request with this {HEADER} is still running. Ask again in a moment.",
        headers={"Retry-After": "1"},
    )


def _body_hmac(request: HttpRequest) -> str:
    """Hash what was sent; of a multipart body its parts, since the boundary is another one each time.

    With the installation's key: a body may be a password, and who reads the table shall not try passwords on its hash.
    """
    return salted_hmac(BODY_SALT, _body_sha256(request), algorithm="sha256").hexdigest()


def _body_sha256(request: HttpRequest) -> bytes:
    digest = hashlib.sha256()
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.digest()
    for name in sorted(request.POST):
        digest.update(repr((name, request.POST.getlist(name))).encode())
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.digest()


def forget_labels(document: int) -> None:
    """Forget answers that repeat what a document says. A repeated write then finds that the document is gone."""
    IdempotencyKey.objects.filter(answer__id=str(document), answer__has_key="label").delete()


def sweep() -> int:
    """Forget keys that nobody sends any more. Return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]
