"""What names the code that reads."""

import re
import tomllib

from django.conf import settings

from mlops.deployment import reading_code


def test_the_libraries_are_those_of_the_installation():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["gpu"]]
    assert set(reading_code.LIBRARIES) <= {re.split(r"[\[=<>~]", name)[0] for name in wanted}


def test_another_version_of_a_library_is_other_code(monkeypatch):
    name = reading_code.reading_code.__wrapped__()
    assert name == reading_code.reading_code.__wrapped__()
    monkeypatch.setattr(reading_code.metadata, "version", lambda library: "99")
    assert reading_code.reading_code.__wrapped__() != name
