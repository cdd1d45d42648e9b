"""A pytest plugin for CI, which runs the suite without and with real services: what knows neither need not pass twice.

`-p tests.passed_before --note-passed` notes which tests of pure rooms passed; without --note-passed, these are left out.
That the rooms are pure, so that no database or queue can change what their tests find, the import contracts prove.
"""

from __future__ import annotations

import pytest

PURE = ("invex/fields", "invex/reading", "mlops/learning", "fixtures_generator")
NOTE = "invex/passed"

_passed: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--note-passed", action="store_true", help="note which tests of pure rooms passed")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed and report.nodeid.startswith(tuple(f"tests/{room}/" for room in PURE)):
        _passed.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if _passed and not is_worker and session.config.getoption("note_passed"):
        session.config.cache.set(NOTE, sorted(_passed))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("note_passed"):
        return
    before = set(config.cache.get(NOTE, []))
    left_out = [item for item in items if item.nodeid in before]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.nodeid not in before]
