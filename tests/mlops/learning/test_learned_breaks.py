"""Where values begin, end and go on is learned from confirmed values that no candidate is made of."""

import pytest

from invex.fields.geometry import Box, PageBox
from invex.fields.labels import LabelValue
from invex.reading.types import Word
from mlops.learning.breaks import GAP, LOOSE, NO_BREAKS, RIGHT, Breaks
from mlops.learning.candidates import find
from mlops.learning.layout import lay_out
from mlops.learning.learned_breaks import learn_breaks, occurrences
from mlops.learning.locate import locate
from tests.mlops.learning.test_layout import CHAR, document, word


def test_words_before_a_text_that_no_candidate_matches_are_learned():
    page = [word("Advertiser", 0.1, 0.1), word("Acme", 0.205, 0.1), word("Ltd", 0.25, 0.1)]
    layout = lay_out(document(page))
    breaks = learn_breaks([(find(layout, "text"), LabelValue("Acme Ltd"))])
    assert breaks.after == {"advertiser"}
    assert locate(find(layout, "text", breaks), LabelValue("ACME LTD.")).matching.any()


def test_who_was_confirmed_behind_one_title_is_found_behind_another():
    letter = [word("Dear", 0.1, 0.1), word("Mr", 0.145, 0.1), word("Nash", 0.17, 0.1)]
    breaks = learn_breaks([(find(lay_out(document(letter)), "text"), LabelValue("Nash"))])
    other = lay_out(document([word("Dear", 0.1, 0.1), word("Dr.", 0.145, 0.1), word("Bell", 0.178, 0.1)]))
    assert "Bell" in find(other, "text", breaks).texts
    assert "Bell" not in find(other, "text", learn_breaks([])).texts


def test_the_form_of_an_id_that_is_printed_in_groups_is_learned():
    first = [
        word("No.", 0.1, 0.1),
        word("86", 0.14, 0.1),
        word("131082", 0.165, 0.1),
        word("W", 0.23, 0.1),
        word("256", 0.245, 0.1),
    ]
    other = [
        word("No.", 0.1, 0.1),
        word("7", 0.14, 0.1),
        word("40282", 0.155, 0.1),
        word("K", 0.21, 0.1),
        word("18,", 0.225, 0.1),
    ]
    breaks = learn_breaks([(find(lay_out(document(first)), "id"), LabelValue("86 131082 W 256"))])
    assert breaks.codes == {"0 0 a 0"}
    layout = lay_out(document(other))
    before, found = find(layout, "id"), find(layout, "id", breaks)
    assert set(found.texts) - set(before.texts) == {"7 40282 K 18,"}
    assert locate(found, LabelValue("7 40282 K 18")).matching.sum() == 1


def test_occurrences_respect_words():
    layout = lay_out(document([word("Acme", 0.1, 0.1), word("Ltd", 0.145, 0.1), word("Acmeltds", 0.1, 0.2)]))
    assert occurrences(layout, "acme ltd") == [(0, 1)]


LINES = ("Tower B", "Industrial Estate East", "1200 Massachusetts Avenue NW", "Washington, DC 20005", "USA")
LINE = 0.015
BESIDE = ("Acme Supplies Ltd", "22 Station Road", "Leeds LS1 4DY", "United Kingdom", "VAT GB123456789")


def words_of(text: str, x: float, y: float) -> list[Word]:
    texts = text.split()
    return [word(t, x + CHAR * sum(len(u) + 1 for u in texts[:i]), y) for i, t in enumerate(texts)]


def with_right_edge(lines: tuple[str, ...], x: float = 0.9) -> list[Word]:
    """Lines that end at x, beside others."""
    right = [w for i, t in enumerate(lines) for w in words_of(t, x - CHAR * len(t), 0.1 + i * LINE)]
    return right + [w for i, t in enumerate(BESIDE) for w in words_of(t, 0.1, 0.1 + i * LINE)]


def learned(page: list[Word], kind: str, value: str, boxes: tuple[PageBox, ...] = ()) -> Breaks:
    return learn_breaks([(find(lay_out(document(page)), kind), LabelValue(value, boxes=boxes))])


def found(page: list[Word], kind: str, value: str, breaks: Breaks) -> bool:
    return bool(locate(find(lay_out(document(page)), kind, breaks), LabelValue(value)).matching.any())


def test_an_address_that_is_aligned_on_the_right_is_learned_for_the_next_document():
    breaks = learned(with_right_edge(LINES), "address", ", ".join(LINES))
    assert breaks.joins == {("address", RIGHT)}
    other = ("c/o Kern AG", "Hauptstrasse 112a, second floor", "80331 München")
    assert found(with_right_edge(other), "address", ", ".join(other), breaks)
    assert not found(with_right_edge(other), "address", ", ".join(other), NO_BREAKS)


def test_a_right_edge_is_learned_from_lines_that_are_candidates_by_their_centres_too():
    lines = ("14 Long Acre", "Leeds LS1 4DY")
    layout = lay_out(document(with_right_edge(lines)))
    label = LabelValue(", ".join(lines))
    assert locate(find(layout, "address"), label).matching.any()
    assert learn_breaks([(find(layout, "address"), label)]).joins == {("address", RIGHT)}
    page = [w for i, t in enumerate(lines) for w in words_of(t, 0.1, 0.1 + i * LINE)]
    assert learned(page, "address", label.value) == NO_BREAKS


def test_lines_that_are_not_aligned_are_joined_where_a_value_was():
    page = [w for i, t in enumerate(LINES) for w in words_of(t, (0.5, 0.56, 0.53, 0.58, 0.6)[i], 0.1 + i * LINE)]
    breaks = learned(page, "address", ", ".join(LINES))
    assert breaks.joins == {("address", LOOSE)}
    assert found(page, "address", ", ".join(LINES), breaks)


def test_a_name_in_widely_spaced_print_is_one_value_where_one_was():
    page = [word(t, x, 0.1) for t, x in (("PERNIAGAAN", 0.1), ("RIANG", 0.3), ("RIA", 0.5))]
    breaks = learned(page, "text", "Perniagaan Riang Ria")
    assert breaks.joins == {("text", GAP)}
    assert found(page, "text", "Perniagaan Riang Ria", breaks)
    assert "RIANG RIA" in find(lay_out(document(page)), "text", breaks).texts


def test_more_lines_than_usual_are_learned_as_many_as_there_are():
    lines = [f"and clause {n} of the rules that both have signed before" for n in range(9)]
    page = [w for i, t in enumerate(lines) for w in words_of(t, 0.1, 0.1 + i * LINE)]
    breaks = learned(page, "text", " ".join(lines))
    assert breaks == Breaks(lines=frozenset({("text", 8)}))
    assert found(page, "text", " ".join(lines), breaks)


@pytest.mark.parametrize(("count", "words"), [(1, 20), (2, 18), (3, 14), (4, 16)])
def test_a_text_is_a_candidate_with_what_was_learned_of_it(count, words):
    lines = [" ".join(f"{'abcdefgh'[n]}{'lmnoprst'[(n + w) % 8]}ord" for w in range(words)) for n in range(count)]
    page = [w for i, t in enumerate(lines) for w in words_of(t, 0.02, 0.1 + i * LINE)]
    assert not found(page, "text", " ".join(lines), NO_BREAKS)
    assert found(page, "text", " ".join(lines), learned(page, "text", " ".join(lines)))


def test_how_names_are_printed_says_nothing_of_addresses():
    page = [word(t, x, 0.1) for t, x in (("PERNIAGAAN", 0.1), ("RIANG", 0.3), ("RIA", 0.5))]
    breaks = learned(page, "text", "Perniagaan Riang Ria")
    assert breaks.of_texts("address") == NO_BREAKS
    assert find(lay_out(document(page)), "address", breaks).texts == find(lay_out(document(page)), "address").texts


def test_cells_of_a_table_are_not_joined_where_a_widely_spaced_name_was():
    breaks = Breaks(joins=frozenset({("text", GAP)}))
    row = [word(t, 0.1 + 0.17 * i, 0.1) for i, t in enumerate(("Lamp", "brass", "two", "each", "sold"))]
    assert find(lay_out(document(row)), "text", breaks).texts == tuple(w.text for w in row)


@pytest.mark.parametrize(
    ("printed", "value"), [("86 | 131082", "86 131082"), ("GB|3883/10", "GB|3883"), ("A(12)/7", "A(12)")]
)
def test_signs_in_and_beside_an_id_are_no_signs_of_its_form(printed, value):
    texts = ["Ref", *printed.split()]
    page = [word(t, 0.1 + CHAR * sum(len(u) + 1 for u in texts[:i]), 0.1) for i, t in enumerate(texts)]
    breaks = learned(page, "id", value)
    assert found(page, "id", value, breaks)


def test_boxes_tell_where_a_value_is_that_is_not_printed_as_it_was_confirmed():
    page = with_right_edge(LINES)
    boxes = tuple(PageBox(0, Box(0.5, 0.095 + i * LINE, 0.95, 0.108 + i * LINE)) for i in range(len(LINES)))
    label = LabelValue("Somewhere else", boxes=boxes)
    layout = lay_out(document(page))
    candidates = find(layout, "address", learned(page, "address", label.value, boxes))
    meant = [candidates.texts[k] for k in locate(candidates, label).meant.nonzero()[0]]
    assert meant == [" ".join(LINES)]


def test_words_beside_the_pieces_of_a_value_are_learned_with_what_joins_them():
    page = words_of("Deliver to Kern AG", 0.1, 0.1) + words_of("Hauptstrasse 112", 0.25, 0.1 + LINE)
    breaks = learned(page, "address", "Kern AG, Hauptstrasse 112")
    assert "to" in breaks.after
    assert found(page, "address", "Kern AG, Hauptstrasse 112", breaks)


def test_what_is_not_on_the_page_teaches_nothing():
    assert learned(with_right_edge(LINES), "address", "5 Elm, Paris") == NO_BREAKS


def test_breaks_come_back_from_json_and_an_older_version_knew_fewer():
    breaks = Breaks(
        frozenset({"to"}), joins=frozenset({("address", RIGHT), ("text", GAP)}), lines=frozenset({("text", 7)})
    )
    assert Breaks.from_json(breaks.to_json()) == breaks
    assert Breaks.from_json({"after": ["to"], "before": []}) == Breaks(frozenset({"to"}))


@pytest.mark.parametrize(
    ("confirmed", "value", "following", "found"),
    [
        ("GB3883/10", "GB3883", "HW71/2", "HW71"),
        ("2025/4711", "4711", "2026/12", "12"),
        ("RE-77120-DE", "77120", "KD-4-AT", "4"),
    ],
)
def test_an_id_that_is_a_part_of_a_word_is_learned(confirmed: str, value: str, following: str, found: str) -> None:
    first = find(lay_out(document([word(confirmed, 0.1, 0.1)])), "id")
    assert value not in first.texts
    breaks = learn_breaks([(first, LabelValue(value))])
    other = lay_out(document([word(following, 0.1, 0.1)]))
    assert found in find(other, "id", breaks).texts
    assert found not in find(other, "id").texts


def test_letters_do_not_part_an_id():
    page = find(lay_out(document([word("GB3883X", 0.1, 0.1)])), "id")
    assert not learn_breaks([(page, LabelValue("GB3883"))]).codes
