"""Commands end without a traceback where a person stops them, or nobody reads on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from invex import terminal

ROOT = Path(__file__).resolve().parents[2]


def test_a_command_that_is_stopped_ends_as_shells_say_it():
    def stopped() -> int:
        raise KeyboardInterrupt

    assert terminal.run(stopped) == 130
    assert terminal.run(lambda: 5) == 5


def test_nobody_who_reads_on_is_no_fault():
    code = "import sys; from invex import terminal; sys.exit(terminal.run(lambda: print('x' * 1_000_000) or 0))"
    program = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert program.stdout is not None
    program.stdout.read(1)
    program.stdout.close()
    assert (program.wait(60), program.stderr.read()) == (141, b"")


@pytest.mark.parametrize(
    "arguments", [("build", "list", "--project", "demo"), ("token", "--project", "demo", "--role", "viewer")]
)
def test_a_command_where_no_database_is_says_so(arguments, tmp_path):
    environment = {"DATA": str(tmp_path), "PATH": ""}
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: the database in {tmp_path} cannot be used (no such table")
    assert "Traceback" not in done.stderr
