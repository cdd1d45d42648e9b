import time

import numpy as np

from invex.reading.types import Document, Page
from mlops.learning.grouping import SAME_KIND, group, newcomers
from mlops.learning.signatures import signature
from tests.mlops.learning.forms import form_document

BLANK = Document((Page(595.0, 842.0, ()),))


def test_documents_of_one_form_are_a_group_and_the_odd_ones_are_in_none():
    kinds = [1, 2, 1, 3, 2, 1, 4]
    signatures = [signature(form_document(form, number)) for number, form in enumerate(kinds)]
    groups = group(signatures)
    assert [g.members for g in groups] == [(0, 2, 5), (1, 4)]
    assert all(g.typical in g.members and SAME_KIND <= g.cohesion <= 1 for g in groups)


def test_nothing_alike_and_nothing_at_all_give_no_groups():
    assert group([]) == ()
    assert group([signature(BLANK), signature(BLANK)]) == ()
    assert group([signature(form_document(form, 0)) for form in range(5)]) == ()


def test_identical_documents_do_not_send_the_clustering_in_circles():
    one = signature(form_document(1, 0))
    assert group([one] * 6)[0].members == tuple(range(6))


def test_a_newcomer_finds_its_group_or_none():
    signatures = [signature(form_document(form, number)) for form in (1, 2) for number in range(3)]
    index = newcomers(group(signatures), signatures)
    assert index.match(form_document(2, 9)).name == "1"
    assert index.match(form_document(3, 0)).name is None


def test_the_order_of_documents_changes_nothing():
    kinds = [form for form in range(8) for _ in range(4)]
    signatures = [signature(form_document(form, number)) for number, form in enumerate(kinds)]
    order = np.random.default_rng(0).permutation(len(kinds))
    shuffled = group([signatures[i] for i in order])
    assert {frozenset(int(order[m]) for m in g.members) for g in shuffled} == {
        frozenset(g.members) for g in group(signatures)
    }


def test_hundreds_of_documents_take_seconds():
    signatures = [signature(form_document(number % 40, number)) for number in range(400)]
    started = time.perf_counter()
    assert len(group(signatures)) == 40
    assert time.perf_counter() - started < 10  # 1 s on a free core
