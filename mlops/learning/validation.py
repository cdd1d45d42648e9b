"""Is a dataset fit to learn from? What a person should look at before training, worst first, and what to do."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invex.fields.labels import Label, LabelValue
from invex.fields.prediction import Prediction
from invex.fields.spec import FieldSpec
from invex.reading.errors import Unreadable

from .comparison import same
from .dataset import BadDataset, Dataset, Reader, Sample, read
from .duplicates import duplicates
from .finding import ERROR, NOTE, SEVERITIES, WARNING, Finding
from .label_errors import suspects
from .label_forms import in_other_form
from .learned_breaks import learn_breaks
from .locate import as_printed, locate
from .message import FieldKey, Parts, Words, listed
from .view import View

FEW_DOCUMENTS = 3  # a template with fewer is learned, but cannot be judged
DOMINANT_SHARE = 0.8  # of one template among three or more
PSI_ALERT = 0.2  # customary "large shift" of the population stability index
MIN_DRIFT_DOCUMENTS = 30  # on each side; with fewer the index is noise
UNKNOWN = "(unknown)"
SPOKEN = THE_TEMPLATE, AND_IN = ("the template", "and in")


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """documents: labelled documents that were looked at. located, values: of the labelled values, found on the page."""

    documents: int
    values: int
    located: int
    findings: tuple[Finding, ...]

    @property
    def is_fit(self) -> bool:
        """Whether nothing speaks against training."""
        return all(finding.severity != ERROR for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return the report; each finding says its `message`, and `sentence` and `parts` that it is made of."""
        return {
            "is_fit": self.is_fit,
            "documents": self.documents,
            "values": self.values,
            "located": self.located,
            "findings": [finding.to_json() for finding in self.findings],
        }

    def text(self) -> str:
        """Return the report as lines for a person."""
        lines = [f"{self.documents} documents, {self.located} of {self.values} labelled values found on the page"]
        for finding in self.findings:
            lines.append(f"{finding.severity.upper():8} {finding.message} {finding.what_to_do}")
            if finding.documents:
                lines.append(f"{'':8} {', '.join(finding.documents)}")
        return "\n".join(lines if self.findings else [*lines, "nothing to complain about"])


def validate(
    dataset: Dataset,
    reader: Reader | None,
    *,
    splits: Mapping[str, Collection[str]] | None = None,
    earlier: Sequence[Label] = (),
    predictions: Mapping[str, Prediction] | None = None,
) -> ValidationReport:
    """Return what is wrong or remarkable about the labelled documents of `dataset`.

    splits: name -> ids, to be free of duplicates of each other. earlier: labels of the version before, to tell drift.
    predictions: by models that have not seen the document (label_errors.cross_validated), to rank suspected labels.
    """
    samples, findings = _read(dataset, reader)
    labels = {sample.id: sample.label for sample in samples}
    types = {spec.key: spec.type for spec in dataset.fields}
    findings += in_other_form(labels.items(), dataset.fields, dataset.tables)
    same_paper = _same_paper(dataset, samples)
    values = located = 0
    for sample in samples:
        missing, count = _not_on_page(sample, types)
        values, located = values + count, located + count - len(missing)
        if missing:
            findings.append(
                Finding(
                    WARNING,
                    "value_not_on_page",
                    "Document {1}: not printed as labelled: {2}.",
                    ((sample.id,), listed(missing)),
                    "Compare with the page; correct the label, or have the page read again.",
                    (sample.id,),
                )
            )
    findings += _contradictions(same_paper, labels, types)
    findings += _across_splits(same_paper, splits or {})
    findings += _balance(labels.values())
    findings += _drift(earlier, list(labels.values()))
    findings += _suspected(dataset.fields, labels, predictions or {})
    findings.sort(key=lambda f: SEVERITIES.index(f.severity))  # stable: suspects stay ranked
    return ValidationReport(len(samples), values, located, tuple(findings))


def _read(dataset: Dataset, reader: Reader | None) -> tuple[list[Sample], list[Finding]]:
    samples, findings = [], []
    for entry in dataset.labelled():
        assert entry.label is not None
        try:
            sample = Sample(entry.id, read(entry, reader), entry.label)
        except (Unreadable, BadDataset) as e:
            why = Words(e.message if isinstance(e, Unreadable) else str(e))
            advice = "Replace the file, or leave the document out."
            parts: tuple[Parts, ...] = ((entry.id,), (why,))
            findings.append(Finding(ERROR, "unreadable", "Document {1}: {2}", parts, advice, (entry.id,)))
            continue
        samples.append(sample)
        if not any(page.words for page in sample.document.pages):
            advice = "Have it read again by OCR, or leave it out: nothing can be learned from it."
            parts = ((entry.id,),)
            findings.append(Finding(WARNING, "no_words", "Document {1} has no words.", parts, advice, (entry.id,)))
    return samples, findings


def _not_on_page(sample: Sample, types: Mapping[str, str]) -> tuple[list[Parts], int]:
    """Return the labelled values that nothing on the page reads as, "key = value", and how many were looked for.

    Values are looked for across the breaks that the label itself teaches, as when it is learned from.
    """
    view = View(sample.document)
    missing: list[Parts] = []
    said = [(key, value) for key, values in sample.label.fields.items() if key in types for value in values]
    breaks = learn_breaks((view.candidates(types[key]), value) for key, value in said)
    for key, value in said:
        candidates = view.candidates(types[key], breaks)
        if not locate(candidates, as_printed(candidates, value)).matching.any():
            missing.append((FieldKey(key), f" = {value.value!r}"))
    return missing, len(said)


def _same_paper(dataset: Dataset, samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    """Return the ids of documents that are one paper: by their bytes, or by their words."""
    paths = {entry.id: entry.file for entry in dataset.entries}
    by_bytes: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        path = paths[sample.id]
        if path is not None and path.is_file():
            by_bytes[hashlib.sha256(path.read_bytes()).hexdigest()].append(sample.id)
    same_bytes = {tuple(sorted(ids)) for ids in by_bytes.values() if len(ids) > 1}
    return sorted(same_bytes | set(duplicates({sample.id: sample.document for sample in samples})))


def _contradictions(
    same_paper: Iterable[tuple[str, ...]], labels: Mapping[str, Label], types: Mapping[str, str]
) -> Iterator[Finding]:
    for ids in same_paper:
        differing: list[Parts] = [
            (FieldKey(key),)
            for key, type in types.items()
            if len(said := [labels[i].fields[key] for i in ids if key in labels[i].fields]) > 1
            and not all(_same_values(type, said[0], other) for other in said[1:])
        ]
        if len({labels[i].template for i in ids}) > 1:
            differing.insert(0, (Words(THE_TEMPLATE),))
        if differing:
            yield Finding(
                ERROR,
                "contradicting_labels",
                "The same paper {1} times, with different labels for {2}.",
                ((str(len(ids)),), listed(differing)),
                "Decide which label is right, and keep the paper once.",
                ids,
            )
        else:
            times: Parts = (str(len(ids)),)
            yield Finding(NOTE, "duplicate", "The same paper {1} times.", (times,), "Keep it once.", ids)


def _same_values(type: str, a: Sequence[LabelValue], b: Sequence[LabelValue]) -> bool:
    return len(a) == len(b) and all(any(same(type, x.value, y.value) for y in b) for x in a)


def _across_splits(same_paper: Iterable[tuple[str, ...]], splits: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    for ids in same_paper:
        names = sorted(name for name, members in splits.items() if any(i in members for i in ids))
        if len(names) > 1:
            yield Finding(
                ERROR,
                "duplicate_across_splits",
                "The same paper is in {1}: figures would flatter.",
                (listed([(name,) for name in names], (" ", Words(AND_IN), " ")),),
                "Keep all copies of a paper in one split.",
                ids,
            )


def _balance(labels: Iterable[Label]) -> Iterator[Finding]:
    counts = Counter(label.template for label in labels if label.template is not None)
    few = sorted(name for name, count in counts.items() if count < FEW_DOCUMENTS)
    if few:
        yield Finding(
            NOTE,
            "few_documents",
            "Fewer than {1} documents of {2}: learned, but not to be judged.",
            ((str(FEW_DOCUMENTS),), (", ".join(few),)),
            "Confirm some more.",
        )
    if len(counts) > 2 and (top := counts.most_common(1)[0])[1] > DOMINANT_SHARE * counts.total():
        yield Finding(
            NOTE,
            "one_template_dominates",
            "{1} of {2} documents are of {3}: overall figures are its figures.",
            ((str(top[1]),), (str(counts.total()),), (top[0],)),
            "Read the figures per template.",
        )


def _drift(earlier: Sequence[Label], labels: Sequence[Label]) -> Iterator[Finding]:
    if min(len(earlier), len(labels)) < MIN_DRIFT_DOCUMENTS:
        return
    index = population_stability(
        Counter(label.template or UNKNOWN for label in earlier), Counter(label.template or UNKNOWN for label in labels)
    )
    if index > PSI_ALERT:
        yield Finding(
            WARNING,
            "template_drift",
            "The mix of templates has changed since the last version (stability index {1}).",
            ((f"{index:.2f}",),),
            "Check that the selection is meant to differ.",
        )
    for key in sorted({key for label in (*earlier, *labels) for key in label.fields}):
        before, now = (Counter(_state(label, key) for label in some) for some in (earlier, labels))
        if (index := population_stability(before, now)) > PSI_ALERT:
            yield Finding(
                WARNING,
                "field_drift",
                "Field {1} is labelled in {2} of the documents, before in {3} (stability index {4}).",
                (
                    ("'", FieldKey(key), "'"),
                    (f"{now['given'] / len(labels):.0%}",),
                    (f"{before['given'] / len(earlier):.0%}",),
                    (f"{index:.2f}",),
                ),
                "Check that the documents changed, and not the way they are labelled.",
            )


def _state(label: Label, key: str) -> str:
    if key not in label.fields:
        return "not said"
    return "given" if label.fields[key] else "absent"


def population_stability(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the population stability index of two counts by category, >= 0; each count gets 1/2 (Jeffreys).

    The symmetric Kullback-Leibler divergence of the shares (Lewis, "An Introduction to Credit Scoring", 1994).
    """
    categories = sorted({*before, *now})
    totals = [sum(counts.values()) + len(categories) / 2 for counts in (before, now)]
    index = 0.0
    for category in categories:
        p, q = ((counts.get(category, 0) + 0.5) / total for counts, total in zip((before, now), totals, strict=True))
        index += (q - p) * math.log(q / p)
    return index


def _suspected(
    fields: Iterable[FieldSpec], labels: Mapping[str, Label], predictions: Mapping[str, Prediction]
) -> Iterator[Finding]:
    for one in suspects(fields, labels, predictions):
        yield Finding(
            WARNING,
            "suspected_label",
            "Document {1}: {2} is labelled {3}, a model that has not seen it reads {4} (suspicion {5}).",
            (
                (one.document,),
                (FieldKey(one.field),),
                (repr(one.labelled),),
                (repr(one.predicted),),
                (f"{one.suspicion:.2f}",),
            ),
            "Look at the page.",
            (one.document,),
        )
