"""Where the checkpoints of a build lie: one for each member, and one for its pretraining, beside each other."""

from __future__ import annotations

from pathlib import Path


def of_member(saved: Path, number: int) -> Path:
    """The first member has the file itself."""
    return saved if not number else saved.with_name(f"{saved.name}.{number + 1}")


def of_pretraining(member: Path) -> Path:
    return member.with_name(f"{member.name}.pretraining")


def of_build(saved: Path, members: int) -> list[Path]:
    """Return all that there may be."""
    trained = [of_member(saved, number) for number in range(members)]
    return [*trained, *map(of_pretraining, trained)]
