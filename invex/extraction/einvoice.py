"""The values of an embedded e-invoice take precedence, and are compared with what is printed. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import NamedTuple

from invex.fields.checks import Checked
from invex.fields.findings import Finding, Target, attach, name_of
from invex.fields.folding import fold
from invex.fields.geometry import PageBox, union
from invex.fields.prediction import Alternative, Prediction, Value
from invex.fields.spec import TemplateSpec
from invex.fields.standard import LINE_ITEMS, STANDARD_FIELDS
from invex.fields.values import NUMERIC_TYPES, is_same, spans
from invex.reading.types import Document, Page

from .lines import lines_of

# The XML is what the sender states and the law goes by, it is not guessed: certain, unless the page says otherwise.
XML_CONFIDENCE = 1.0
# From this confidence on, a value that the model read elsewhere on the page contradicts the XML.
CONTRADICTION = 0.9
# Types whose values are printed with the same meaning that the XML has; names are often printed in another form.
COMPARED_TYPES = NUMERIC_TYPES | {"date", "iban", "vat_id"}
PRINTED_LITERALLY = frozenset({"text", "address", "id", "currency"})
MISMATCH = "xml_mismatch"


class _Printed(NamedTuple):
    text: str
    boxes: tuple[PageBox, ...]


def merge_xml(prediction: Prediction, document: Document, spec: TemplateSpec) -> Checked:
    """Return `prediction` with the e-invoice's values, source "xml", for the standard keys that `spec` asks for.

    Their boxes are where the model read the same value, else the first place where it is printed. Values of
    COMPARED_TYPES carry the check "xml_mismatch": it fails where the model read another value with confidence, and
    where the page does not print the value but another was read. What the model read remains as an alternative.
    """
    if document.einvoice is None:
        return Checked(prediction, ())
    types = {f.key: f.type for f in STANDARD_FIELDS} | {f.key: f.type for f in spec.fields}
    asked = {f.key for f in spec.fields}
    fields = dict(prediction.fields)
    findings: list[Finding] = []
    for key, stated in document.einvoice.fields.items():
        if key not in asked or not stated:
            continue
        read = prediction.fields.get(key, ())
        fields[key] = tuple(_xml_value(types[key], value, read, document) for value in stated)
        if types[key] in COMPARED_TYPES and read:
            findings.extend(_compare(spec, key, types[key], fields[key], read))
    tables = dict(prediction.tables)
    if document.einvoice.lines and any(t.key == LINE_ITEMS.key for t in spec.tables):
        tables[LINE_ITEMS.key] = _xml_rows(document.einvoice.lines, prediction.tables.get(LINE_ITEMS.key, ()))
    merged = attach(replace(prediction, fields=fields, tables=tables), findings)
    return Checked(merged, tuple(f for f in findings if not f.ok))


def _is_as_stated(type: str, a: str, b: str) -> bool:
    """Whether a page and an e-invoice say the same; names are compared without case and accents."""
    return is_same(type, a, b) or (type not in NUMERIC_TYPES and fold(a) == fold(b))


def _compare(
    spec: TemplateSpec, key: str, type: str, stated: tuple[Value, ...], read: tuple[Value, ...]
) -> list[Finding]:
    """Return one finding a stated value. read: what the model took from the page, at least one value."""
    surest = max(read, key=lambda v: v.confidence)
    is_read = any(_is_as_stated(type, r.value, s.value) for r in read for s in stated)
    findings = []
    for index, value in enumerate(stated):
        ok = is_read or (bool(value.boxes) and surest.confidence < CONTRADICTION)
        says = f"{name_of(spec, key)}: the e-invoice says {value.value}, the page {surest.text or surest.value}"
        findings.append(Finding(MISMATCH, ok, "" if ok else says, (Target(key, index),)))
    return findings


def _xml_value(type: str, stated: str, read: tuple[Value, ...], document: Document) -> Value:
    others = tuple(
        Alternative(v.value, v.confidence, v.text, v.boxes) for v in read if not _is_as_stated(type, v.value, stated)
    )
    same = next((v for v in read if _is_as_stated(type, v.value, stated)), None)
    printed = _Printed(same.text, same.boxes) if same else _locate(type, stated, document)
    text, boxes = printed or (stated, ())
    return Value(stated, text, XML_CONFIDENCE, source="xml", boxes=boxes, alternatives=others)


def _xml_rows(stated: tuple[dict[str, str], ...], read: tuple[dict[str, Value], ...]) -> tuple[dict[str, Value], ...]:
    """Return the stated rows; cells lie where the model read the same in the row of the same number.

    Some systems state headings and remarks as lines of quantity and amount 0: those are no items.
    """
    types = {c.key: c.type for c in LINE_ITEMS.columns}
    stated = tuple(line for line in stated if not _is_remark(line))
    rows = []
    for index, line in enumerate(stated):
        beside = read[index] if len(read) == len(stated) else {}
        row = {}
        for column, value in line.items():
            cell = beside.get(column)
            is_read = cell is not None and _is_as_stated(types.get(column, "text"), cell.value, value)
            text, boxes = (cell.text, cell.boxes) if cell is not None and is_read else (value, ())
            row[column] = Value(value, text, XML_CONFIDENCE, source="xml", boxes=boxes)
        rows.append(row)
    return tuple(rows)


def _is_remark(line: dict[str, str]) -> bool:
    """Nothing was delivered and nothing is charged."""
    return all(key in line and not float(line[key]) for key in ("quantity", "amount"))


def _locate(type: str, stated: str, document: Document) -> _Printed | None:
    """Return the first place where a page prints the value; None when none does."""
    for number, page in enumerate(document.pages):
        found = _locate_on_page(type, stated, page)
        if found:
            text, words = found
            wrapped = lines_of(page.words[i] for i in words)
            return _Printed(text, tuple(PageBox(number, union([word.box for word in line])) for line in wrapped))
    return None


def _locate_on_page(type: str, stated: str, page: Page) -> tuple[str, range] | None:
    """Return the printed text and the indices of its words."""
    starts, text = [], ""
    for word in page.words:
        starts.append(len(text))
        text += word.text + " "
    if type in PRINTED_LITERALLY:
        return _locate_text(stated, page, text, starts)
    for span in spans(type, text):
        if any(_is_as_stated(type, reading.value, stated) for reading in span.readings):
            return text[span.start : span.end], _words_of(starts, span.start, span.end)
    return None


def _locate_text(stated: str, page: Page, text: str, starts: list[int]) -> tuple[str, range] | None:
    folded, wanted = fold(text), fold(stated)
    if len(folded) != len(text):
        return None
    at = folded.find(wanted)
    while at >= 0:
        words = _words_of(starts, at, at + len(wanted))
        printed = " ".join(page.words[i].text for i in words)
        if fold(printed).strip(".,:;()") == wanted.strip(".,:;()"):  # whole words, not a part of a longer one
            return printed, words
        at = folded.find(wanted, at + 1)
    return None


def _words_of(starts: list[int], begin: int, end: int) -> range:
    """Return the indices of the words that text[begin:end] touches; starts: the offset of each word in the text."""
    return range(bisect_right(starts, begin) - 1, bisect_left(starts, end))
