"""Words as JSON, words/ID.json of the dataset folder (FORMATS.md, section 1)."""

from __future__ import annotations

from typing import Any

from invex.fields.geometry import Box

from .types import Document, Page, Word


def to_json(document: Document) -> dict[str, Any]:
    """Return the JSON object of a document's words; keys beyond FORMATS.md are our own and optional."""
    pages = []
    for page in document.pages:
        one: dict[str, Any] = {
            "width": page.width,
            "height": page.height,
            "words": [{"text": w.text, "box": list(w.box), "confidence": w.confidence} for w in page.words],
        }
        if page.source != "given":
            one["source"] = page.source
        if page.rules:
            one["rules"] = [list(b) for b in page.rules]
        if page.rotation:
            one["rotation"] = page.rotation
        pages.append(one)
    return {"pages": pages}


def from_json(data: dict[str, Any], *, file: str = "", reader: str = "") -> Document:
    """Return the document that `data` describes. Raises ValueError with the place that is wrong."""
    pages = []
    for number, page in enumerate(data.get("pages", [])):
        try:
            words = tuple(
                Word(str(w["text"]), Box(*(float(v) for v in w["box"])), float(w.get("confidence", 1.0)))
                for w in page["words"]
            )
            pages.append(
                Page(
                    width=float(page["width"]),
                    height=float(page["height"]),
                    words=words,
                    source=page.get("source", "given"),
                    rules=tuple(Box(*(float(v) for v in b)) for b in page.get("rules", [])),
                    rotation=int(page.get("rotation", 0)),
                )
            )
        except (KeyError, TypeError, ValueError) as e:
            raise ValueError(f"page {number}: {type(e).__name__}: {e}") from e
    return Document(pages=tuple(pages), file=file, reader=reader)
