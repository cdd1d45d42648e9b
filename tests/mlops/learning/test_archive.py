"""A package is data that is all accounted for: anything odd is refused, with a sentence that says what."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from mlops.learning.archive import MANIFEST, BadPackage, pack, unpack

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
    ],
)  # fmt: skip
def test_odd_packages_are_refused(change: Callable[[dict[str, bytes]], None], says: str):
    with pytest.raises(BadPackage, match=says):
        unpack(rewritten(pack({}, FILES), change), "demo.zip")


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip file at all"])
def test_what_is_no_zip_file_is_refused(data: bytes):
    with pytest.raises(BadPackage, match=r"demo\.zip"):
        unpack(data, "demo.zip")


def test_a_truncated_package_is_refused():
    data = pack({}, FILES)
    with pytest.raises(BadPackage):
        unpack(data[: len(data) // 2], "demo.zip")
