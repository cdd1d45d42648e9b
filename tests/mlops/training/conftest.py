"""Runs keep their checkpoints in a folder of the test: another test's run has the same number."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_data(settings, tmp_path):
    settings.DATA_DIR = tmp_path
