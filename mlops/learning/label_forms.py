"""What labels say outside of the dataset's fields, which nobody learns, or in a form in which no prediction is right.

One place for the rule: validation puts it into its report, `learn` and the import warn of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TableSpec

from .comparison import is_canonical
from .dataset import MOST_NAMED
from .finding import ERROR, WARNING, Finding
from .message import CellKey, FieldKey, TypeKey


def in_other_form(
    labels: Iterable[tuple[str, Label]], fields: Iterable[FieldSpec], tables: Iterable[TableSpec]
) -> list[Finding]:
    """Return a finding for each value that is not canonical, and one for each key that `fields` and `tables` lack.

    Also one when there is no value for any of them.

    labels: id of the document, and what is confirmed of it.
    """
    types = {spec.key: spec.type for spec in fields}
    types |= {f"{table.key}.{column.key}": column.type for table in tables for column in table.columns}
    labels = list(labels)
    findings = []
    lacking: dict[str, list[str]] = defaultdict(list)  # key -> documents
    for document, label in labels:
        for key, where, value in _values(label):
            if key not in types:
                if document not in lacking[key][-1:]:
                    lacking[key].append(document)
            elif not is_in_form(types[key], value):
                findings.append(
                    Finding(
                        ERROR,
                        "not_canonical",
                        "Document {1}: {2} = {3} is no {4} as labels write it.",
                        ((document,), (where,), (repr(value.value),), (TypeKey(types[key]),)),
                        "Write dates as 2020-03-29, numbers as 5625.00, currencies as EUR.",
                        (document,),
                    )
                )
    findings += [_unknown(key, ids) for key, ids in lacking.items()]
    if labels and not any(key in types for _, label in labels for key, _, _ in _values(label)):
        findings.append(
            Finding(
                WARNING,
                "no_values",
                "No label gives a value for a field of dataset.json: none can be learned.",
                (),
                "Compare the keys of the labels with those of its fields.",
            )
        )
    return findings


def is_in_form(type: str, value: LabelValue) -> bool:
    """Is the value one of `type`, canonical, at all?"""
    return bool(value.value.strip()) and is_canonical(type, value.value)


def _unknown(key: str, documents: Sequence[str]) -> Finding:
    return Finding(
        WARNING,
        "unknown_field",
        "{1} is not among the fields of dataset.json; documents with it: {2}.",
        ((key,), (str(len(documents)),)),  # as a text: the key is what dataset.json lacks
        "Add the field there, or take it out of the labels.",
        tuple(documents[:MOST_NAMED]),
    )


def _values(label: Label) -> Iterator[tuple[str, FieldKey | CellKey, LabelValue]]:
    """Yield each value of a label with its key, "table.column" for a cell, and its place."""
    for key, values in label.fields.items():
        yield from ((key, FieldKey(key), value) for value in values)
    for key, rows in label.tables.items():
        for number, row in enumerate(rows, 1):
            yield from ((f"{key}.{column}", CellKey(key, number, column), cell) for column, cell in row.items())
