"""What a customer's templates teach each other about fields of the same key."""

import pytest

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document, Page, Word
from mlops.learning.dataset import Sample
from mlops.learning.learner import fit_template, learn_samples
from mlops.learning.package import Package
from mlops.learning.predictor import Predictor

REFERENCE = FieldSpec("reference", "id", "Reference")


def paper(*lines: str) -> Document:
    words = [
        Word(text, Box(0.1 + 0.12 * x, 0.1 + 0.04 * y, 0.2 + 0.12 * x, 0.115 + 0.04 * y))
        for y, line in enumerate(lines)
        for x, text in enumerate(line.split())
    ]
    return Document((Page(595.0, 842.0, tuple(words)),))


def confirmed(name: str, template: str, value: str, *lines: str) -> Sample:
    return Sample(name, paper(*lines), Label(template, "person", {"reference": (LabelValue(value),)}))


CLEAR = [
    confirmed(f"a{n}", "clear", str(n), "Delivery note", f"Batch {n + 77}", f"Reference {n}", "Thank you")
    for n in (40123, 51277, 60431)
]
# The value stands behind both labels; which one is meant, this document does not say.
UNCLEAR = confirmed("b", "unclear", "73311", "Slip", "Reference 73311", "Nothing else", "Batch 73311")
NEXT = paper("Slip", "Reference 90456", "Nothing else", "Batch 80112")


def package(*samples: Sample) -> Package:
    return learn_samples(samples, (REFERENCE,), (), name="slips")


def reference(of: Package) -> str:
    return Predictor(of).predict(NEXT, template="unclear").fields["reference"][0].value


def test_another_template_says_which_label_the_value_stands_behind():
    assert reference(package(UNCLEAR)) == "80112"
    assert reference(package(UNCLEAR, *CLEAR)) == "90456"


@pytest.mark.parametrize(("others", "is_transferred"), [((), False), (CLEAR, True)])
def test_a_template_is_transferred_to_where_there_are_others(others: tuple[Sample, ...], is_transferred: bool):
    of = package(UNCLEAR, *others)
    assert of.models["unclear"].is_transferred is is_transferred
    assert Package.from_bytes(of.to_bytes()).models["unclear"].is_transferred is is_transferred


def test_a_template_confirmed_later_gains_from_the_package_too():
    known = package(*CLEAR)
    model = fit_template(known, TemplateSpec("unclear", (REFERENCE,)), [UNCLEAR])
    assert reference(known.with_template(model)) == "90456"


def test_a_package_of_one_template_is_refitted_without_counting_its_documents_twice():
    known = package(*CLEAR)
    again = fit_template(known, known.models["clear"].spec, CLEAR)
    assert again.to_bytes() == known.models["clear"].to_bytes()
