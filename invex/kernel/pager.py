"""Long lists on pages, a part at a time: the rows of one, and the addresses of its neighbours (shell/_pager.html)."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import QueryDict

from .sent import sent_whole

PER_PAGE = 50
MOST_DIGITS = 6  # of the number of a page
Row = TypeVar("Row", bound=Model)


def one_page(query: QueryDict, rows: QuerySet[Row]) -> tuple[list[Row], dict[str, str]]:
    """Return the rows of the page that an address asks for (?page=, from 1), and what the template needs to turn it.

    rows: in their order, the newest first. The addresses keep what else the query asks for.
    """
    number = max(1, sent_whole(query.get("page"), digits=MOST_DIGITS) or 1)
    start = (number - 1) * PER_PAGE
    found = list(rows[start : start + PER_PAGE + 1])

    def address(page: int) -> str:
        return "?" + urlencode({**query.dict(), "page": page})

    older = address(number + 1) if len(found) > PER_PAGE else ""
    return found[:PER_PAGE], {"newer": address(number - 1) if number > 1 else "", "older": older}
