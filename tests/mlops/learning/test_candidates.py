"""Candidates: typed spans inside cells and tokens, names between breaks, wrapped lines."""

import pytest

from invex.fields.labels import LabelValue
from mlops.learning.breaks import NO_BREAKS, Breaks
from mlops.learning.candidates import find
from mlops.learning.layout import lay_out
from mlops.learning.learned_breaks import learn_breaks
from tests.mlops.learning.test_layout import CHAR, document, narrow, word


def found(kind: str, page: list, breaks: Breaks = NO_BREAKS) -> tuple[str, ...]:
    return find(lay_out(document(page)), kind, breaks).texts


def test_typed_values_are_found_inside_tokens():
    page = [word("Date:30/04/2017", 0.1, 0.1), word("Total12.50", 0.5, 0.1)]
    assert "30/04/2017" in found("date", page)
    assert "12.50" in found("amount", page)


def test_a_typed_value_does_not_reach_over_a_gap_between_cells():
    page = [word("12", 0.1, 0.1), word("500.00", 0.5, 0.1)]
    assert "12 500.00" not in found("amount", page)


def test_an_iban_may_be_spaced_widely():
    parts = ["DE89", "3704", "0044", "0532", "0130", "00"]
    page = [word(p, 0.1 + 0.1 * i, 0.1) for i, p in enumerate(parts)]
    assert len(found("iban", page)) == 1


def test_an_iban_goes_on_in_the_next_line_where_one_did_and_its_check_digits_say_so():
    first = [word(t, 0.1 + CHAR * x, 0.1) for t, x in (("RIB", 0), ("(IBAN)", 4), ("DE89", 11), ("3704", 16))]
    page = [*first, *(word(t, 0.1 + CHAR * x, 0.115) for t, x in (("0044", 0), ("0532", 5), ("0130", 10), ("00", 15)))]
    assert found("iban", page) == ()
    breaks = learn_breaks([(find(lay_out(document(page)), "iban"), LabelValue("DE89370400440532013000"))])
    assert found("iban", page, breaks) == ("DE89 3704 0044 0532 0130 00",)
    assert found("iban", [*page[:-1], word("01", 0.1 + CHAR * 15, 0.115)], breaks) == ()


def test_names_begin_after_colons_and_end_before_brackets():
    page = [word(t, 0.1 + 0.12 * i, 0.1) for i, t in enumerate(["Customer:", "Acme", "(77)"])]
    page = [word("Customer:", 0.1, 0.1), word("Acme", 0.195, 0.1), word("Ltd", 0.24, 0.1), word("(77)", 0.275, 0.1)]
    texts = found("text", page)
    assert "Acme Ltd" in texts
    assert "Acme Ltd (77)" in texts


def test_a_bracket_glued_to_a_name_is_cut_off():
    page = [word("Acme", 0.1, 0.1), word("Ltd(77)", 0.145, 0.1)]
    assert "Acme Ltd" in found("text", page)


def test_names_wrap_over_aligned_lines():
    page = [word("Acme", 0.1, 0.1), word("Holding", 0.1, 0.115)]
    assert "Acme Holding" in found("text", page)


def running(y: float, *texts: str) -> list:
    return [word(text, 0.1 + CHAR * sum(len(t) + 1 for t in texts[:i]), y) for i, text in enumerate(texts)]


def test_a_text_of_running_text_ends_in_the_next_line_where_its_end_was_learned():
    page = running(0.1, "Let", "to", "Ann", "Bell,", "of", "12") + running(
        0.115, "Mill", "Lane", "hereinafter", "tenant"
    )
    assert "12 Mill Lane" not in found("address", page)
    breaks = Breaks(frozenset({"of"}), frozenset({"hereinafter"}))
    assert "12 Mill Lane" in found("address", page, breaks)
    assert "12 Mill Lane hereinafter tenant" in found("address", page, breaks)


@pytest.mark.parametrize(
    ("above", "below", "printed", "words", "value"),
    [
        (
            ["Cover", "from", "3", "March"],
            ["2025", "to", "1", "May", "2026."],
            "3 March 2025",
            ["3", "March", "2025"],
            "2025-03-03",
        ),
        (["Hamburg,", "29-MAY-"], ["2025"], "29-MAY-2025", ["29-MAY-", "2025"], "2025-05-29"),
    ],
)
def test_a_date_may_be_broken_over_two_lines(above, below, printed, words, value):
    candidates = find(lay_out(document(running(0.1, *above) + running(0.115, *below))), "date")
    (k,) = (k for k, text in enumerate(candidates.texts) if text == printed)
    layout = candidates.layout
    assert [layout.texts[w] for w in candidates.words(k)] == words
    assert candidates.readings[k][0].value == value
    assert len(layout.boxes(candidates.words(k))) == 2
    apart = find(lay_out(document(running(0.1, *above) + running(0.3, *below))), "date")
    assert printed not in apart.texts


def test_a_rule_to_write_on_is_no_part_of_a_name():
    page = [
        word("________", 0.1, 0.1),
        word("Acme", 0.1, 0.115),
        word("Holding", 0.145, 0.115),
        word("-----", 0.1, 0.13),
    ]
    assert found("text", page) == ("Acme Holding",)


def test_learned_breaks_split_a_cell():
    page = [word("Advertiser", 0.1, 0.1), word("Acme", 0.205, 0.1), word("Ltd", 0.25, 0.1)]
    assert "Acme Ltd" not in found("text", page)
    assert "Acme Ltd" in found("text", page, Breaks(after=frozenset({"advertiser"})))


def test_an_address_of_mail_or_a_number_may_be_broken_at_a_sign():
    mail = running(0.1, "Write", "to", "k.von-") + running(0.115, "hagen@firm.example", "today")
    assert "k.von-hagen@firm.example" in found("email", mail)
    late = running(0.1, "Write", "to", "k.hagen@firm-") + running(0.115, "ag.example", "today")
    assert found("email", late) == ("k.hagen@firm-ag.example",)
    whole = running(0.1, "Write", "k.hagen@firm.example") + running(0.115, "tomorrow")
    assert found("email", whole) == ("k.hagen@firm.example",)
    assert "CL-60171" in found("id", running(0.1, "Your", "claim", "CL-") + running(0.115, "60171", "of", "May"))
    assert "-60171" not in found("id", running(0.1, "Claim", "-") + running(0.115, "60171", "of", "May"))


def test_words_of_a_candidate_include_its_wrapped_lines():
    page = [word("Acme", 0.1, 0.1), word("Holding", 0.1, 0.115)]
    candidates = find(lay_out(document(page)), "text")
    k = candidates.texts.index("Acme Holding")
    assert candidates.words(k) == (0, 1)
    assert candidates.tail[k] == 1


def test_an_empty_page_has_no_candidates():
    for kind in ("text", "date", "amount", "id", "address", "iban"):
        assert len(find(lay_out(document([])), kind)) == 0


OWNER = narrow(0.1, "Owner Eva Dudek, 12 Harbour Rd, York")


def test_what_was_parted_at_commas_is_parted_at_commas():
    assert "Eva Dudek," not in found("text", OWNER)
    learned = learn_breaks([(find(lay_out(document(OWNER)), "text"), LabelValue("Eva Dudek"))])
    assert learned.before == {","}  # the street of this owner says nothing of another's
    assert "Eva Dudek," in found("text", OWNER, learned)


def test_running_text_is_not_parted_at_commas():
    above, below = "between Harbour View Holdings, a company, and Eva", "Dudek, a person, as of the day of signing it,"
    page = narrow(0.1, above) + narrow(0.115, below)
    assert "a company," not in found("text", page, Breaks(after=frozenset({","}), before=frozenset({","})))


OPTIONS = [("Result", 0.1), ("☐", 0.3), ("passed", 0.32), ("☒", 0.5), ("failed", 0.52)]


def test_of_options_only_those_with_a_filled_mark_may_be_meant():
    texts = found("text", [word(text, x, 0.1) for text, x in OPTIONS])
    assert "failed" in texts
    assert "passed" not in texts
    assert not any("☐" in text or "☒" in text for text in texts)


def test_a_mark_may_stand_behind_its_option():
    behind = [("Result:", 0.1), ("passed", 0.3), ("☐", 0.365), ("failed", 0.5), ("☒", 0.565)]
    texts = found("text", [word(text, x, 0.1) for text, x in behind])
    assert {"passed", "failed"} <= set(texts)


def test_a_mark_as_near_to_both_of_its_words_stands_behind_where_the_line_ends_with_one():
    assert {"passed", "failed"} <= set(found("text", narrow(0.1, "Result: passed ☐ failed ☒")))
    assert "passed" not in found("text", narrow(0.1, "Result: ☐ passed ☒ failed"))


@pytest.mark.parametrize("ticked", ["[X]", "[x]", "[ X ]", "[✓]"])
def test_boxes_may_be_typed_in_brackets(ticked):
    texts = found("text", narrow(0.1, f"Type: {ticked} Temporary [ ] Permanent [ ] Freelance"))
    assert "Temporary" in texts
    assert not {"Permanent", "Freelance"} & set(texts)


def test_brackets_around_anything_else_are_no_boxes():
    page = [*narrow(0.1, "as in [4] and [note] of [ it"), *narrow(0.2, "] and [ that ]")]
    assert lay_out(document(page)).texts == tuple(shown.text for shown in page)
    over_lines = [*narrow(0.1, "so ["), *narrow(0.2, "] that")]
    assert lay_out(document(over_lines)).texts == ("so", "[", "]", "that")


def test_a_text_is_not_cut_where_the_box_of_another_choice_follows():
    candidates = find(lay_out(document(narrow(0.1, "[X] Half time (Grade 4) [ ] Permanent"))), "text")
    is_cut = dict(zip(candidates.texts, candidates.is_cut.tolist(), strict=True))
    assert not is_cut["Half time (Grade 4)"]
    assert is_cut["Half time"]


def test_options_of_which_none_is_marked_may_all_be_meant():
    empty = [(text.replace("☒", "☐"), x) for text, x in OPTIONS]
    assert {"passed", "failed"} <= set(found("text", [word(text, x, 0.1) for text, x in empty]))
