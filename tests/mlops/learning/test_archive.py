"""A package is data that is all accounted for: anything odd is refused, with a sentence that says what."""

import io
import json
import os
import zipfile
from collections.abc import Callable

import pytest

from mlops.learning.archive import MANIFEST, BadPackage, pack, unpack, write

FILES = {"templates.json": b"{}", "weights/a.safetensors": b"abc"}


def rewritten(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {n: archive.read(n) for n in archive.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_what_was_packed_is_unpacked():
    manifest, files = unpack(pack({"name": "Demo"}, FILES), "demo.zip")
    assert manifest["name"] == "Demo"
    assert files == FILES


def test_the_same_content_gives_the_same_bytes():
    assert pack({"a": 1, "b": 2}, FILES) == pack({"b": 2, "a": 1}, dict(reversed(FILES.items())))


def manifest_with(key: str, value: object) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files[MANIFEST] = json.dumps({**json.loads(files[MANIFEST]), key: value}).encode()

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (manifest_with("format", "invex-model/2"), "not known"),
        (lambda files: files.update({"weights/b.safetensors": b""}), "differ"),
        (lambda files: files.pop("templates.json"), "differ"),
        (lambda files: files.update({"templates.json": b"[]"}), "sha256"),
        (lambda files: files.update({"../evil.json": b""}), "unsafe path"),
        (lambda files: files.update({"/etc/evil.json": b""}), "unsafe path"),
        (lambda files: files.update({"code.py": b""}), "only"),
        (lambda files: files.update({"weights.pkl": b""}), "only"),
        (lambda files: files.pop(MANIFEST), MANIFEST),
        (lambda files: files.update({MANIFEST: b"[" * 100_000}), "package.json is no JSON"),
        (lambda files: files.update({MANIFEST: b"[1]"}), "package.json names no format"),
    ],
)  # fmt: skip
def test_odd_packages_are_refused(change: Callable[[dict[str, bytes]], None], says: str):
    with pytest.raises(BadPackage, match=says):
        unpack(rewritten(pack({}, FILES), change), "demo.zip")


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("folder", "this is a folder; name the file to write"),
        ("pipe", "this is a device, and no file"),
        ("file/m.zip", "a part of this path is a file, no folder"),
        ("file/deeper/m.zip", "a part of this path is a file, no folder"),
    ],
)
def test_a_file_takes_the_place_of_a_file_alone(tmp_path, place: str, says: str):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"kept")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=says) as told:
        write(tmp_path / place, b"new")
    assert told.value.filename == str(tmp_path / place)
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "file").read_bytes() == b"kept"
    write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip file at all"])
def test_what_is_no_zip_file_is_refused(data: bytes):
    with pytest.raises(BadPackage, match=r"demo\.zip"):
        unpack(data, "demo.zip")


def test_a_truncated_package_is_refused():
    data = pack({}, FILES)
    with pytest.raises(BadPackage):
        unpack(data[: len(data) // 2], "demo.zip")
