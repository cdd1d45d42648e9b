"""What a person's text means as a value, and where that value is printed."""

from __future__ import annotations

import json
from typing import Any

from invex.catalog import queries as catalog
from invex.documents.models import Document
from invex.fields.labels import label_from_json, value_to_json
from invex.fields.validators import BadValue, entered
from invex.fields.values import choose, readings
from invex.kernel.errors import BadInput

from . import page, printed, services
from .labels import Shape, shape_of, shape_of_vocabulary, type_of
from .rows_like import rows_like

LONGEST = 1000  # characters
MOST_PLACES = 20


def of(document: Document, key: str, text: str, *, template: str, find: bool) -> dict[str, Any]:
    """Return {"value", "others", "error", "places"} of `text` as a value of the field (or "table.column") `key`.

    value: canonical, "" where it is none; others: what else it could mean; error: a sentence then. places: where the
    value is printed, as {"text", "boxes"}, only with `find`.
    """
    text = " ".join(text.split())[:LONGEST]
    empty: dict[str, Any] = {"value": "", "others": [], "error": "", "places": []}
    if not text:
        return empty
    row = catalog.template(document.project, template) if template else None
    shape = shape_of(page.spec_of(document, template)) if template else _known(document)
    try:
        kind = type_of(key, shape)
    except KeyError:
        return {**empty, "error": f"There is no field {key}."}
    locale = services.document_locale(document, row)
    try:
        value = entered(kind, text, locale)
    except BadValue as e:
        return {**empty, "error": str(e)}
    found = readings(kind, text)
    meant = choose(found, locale).value if found else value
    others = list(dict.fromkeys(r.value for r in found if r.value not in (value, meant)))
    words = printed.of(document) if find else None
    places = words.places(kind, value)[:MOST_PLACES] if words is not None else ()
    shown = [{"text": p.text, "boxes": [{"page": p.box.page, "box": list(p.box.box)}]} for p in places]
    return {"value": value, "others": others, "error": "", "places": shown}


def rows_below(document: Document, table: str, raw: str, *, template: str) -> list[dict[str, Any]]:
    """Return the rows of `table` below those given (JSON of the page's grid), read like them; [] where none fit.

    Raises BadInput for rows that are none, NotFound for an unknown template.
    """
    row = catalog.template(document.project, template) if template else None
    spec = next((t for t in page.spec_of(document, template, (f"t:{table}",)).tables if t.key == table), None)
    if spec is None:
        raise BadInput(f"There is no table {table}.", code="unknown_table")
    try:
        label = label_from_json({"template": None, "tables": {table: json.loads(raw)}})
    except (ValueError, TypeError) as e:
        raise BadInput(f"These are no rows: {e}", code="bad_rows") from e
    given = [{key: value_to_json(cell) for key, cell in line.items()} for line in label.tables[table]]
    found = printed.of(document)
    if found is None:
        return []
    return rows_like(given, spec.columns, [page.words for page in found.pages], services.document_locale(document, row))


def _known(document: Document) -> Shape:
    return shape_of_vocabulary(catalog.vocabulary(document.project))
