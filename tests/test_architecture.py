"""The house stands as docs/design.md draws it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_rooms_import_in_the_allowed_direction_only() -> None:
    answer = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout


PAGES = """
import os, sys, tempfile
os.environ["DJANGO_SETTINGS_MODULE"] = "invex.settings"
import django
django.setup()
from django.test import Client
from django.urls import get_resolver
get_resolver().url_patterns
for address in ("/healthz", "/login/", "/api/v1/openapi.json"):
    assert Client().get(address).status_code == 200, address
print(" ".join(m for m in ("torch", "onnxruntime", "rapidocr", "cv2") if m in sys.modules))
"""


def test_serving_a_page_loads_no_model_library(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA": str(tmp_path), "DATABASE_URL": "", "PYTHONPATH": str(ROOT)}
    answer = subprocess.run([sys.executable, "-c", PAGES], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == ""


LEARNING = """
import sys
import mlops.learning.__main__
print(" ".join(m for m in ("django", "pypdfium2", "scipy", "lxml", "babel", "dateutil", "stdnum", "cv2") if m in sys.modules))
"""


def test_the_learning_library_needs_only_numpy_and_its_weights_formats() -> None:
    answer = subprocess.run([sys.executable, "-c", LEARNING], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == ""


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-train.lock", "requirements-dev.lock"])
def test_locks_pin_hashes_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pinned
    assert all("==" in line for line in pinned)
    assert text.count("--hash=sha256:") >= len(pinned)


def test_only_one_build_of_opencv() -> None:
    names = {line.split("==")[0] for line in (ROOT / "requirements-dev.lock").read_text().splitlines()}
    assert "opencv-python-headless" in names
    assert "opencv-python" not in names
