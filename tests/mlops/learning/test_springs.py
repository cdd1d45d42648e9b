"""How fields stand to each other, learned from one document."""

from dataclasses import replace

import numpy as np
import pytest

from invex.fields.geometry import Box
from invex.fields.labels import Label, LabelValue
from invex.fields.spec import FieldSpec, TemplateSpec
from invex.reading.types import Document, Page, Word
from mlops.learning.candidates import find
from mlops.learning.dataset import Sample
from mlops.learning.layout import lay_out
from mlops.learning.learner import fit_template
from mlops.learning.model import TemplateModel
from mlops.learning.package import EMPTY
from mlops.learning.predictor import Predictor
from mlops.learning.springs import ACROSS, TOUCHING, Standing, learn_springs, pull, settle

KINDS = {"start": "date", "end": "date"}


def standing(*places: tuple[float, float, int]) -> Standing:
    """x, y and page of each occurrence; all are as likely."""
    box = np.array([(x, y, x + 0.1, y + 0.01) for x, y, _ in places], np.float32)
    log_prior = np.full(len(places), -np.log(len(places)), np.float32)
    return Standing(box, np.array([p for *_, p in places], np.int32), log_prior)


ONE_LINE = {"start": standing((0.2, 0.1, 0)), "end": standing((0.6, 0.5, 0), (0.32, 0.1, 0), (0.32, 0.1, 1))}


def test_values_of_a_type_that_are_printed_together_are_meant_together():
    settled = settle(ONE_LINE, KINDS)
    assert int(np.argmax(settled["end"])) == 1
    assert np.exp(settled["end"]).sum() == pytest.approx(1.0)
    apart = settle(ONE_LINE, {"start": "date", "end": "text"})
    assert apart["end"] == pytest.approx(ONE_LINE["end"].log_prior)


def test_two_fields_are_not_both_meant_where_one_value_is_printed_once():
    places = {"start": standing((0.2, 0.1, 0), (0.2, 0.5, 0)), "end": standing((0.2, 0.1, 0), (0.4, 0.12, 0))}
    settled = settle(places, KINDS)
    assert [int(np.argmax(settled[key])) for key in ("start", "end")] == [0, 1]


def test_many_fields_beside_an_occurrence_say_no_more_than_one():
    kinds = {"port": "text", **{f"other_{i}": "text" for i in range(8)}}
    one = {"port": standing((0.2, 0.1, 0), (0.2, 0.5, 0)), "other_0": standing((0.4, 0.1, 0))}
    many = {**one, **{f"other_{i}": standing((0.4, 0.1 - i / 100, 0)) for i in range(8)}}
    assert settle(many, kinds)["port"] == pytest.approx(settle(one, kinds)["port"])


def test_an_address_right_below_its_name_is_held_more_firmly_than_one_elsewhere():
    kinds = {"client": "text", "address": "address", "city": "text"}
    lines = {"client": standing((0.1, 0.2, 0)), "address": standing((0.1, 0.215, 0)), "city": standing((0.4, 0.215, 0))}
    weights = {(s.first, s.second): s.weight for s in learn_springs([lines], kinds)}
    assert weights["client", "address"] == TOUCHING
    assert weights["address", "city"] == ACROSS
    assert learn_springs([{"client": lines["address"], "address": lines["client"]}], kinds)[0].weight == ACROSS
    apart = {**lines, "address": standing((0.1, 0.4, 0))}
    for documents, weight in ([apart], ACROSS), ([lines, lines, apart], TOUCHING), ([lines, apart, apart], ACROSS):
        assert learn_springs(documents, {k: kinds[k] for k in ("client", "address")})[0].weight == weight


def test_a_spring_is_as_long_as_the_likeliest_two_are_apart():
    (spring,) = learn_springs([ONE_LINE], KINDS)
    assert (spring.first, spring.second) == ("start", "end")
    assert (spring.dx, spring.dy) == pytest.approx((0.12, 0.0))


def test_documents_that_disagree_make_a_spring_weaker_and_then_none():
    def at(y: float) -> dict[str, Standing]:
        return {"start": standing((0.2, 0.1, 0)), "end": standing((0.32, y, 0))}

    (rigid,) = learn_springs([at(0.1)] * 4, KINDS)
    (weaker,) = learn_springs([at(0.1)] * 3 + [at(0.4)], KINDS)
    assert weaker.strength < rigid.strength
    assert learn_springs([at(y) for y in (0.1, 0.3, 0.5, 0.7)], KINDS) == ()
    assert learn_springs([{"start": standing((0.2, 0.1, 0)), "end": standing((0.3, 0.1, 1))}], KINDS) == ()


def paper(*rows: tuple[float, float, str]) -> Document:
    words = [
        Word(t, Box(x + 0.1 * i, y, x + 0.1 * i + 0.09, y + 0.012))
        for x, y, line in rows
        for i, t in enumerate(line.split())
    ]
    return Document((Page(595.0, 842.0, tuple(words)),))


def test_a_spring_pulls_towards_the_other_field_and_not_from_afar():
    candidates = find(lay_out(paper((0.1, 0.1, "2024-01-05 - 2024-02-05"), (0.1, 0.6, "2024-03-05"))), "date")
    springs = learn_springs([{"start": standing((0.1, 0.1, 0)), "end": standing((0.3, 0.1, 0))}], KINDS)
    sure, open_ = np.array([6, 0, 0], np.float32), np.zeros(3, np.float32)
    pulled = pull(springs, {"start": (candidates, sure, 0.0), "end": (candidates, open_, 0.0)})["end"]
    assert int(np.argmax(pulled)) == 1
    assert pulled[2] == pytest.approx(0.0, abs=0.1)
    assert pull(springs, {"start": (candidates, sure, 0.0)}) == {}


def test_many_fields_of_a_type_pull_no_more_than_the_strongest_of_them():
    rows = tuple((0.1, 0.1 + 0.1 * i, f"2024-0{i + 1}-05") for i in range(5))
    candidates = find(lay_out(paper(*rows)), "date")
    keys = [f"day_{i}" for i in range(5)]
    everywhere = {key: standing((0.1, y, 0)) for key, (_, y, _) in zip(keys, rows)}
    springs = learn_springs([everywhere], dict.fromkeys(keys, "date"))
    fields = {key: (candidates, 6 * np.eye(5, dtype=np.float32)[i], 0.0) for i, key in enumerate(keys[:4])}
    fields["day_4"] = (candidates, np.zeros(5, np.float32), 0.0)
    by_four = pull(springs, fields)["day_4"]
    by_each = [pull(springs, {key: fields[key], "day_4": fields["day_4"]})["day_4"] for key in keys[:4]]
    assert int(np.argmax(by_four)) == 4
    assert max(by_each, key=lambda told: told[4])[4] >= by_four[4] > min(by_each, key=lambda told: told[4])[4] - 1e-3


def test_a_block_that_has_moved_is_read_by_how_its_values_stand_to_each_other():
    fields = tuple(FieldSpec(key, "date", key) for key in KINDS)
    confirmed = Sample(
        "a",
        paper(
            (0.1, 0.1, "Booking"),
            (0.1, 0.3, "From 2024-01-05"),
            (0.1, 0.33, "To 2024-01-28"),
            (0.1, 0.5, "Due 2024-03-01"),
        ),
        Label("booking", "person", {"start": (LabelValue("2024-01-05"),), "end": (LabelValue("2024-01-28"),)}),
    )
    model = fit_template(EMPTY, TemplateSpec("booking", fields), [confirmed])
    again = TemplateModel.from_bytes(model.to_bytes())
    assert again.springs == model.springs
    moved = paper(
        (0.1, 0.1, "Booking"), (0.1, 0.33, "To 2024-05-02"), (0.1, 0.47, "From 2024-04-02"), (0.1, 0.5, "To 2024-04-23")
    )

    def read(known: TemplateModel) -> list[str]:
        found = Predictor(EMPTY).with_template(known).predict(moved, template="booking").fields
        return [found[key][0].value for key in KINDS]

    assert read(again) == ["2024-04-02", "2024-04-23"]
    assert read(replace(again, springs=())) != ["2024-04-02", "2024-04-23"]
