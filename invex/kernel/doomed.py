"""Deleting bytes: blobs that lost a row are written down, and deleted once no row of any room needs them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils import timezone

from .blob_references import in_use
from .blobs import store
from .models import DoomedBlob

# Bytes are stored before their row is: what was stored this recently may be on its way into one.
GRACE = datetime.timedelta(hours=1)
MOST_AT_ONCE = 2000


def doom(names: Iterable[str]) -> None:
    """Have these blobs deleted unless a row needs them; call it in the transaction that deletes theirs. "" is none."""
    DoomedBlob.objects.bulk_create(
        [DoomedBlob(sha256=n) for n in sorted({n for n in names if n})], ignore_conflicts=True
    )


def delete(names: Iterable[str]) -> int:
    """Doom these blobs and delete those that can go now. Return how many went; `sweep` sees to the rest."""
    found = sorted({n for n in names if n})
    doom(found)
    return sum(_delete(found[at : at + MOST_AT_ONCE]) for at in range(0, len(found), MOST_AT_ONCE))


def sweep() -> int:
    """Delete doomed blobs that no row needs. Return how many; those stored just now wait for a later round."""
    return _delete(list(DoomedBlob.objects.order_by("pk").values_list("sha256", flat=True)[:MOST_AT_ONCE]))


def _delete(names: list[str]) -> int:
    if not names:
        return 0
    needed = in_use(frozenset(names))
    before = (timezone.now() - GRACE).timestamp()
    done = [name for name in names if name not in needed and store().delete(name, stored_before=before)]
    DoomedBlob.objects.filter(sha256__in=[*done, *needed]).delete()
    return len(done)
