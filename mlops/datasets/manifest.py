"""The manifest of a dataset version: what is in it, by hashes; its own sha256 is the version's name.

    {"format": "invex-dataset-version/1", "fields": [...], "tables": [...], "templates": [...],
     "documents": [{"id", "file": sha256, "words": sha256, "label": sha256, "label_revision", "reader", "side"}, ...]}

No document text stands in it: what is erased elsewhere is gone here, too, and the hash still says what it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from invex.kernel.blobs import store
from invex.kernel.errors import BadInput

FORMAT = "invex-dataset-version/1"


@dataclass(frozen=True, slots=True)
class Item:
    """A document of a version. file, words, label: blobs, "" for a file that was never there."""

    id: str
    file: str
    suffix: str  # of the file's name, with its point, for export
    words: str
    label: str
    label_revision: int | None
    reader: str
    side: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """fields, tables: as in dataset.json. templates: what each asked for, as invex.fields.template_json writes it."""

    fields: tuple[dict[str, Any], ...]
    tables: tuple[dict[str, Any], ...]
    templates: tuple[dict[str, Any], ...]
    items: tuple[Item, ...]

    def to_bytes(self) -> bytes:
        """The same content, the same bytes."""
        data = {
            "format": FORMAT,
            "fields": self.fields,
            "tables": self.tables,
            "templates": self.templates,
            "documents": [asdict(item) for item in sorted(self.items, key=lambda item: item.id)],
        }
        return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def load(cls, blob: str) -> Manifest:
        """Return the manifest in a blob. Raises BadInput for another format version, MissingBlob."""
        data = json.loads(store().path(blob).read_bytes())
        if data.get("format") != FORMAT:
            raise BadInput(f"Dataset manifest {blob}: format {data.get('format')!r} is not known here, {FORMAT} is.")
        return cls(
            tuple(data["fields"]),
            tuple(data["tables"]),
            tuple(data["templates"]),
            tuple(Item(**item) for item in data["documents"]),
        )


def asked_for(templates: Sequence[dict[str, Any]]) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Return the fields and tables of all templates together, by key; the vocabulary keeps their types equal."""
    fields: dict[str, dict[str, Any]] = {}
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for template in templates:
        for field in template["fields"]:
            fields.setdefault(field["key"], _plain(field))
        for table in template["tables"]:
            columns = tables.setdefault(table["key"], {})
            for column in table["columns"]:
                columns.setdefault(column["key"], _plain(column))
    return (
        tuple(fields[key] for key in sorted(fields)),
        tuple({"key": key, "columns": list(columns.values())} for key, columns in sorted(tables.items())),
    )


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    return {key: field[key] for key in ("key", "type", "label")}
