"""Run the tests of what changed since the last commit: `python -m tests.touched`. A room's tests lie at its path below tests/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def changed_files() -> list[str]:
    """Return the paths that differ from HEAD or are new, relative to the top of the repository."""
    answer = subprocess.run(["git", "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True)
    return [line[3:].split(" -> ")[-1] for line in answer.stdout.splitlines()]


def tests_of(path: str) -> Path | None:
    """Return the nearest folder (or file) of tests for a source path, None for what has no tests (docs)."""
    parts = Path(path).parts
    if parts[0] == "tests":
        is_test = Path(path).name.startswith("test_") and Path(path).exists()
        return Path(path) if is_test else None
    if parts[0] not in ("invex", "mlops", "fixtures"):
        return None
    folder = Path("tests", *parts[:-1])
    while not folder.is_dir():
        folder = folder.parent
    return folder


def main() -> int:
    found = sorted({str(t) for path in changed_files() if (t := tests_of(path))})
    found += ["tests/test_architecture.py"] if Path("tests/test_architecture.py").exists() else []
    return subprocess.call([sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not slow and not browser", *found])


if __name__ == "__main__":
    sys.exit(main())
