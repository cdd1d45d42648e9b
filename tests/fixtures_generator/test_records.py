"""Records: many values of one type side by side, and a template's own choice of fields."""

from __future__ import annotations

from fixtures.generator.records import PERIOD, RecordTemplate

TEMPLATES = [RecordTemplate(seed) for seed in range(12)]


def test_documents_of_a_template_say_other_things_in_the_same_place():
    for template in TEMPLATES[:4]:
        one, other = template.document(0), template.document(1)
        assert one.label.fields.keys() == other.label.fields.keys() == {f.key for f in template.fields}
        assert one.label.fields != other.label.fields
        assert template.document(0).document == one.document


def test_what_is_labelled_is_printed_there():
    for template in TEMPLATES:
        document, label = template.document(0).document, template.document(0).label
        for values in label.fields.values():
            for value in values:
                words = "".join(
                    word.text
                    for place in value.boxes
                    for word in document.pages[place.page].words
                    if place.box.overlap(word.box) > 0.5 * word.box.width * word.box.height
                )
                assert value.text.replace(" ", "").replace("\u00a0", "") in words


def test_a_redesigned_record_says_the_same_elsewhere():
    moved = 0
    for template in TEMPLATES:
        other = template.redesigned()
        assert other.fields == template.fields
        before, after = template.document(0).label.fields, other.document(0).label.fields
        for key, values in before.items():
            assert [v.value for v in values] == [v.value for v in after[key]]
            moved += [v.boxes for v in values] != [v.boxes for v in after[key]]
    assert moved > 20


def test_fields_are_of_several_types_and_some_have_a_name_of_their_own():
    fields = [f for template in TEMPLATES for f in template.fields]
    assert {f.type for f in fields} == {"id", "date", "text", "amount"}
    assert 0 < sum(bool(f.label) for f in fields) < len(fields)
    periods = [t for t in TEMPLATES if any(f.key == PERIOD[0] for f in t.fields)]
    assert all(any(f.key == PERIOD[1] for f in t.fields) for t in periods)
