import pytest

from analysis.answer import Answer
from analysis.report.conftest import SWEEP, write
from analysis.report.page import render
from analysis.report.sections.headline import headline
from analysis.report.sections.taggers import CEILING, taggers_section
from analysis.report.sweep_contents import read
from orchestrator.data.faces import EMOTIONS

ROW = {"split": "test", "n": 100, "accuracy": 0.7, "low": 0.6, "high": 0.78, "n_plurality": 90}
ROW |= {"plurality_accuracy": 0.8, "plurality_low": 0.7, "plurality_high": 0.87}


def test_accuracy_against_people_stands_beside_that_against_labels(empty):
    empty.write_json("sweep.json", SWEEP)
    rows = [
        ROW | {"who": who, "group": group, "label_agrees": 0.636}
        for who in ("ensemble", "aaa")
        for group in ("all", "unanimous")
    ]
    write(empty, "taggers", rows)
    (section,) = taggers_section(read(empty))
    words, table, nets, _ = section.parts[0].blocks
    assert "The label has most votes on 0.636 of these 100 images" in words.words
    assert "on 0.700, and the plurality on 0.800 of the 90 images" in words.words
    assert table.rows[1][:4] == ("unanimous", "100", "0.636", "0.700 [0.600, 0.780]")
    assert nets.rows[1] == ("aaa", "0.700", "0.800", "0.700", "0.800")
    assert "Against people" in render(empty)


def test_without_votes_there_is_no_such_section(full):
    assert taggers_section(read(full)) == ()


@pytest.mark.parametrize(
    ("classes", "validation", "embedded", "expected"),
    [
        (EMOTIONS, 3589, None, True),
        (EMOTIONS, 602, 6000, False),
        (EMOTIONS, 1000, None, False),
        (("a", "b"), 3589, None, False),
    ],
)
def test_where_fer2013_s_accuracy_is_read_its_labels_ceiling_is_said(
    empty, classes, validation, embedded, expected
):
    data = {"classes": list(classes), "images": {"validation": validation}, "embedded": embedded}
    empty.write_json("sweep.json", SWEEP | {"data": data})
    texts = [b.words for b in headline(read(empty), Answer()) if b.kind == "text"]
    assert (CEILING in texts) is expected
