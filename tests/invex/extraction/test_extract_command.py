"""`extract FILE...`: one line a file, with no server, queue, database or data folder that can be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.generator.render_pdf import render_pdf
from invex.extraction.management.commands.extract import Command
from tests.invex.world import vendor

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 120


@pytest.fixture
def files(tmp_path, make_pdf):
    """A mix: good, encrypted, empty, truncated and wrong files."""
    good = render_pdf(vendor().document(0).canvas)
    contents = {
        "good.pdf": good,
        "encrypted.pdf": make_pdf("secret", password="pw"),
        "empty.pdf": b"",
        "truncated.pdf": good[: len(good) // 3],
        "wrong.pdf": b"just a text, no document",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return tmp_path


def extract(*arguments, cwd, program=(sys.executable, str(ROOT / "manage.py"))):
    """Run `extract` as a user who has no data folder, no database and no Redis."""
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "HOME")}
    environment |= {
        "DATA": "/proc/nowhere",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
        "OMP_NUM_THREADS": "1",
    }
    command = [*program, "extract", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=LIMIT_S)


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_pipe_a_long_name_and_a_link_in_a_circle_are_lines_too(files):
    os.mkfifo(files / "pipe")
    (files / "circle.pdf").symlink_to("circle.pdf")
    done = extract("pipe", "x" * 300, "circle.pdf", cwd=files)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    said = [line["error"]["message"] for line in lines(done)]
    assert said[0] == "This is a device or a pipe. Name a file."
    assert "cannot be opened: File name too long" in said[1]
    assert "cannot be opened: Too many levels of symbolic links" in said[2]


def test_a_model_that_is_not_there_is_said(files):
    done = extract("good.pdf", "--model", "none.zip", cwd=files)
    assert (done.returncode, done.stderr.strip()) == (2, "CommandError: --model none.zip: No such file or directory")


def test_one_line_a_file_in_the_order_given(files):
    names = ["good.pdf", "encrypted.pdf", "empty.pdf", "truncated.pdf", "wrong.pdf", "folder"]
    done = extract(*names, cwd=files)
    found = lines(done)
    assert done.returncode == 0, done.stderr
    assert [line["file"] for line in found] == names
    assert {line["format"] for line in found} == {"invex-prediction/1"}
    good = found[0]
    assert (good["id"], good["pages"]) == ("good", 1)
    assert {"template", "fields", "tables", "model", "seconds", "warnings"} <= set(good)
    assert not {"state", "by"} & set(good), "offline they mean nothing"
    codes = [line["error"]["code"] for line in found[1:]]
    assert codes == ["encrypted", "empty", "corrupt", "unsupported", "unsupported"]
    assert all(line["error"]["message"] for line in found[1:])
    assert "5 of 6 files" in done.stderr


@pytest.fixture
def run(files, monkeypatch, capsys):
    """run(arguments...) -> exit code, output and errors of `manage.py extract` in the folder of the files.

    In this process, which may not touch the database either.
    """
    monkeypatch.chdir(files)

    def make(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            Command().run_from_argv(["manage.py", "extract", *arguments])
        except SystemExit as e:
            code = e.code
        return code, *capsys.readouterr()

    return make


def test_exit_2_only_when_all_failed(run):
    code, out, _ = run("empty.pdf", "wrong.pdf")
    assert (code, len(out.splitlines())) == (2, 2)


def test_a_file_that_is_not_there_is_named_and_the_others_are_read(run):
    code, out, errors = run("nowhere/missing.pdf", "good.pdf")
    missing, found = map(json.loads, out.splitlines())
    assert missing["error"]["code"] == "unsupported", "the file is not empty: there is none"
    assert "no such file: nowhere/missing.pdf" in missing["error"]["message"]
    assert found["id"] == "good"
    assert code == 2
    assert errors.splitlines() == ["CommandError: There is no such file: nowhere/missing.pdf"], "said once"
    code, _, errors = run("nowhere/missing.pdf", "empty.pdf", "good.pdf")
    assert code == 2
    [said] = errors.splitlines()
    assert said.endswith(
        "1 of 3 files could not be read; their lines say why. There is no such file: nowhere/missing.pdf"
    )


def test_bad_usage_is_exit_2_and_prints_nothing(run):
    for arguments in ((), ("good.pdf", "--model", "wrong.pdf"), ("good.pdf", "--model", "none.zip")):
        code, out, errors = run(*arguments)
        assert (code, out) == (2, ""), errors
        assert errors
        assert "Traceback" not in errors


def test_the_console_script_does_the_same(files):
    program = (sys.executable, "-c", "from invex.cli import main; main()")
    done = extract("good.pdf", files / "good.pdf", cwd=ROOT, program=program)
    assert done.returncode == 2, done.stderr
    missing, found = lines(done)
    assert "no such file" in missing["error"]["message"], "the file is not in this folder"
    assert found["id"] == "good"
