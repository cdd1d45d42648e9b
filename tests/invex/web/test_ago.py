"""How long ago something was, in words."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone, translation

from invex.web.templatetags.spoken import ago


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (0, "just now", "gerade eben"),
        (59, "just now", "gerade eben"),
        (61, "1\xa0minute ago", "vor 1\xa0Minute"),
        (7260, "2\xa0hours, 1\xa0minute ago", "vor 2\xa0Stunden, 1\xa0Minute"),
    ],
)
def test_how_long_ago_something_was(seconds, english, german):
    moment = timezone.now() - datetime.timedelta(seconds=seconds)
    assert ago(moment) == english
    with translation.override("de"):
        assert ago(moment) == german
