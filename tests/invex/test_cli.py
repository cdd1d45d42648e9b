"""The command line as a whole: which commands there are, and which Invex this is."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from invex import cli


@pytest.fixture
def run(monkeypatch, capsys):
    """A command line in this process, as its exit code and what it wrote to both streams."""

    def make(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return make


@pytest.mark.parametrize("arguments", [("tarin", "--project", "demo"), ("help", "tarin")])
def test_a_command_that_does_not_exist_is_bad_usage(run, arguments):
    code, out, errors = run(*arguments)
    assert (code, out) == (2, "")
    assert "Unknown command: 'tarin'" in errors


def test_one_that_is_nearly_right_is_named(run):
    assert "Did you mean train?" in run("tarin")[2]


@pytest.mark.parametrize("arguments", [("--version",), ("train", "--version")])
def test_the_version_is_that_of_invex(run, arguments):
    assert run(*arguments) == (0, f"Invex {version('invex')}\n", "")


def test_a_version_for_a_build_is_not_taken_for_the_question_which_invex_this_is(run):
    code, out, errors = run("train", "--project", "demo", "--version", "0.18.0")
    assert (code, out) == (2, "")
    assert "--package-version 0.18.0" in errors
