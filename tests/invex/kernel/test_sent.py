"""Whole numbers out of forms and addresses, and the pages of long lists."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from invex.documents import queries
from invex.kernel import pager
from invex.kernel.sent import sent_whole


@pytest.mark.parametrize(
    ("text", "found"),
    [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), (None, None), ("-1", None),
     ("1.0", None), (" 1", None), ("²", None), ("٣", None), ("1_0", None)],
)  # fmt: skip
def test_only_plain_digits_are_a_number(text, found):
    assert sent_whole(text) == found


def test_longer_ones_than_asked_for_are_none():
    assert (sent_whole("12345", digits=5), sent_whole("123456", digits=5)) == (12345, None)


def test_a_long_list_is_turned_and_the_filters_stay(receive, project, monkeypatch):
    monkeypatch.setattr(pager, "PER_PAGE", 2)
    ids = [receive(b"%d" % n).pk for n in range(5)]

    def shown(query: str) -> tuple[list[int], dict[str, str]]:
        rows, turn = pager.one_page(QueryDict(query), queries.documents(project).order_by("id"))
        return [row.pk for row in rows], turn

    assert shown("state=review") == (ids[:2], {"newer": "", "older": "?state=review&page=2"})
    assert shown("page=2") == (ids[2:4], {"newer": "?page=1", "older": "?page=3"})
    assert shown("page=3") == (ids[4:], {"newer": "?page=2", "older": ""})
    assert (
        shown("page=nonsense")
        == shown("page=0")
        == shown("page=9999999")
        == (ids[:2], {"newer": "", "older": "?page=2"})
    )
    assert shown("page=999999") == ([], {"newer": "?page=999998", "older": ""})
