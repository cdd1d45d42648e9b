"""A pytest plugin for CI, where everything is installed: a skipped test is a failure, except those marked `gpu`.

`python -m pytest -p tests.no_skips`
"""

from __future__ import annotations

import pytest

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and "gpu" not in report.keywords and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if _skipped and not is_worker:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped:
        terminalreporter.section("skipped, which is a failure here", red=True, bold=True)
        for nodeid in _skipped:
            terminalreporter.line(nodeid)
