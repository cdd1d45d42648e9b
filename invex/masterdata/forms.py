"""What the pages of the master data send, and what a review form says beside the field that is typed in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from invex.kernel.errors import BadInput, TooLarge

from .csv_file import Table, read_csv

MOST_BYTES = 50 * 2**20
_INPUT = re.compile(r"f:([a-z0-9_]+):[0-9]{1,6}")


def read_upload(file: UploadedFile[bytes] | None) -> Table:
    """Return the table in an uploaded CSV file. Raises BadInput, TooLarge."""
    if file is None:
        raise BadInput(_("Choose a CSV file first."), code="no_file")
    if file.size is None or file.size > MOST_BYTES:
        raise TooLarge(_("The file is larger than %(n)d MiB. Split the list.") % {"n": MOST_BYTES // 2**20})
    return read_csv(file.read())


def typed_values(data: Mapping[str, str]) -> dict[str, str]:
    """Return the first value of each field of a review form (inputs `f:KEY:NUMBER`), by field key."""
    found: dict[str, str] = {}
    for name in sorted(data):
        match = _INPUT.fullmatch(name)
        if match and data[name].strip():
            found.setdefault(match[1], data[name].strip())
    return found
