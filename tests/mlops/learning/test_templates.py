import time

import numpy as np

from invex.reading.types import Document, Page
from mlops.learning.signatures import signature
from mlops.learning.templates import TemplateIndex, fit_templates
from tests.mlops.learning.forms import form_document


def test_one_example_makes_a_template_known():
    index = TemplateIndex().with_example("orders", form_document(1, 0))
    match = index.match(form_document(1, 1))
    assert match.name == "orders"
    assert match.confidence > 0.5


def test_a_form_never_seen_is_unknown_and_still_has_the_best_confidence():
    index = fit_templates({"a": [form_document(1, n) for n in range(3)], "b": [form_document(2, n) for n in range(3)]})
    unknown, known = index.match(form_document(3, 0)), index.match(form_document(2, 9))
    assert unknown.name is None
    assert known.name == "b"
    assert 0.0 <= unknown.confidence < known.confidence <= 1.0


def test_misread_characters_and_a_shifted_scan_keep_their_template():
    index = fit_templates({"a": [form_document(1, 0)], "b": [form_document(2, 0)]})
    assert index.match(form_document(1, 1, noise=0.1, shift=0.01)).name == "a"


def test_no_templates_and_no_words_are_unknown():
    blank = Document((Page(595.0, 842.0, ()),))
    assert TemplateIndex().match(form_document(1, 0)).name is None
    assert fit_templates({"a": [form_document(1, 0)]}).match(blank).confidence == 0.0
    assert fit_templates({"a": [blank]}).match(form_document(1, 0)).name is None


def test_adding_an_example_is_the_same_as_fitting_with_it():
    documents = [form_document(1, n) for n in range(3)]
    fitted = fit_templates({"a": documents, "b": [form_document(2, 0)]})
    grown = TemplateIndex()
    for document in documents:
        grown = grown.with_example("a", document)
    grown = grown.with_example("b", form_document(2, 0))
    query = form_document(1, 7)
    assert grown.probabilities(query) == fitted.probabilities(query)


def test_adding_an_example_takes_milliseconds():
    index = fit_templates({str(form): [form_document(form, n) for n in range(5)] for form in range(20)})
    document = form_document(3, 9)
    started = time.perf_counter()
    index.with_example("3", document).match(document)
    assert time.perf_counter() - started < 0.5  # some 15 ms on a free core


def test_arrays_round_trip_and_are_the_same_bytes_in_any_order():
    a, b = [form_document(1, n) for n in range(2)], [form_document(2, 0)]
    index, other_order = fit_templates({"a": a, "ß / b": b}), fit_templates({"ß / b": b, "a": a})
    arrays, again = index.to_arrays(), other_order.to_arrays()
    assert all(arrays[key].tobytes() == again[key].tobytes() for key in arrays)
    loaded = TemplateIndex.from_arrays(arrays)
    assert loaded.match(a[0]).name == "a"
    assert loaded.probabilities(a[0]) == index.probabilities(a[0])
    assert TemplateIndex.from_arrays(TemplateIndex().to_arrays()).looks == {}


def test_a_signature_is_ordered_and_has_no_bucket_twice():
    buckets = signature(form_document(1, 0)).buckets
    assert (np.diff(buckets) > 0).all()


def test_a_template_can_be_forgotten_and_replaced():
    index = fit_templates({"a": [form_document(1, 0)], "b": [form_document(2, 0)]})
    assert index.without_template("a").match(form_document(1, 1)).name is None
    assert index.with_template("a", [form_document(3, 0)]).match(form_document(1, 1)).name is None
    assert index.merged(fit_templates({"c": [form_document(3, 0)]})).match(form_document(3, 1)).name == "c"
