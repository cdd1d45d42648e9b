"""Real installations without a browser: they run one after the other, in the pytest-xdist process of the browser tests."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.installation)
            item.add_marker(pytest.mark.xdist_group("installation"))
