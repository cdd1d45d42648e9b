"""Views of equal documents share what was computed of them: it follows from the words alone.

A test reads the same few documents as the others of its module, again and again. That it follows from the words is
tested in tests/mlops/learning, where every view computes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from invex.reading.types import Document
from mlops.learning.view import View

MOST = 32  # documents that are kept
_computing = View.__init__


@lru_cache(maxsize=MOST)
def _kept(document: Document) -> dict[str, Any]:
    view = View.__new__(View)
    _computing(view, document)
    return vars(view)


def sharing(self: View, document: Document) -> None:
    """What stands for `View.__init__`."""
    self.__dict__ = _kept(document)
