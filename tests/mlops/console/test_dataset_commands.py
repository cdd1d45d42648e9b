"""`manage.py learn`, `predict`, `evaluate` and `pretrain`: from a folder to a package, without the product's data folder."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command, load_command_class

from invex.fields.labels import Label, label_to_json
from mlops.console import commands
from mlops.console.words_cache import CachedReader
from mlops.learning.dataset import DATASET_FORMAT, Sample, load_dataset, read
from mlops.learning.package import EMPTY, memory_of

ROOT = Path(__file__).resolve().parents[3]


def test_a_command_on_a_folder_makes_no_data_folder(tmp_path: Path) -> None:
    given = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG")}
    given |= {"DATA": str(tmp_path / "data"), "HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "learn", "nowhere", "--out", "m.zip"],
        cwd=tmp_path,
        env=given,
        capture_output=True,
    )
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "data").exists()


def test_words_are_kept_in_the_data_folder_or_where_only_the_person_reads_them(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with commands.words_folder() as folder:
        assert folder == tmp_path / "cache" / "invex" / "words"
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert not settings.DATA_DIR.exists()
    settings.DATA_DIR.mkdir()
    with commands.words_folder() as folder:
        assert folder == settings.DATA_DIR / "words"
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "none"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with commands.words_folder() as folder:
        folder.mkdir(parents=True)
    assert not folder.exists(), "there is no place to keep them: they are gone with the command"


@pytest.mark.django_db
def test_the_import_warns_of_values_in_another_form(tmp_path, project, capsys):
    about = {"format": DATASET_FORMAT, "fields": [{"key": "day", "type": "date"}], "documents": [{"id": "a"}]}
    (tmp_path / "dataset.json").write_text(json.dumps(about))
    for folder, content in (
        ("labels", {"template": "T", "fields": {"day": [{"value": "22.11.2026"}], "fax": [{"value": "1"}]}}),
        ("words", {"pages": [{"width": 595, "height": 842, "words": []}]}),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.json").write_text(json.dumps(content))
    call_command("dataset", "import", str(tmp_path), "--project", project.slug)
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert [line.split(". ")[0] for line in said] == [
        "warning: Document a: day = '22.11.2026' is no date as labels write it",
        "warning: fax is not among the fields of dataset.json; documents with it: 1",
    ]


@pytest.mark.parametrize(
    ("command", "read"),
    [
        ("learn DATASET --out m.zip", ["a.pdf"]),
        ("evaluate m.zip DATASET", ["a.pdf"]),
        ("predict m.zip DATASET", ["a.pdf", "b.pdf"]),
        ("pretrain DATASET --out m.zip", ["a.pdf", "b.pdf"]),
    ],
)
def test_what_a_command_will_read_is_read_side_by_side(tmp_path, monkeypatch, command, read):
    for name in ("a", "b"):
        (tmp_path / f"{name}.pdf").write_bytes(b"%PDF")
    (tmp_path / "folder.pdf").mkdir()
    named = [{"id": name, "file": f"{name}.pdf"} for name in ("a", "b", "folder", "nowhere")]
    about = {"format": DATASET_FORMAT, "documents": named}
    (tmp_path / "dataset.json").write_text(json.dumps(about))
    (tmp_path / "labels").mkdir()
    for name in ("a", "folder"):
        (tmp_path / "labels" / f"{name}.json").write_text(json.dumps(label_to_json(Label("invoice"))))
    ahead: list[Path] = []
    monkeypatch.setattr(CachedReader, "read_ahead", lambda self, paths: ahead.extend(paths))
    name, *given = command.replace("DATASET", str(tmp_path)).split()
    one = load_command_class("mlops.console", name)
    monkeypatch.setattr(one, "command", lambda given, reader: 0)
    call_command(one, *given)
    assert [path.name for path in ahead] == read


def test_judging_says_which_documents_the_package_was_learned_from(tmp_path, capsys):
    """Figures of documents that were learned from flatter."""
    folder, taught = tmp_path / "dataset", []
    about = {"format": DATASET_FORMAT, "fields": [{"key": "day", "type": "date"}], "documents": []}
    for number, text in enumerate(("2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25")):
        name, box = str(number), [0.1, 0.1, 0.3, 0.12]
        words = {"pages": [{"width": 595, "height": 842, "words": [{"text": text, "box": box}]}]}
        label = {"template": "T", "fields": {"day": [{"value": text}]}}
        for part, content in (("words", words), ("labels", label)):
            (folder / part).mkdir(parents=True, exist_ok=True)
            (folder / part / f"{name}.json").write_text(json.dumps(content))
        about["documents"].append({"id": name})
    (folder / "dataset.json").write_text(json.dumps(about))
    entries = load_dataset(folder).entries
    taught = [Sample(entry.id, read(entry, None), entry.label) for entry in entries[:3]]
    taught[2] = replace(taught[2], document=replace(taught[1].document))
    package = tmp_path / "m.zip"
    replace(EMPTY, memory=memory_of(tuple(taught))).save(package)
    corrected = {"template": "T", "fields": {"day": [{"value": "2026-12-01"}]}}
    for number in (1, 2):  # of 1 the words are still those that were learned from; of 2 they are others
        (folder / "labels" / f"{number}.json").write_text(json.dumps(corrected))
    call_command("evaluate", str(package), str(folder))
    said = capsys.readouterr()
    assert "2 of the 4 documents are among those that Invex-0.0.0-build.0 was learned from (0, 1)" in said.err
    assert said.out.startswith("documents 4")
    (tmp_path / "ids").write_text("2\n3\n")
    call_command("evaluate", str(package), str(folder), "--ids", str(tmp_path / "ids"))
    assert "warning" not in capsys.readouterr().err
