"""Which waiting documents of no template look alike, kept up with what comes and goes."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from invex.documents import queries as documents
from invex.documents.models import Document
from invex.documents.states import DocumentState
from invex.reading import types

from . import ports
from .models import Look, LookGroup

MOST = 1000  # loose documents that are compared with each other at once: it takes seconds and 4 MB, growing by n²
SHOWN = 8  # newest members by which a group is recognised


def unknown(project_id: int) -> QuerySet[Document]:
    """The documents of no template that wait for a person, the oldest first."""
    rows = Document.objects.filter(project=project_id, state=DocumentState.REVIEW, template="")
    return rows.exclude(words_blob="").order_by("id")


def gone(project_id: int) -> QuerySet[Look]:
    """What was compared and is of a template now, or decided."""
    return Look.objects.filter(document__project=project_id).exclude(document__in=unknown(project_id))


def is_behind(project_id: int) -> bool:
    """Say whether documents came or went since they were compared."""
    return unknown(project_id).filter(look__isnull=True).exists() or gone(project_id).exists()


def keep_up(project_id: int) -> int:
    """Find newcomers their group, make new groups of what is left, drop what is gone. Return how many were compared.

    May run twice at once: whoever comes second finds the documents compared already and changes nothing.
    """
    gone(project_id).delete()
    _drop_lonely(project_id)
    if not unknown(project_id).filter(look__isnull=True).exists():
        return 0
    members: dict[int, list[Document]] = {}
    fresh, lonely = [], []
    for row in unknown(project_id).select_related("look"):
        if not hasattr(row, "look"):
            fresh.append(row)
        elif row.look.group_id is None:
            lonely.append(row)
        else:
            members.setdefault(row.look.group_id, []).append(row)
    loose = _at_once(fresh, lonely)
    shown = [[d for row in rows[-SHOWN:] if (d := _words(row)) is not None] for rows in members.values()]
    known = [(pk, words) for pk, words in zip(members, shown) if words]
    read = [(row, words) for row in loose if (words := _words(row)) is not None]
    found = ports.grouper()([words for _, words in known], [words for _, words in read])
    _save(project_id, [pk for pk, _ in known], {row.pk: number for (row, _), number in zip(read, found)}, loose)
    return len(read)


def _at_once(fresh: list[Document], lonely: list[Document]) -> list[Document]:
    """Return at most MOST documents to be compared with each other, the oldest first.

    The newest of those never compared come first, so that each call leaves fewer of them; then those that resembled
    nothing so far.
    """
    chosen = fresh[-MOST:]
    spare = MOST - len(chosen)
    return sorted([*chosen, *lonely[max(0, len(lonely) - spare) :]], key=lambda row: row.pk)


def _words(row: Document) -> types.Document | None:
    return documents.read_words(row)


def _save(project_id: int, groups: list[int], found: dict[int, int | None], loose: list[Document]) -> None:
    with transaction.atomic():
        made: dict[int, int] = dict(enumerate(groups))
        for number in sorted({n for n in found.values() if n is not None and n not in made}):
            made[number] = LookGroup.objects.create(project_id=project_id).pk
        alive = set(unknown(project_id).filter(pk__in=[row.pk for row in loose]).values_list("pk", flat=True))
        looks = [
            Look(document_id=row.pk, group_id=made[n] if (n := found.get(row.pk)) is not None else None)
            for row in loose
            if row.pk in alive
        ]
        Look.objects.bulk_create(looks, update_conflicts=True, unique_fields=["document"], update_fields=["group"])
    _drop_lonely(project_id)


def _drop_lonely(project_id: int) -> None:
    """Delete groups that nobody is in any more, and set free who is alone in one."""
    for group in LookGroup.objects.filter(project=project_id).prefetch_related("looks"):
        if len(group.looks.all()) < 2:
            group.delete()
