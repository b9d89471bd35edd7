import pytest

from analysis.report.conftest import SWEEP, write
from analysis.report.page import render
from analysis.report.sections.trials.original import DRAWN, SCRATCH, original_section
from analysis.report.sweep_contents import read

TRIAL = {
    "trial": "aaa",
    "number": 0,
    "architecture": "vgg16",
    "weights": "none",
    "status": "stopped_early",
    "epochs": 30,
    "epochs_trained": 24,
    "validation_accuracy": 0.55,
    "validation_n": 3589,
    "verdict": "overfit",
}


def contents(store, name="transfer", trial=TRIAL, embedded=None, settings=None):
    data = {"images": {"training": 25837}, "classes": list("abcdefg"), "embedded": embedded}
    overrides = {"trials": None, "settings": settings or {}}
    store.write_json("sweep.json", SWEEP | {"sweep": name, "data": data, "overrides": overrides})
    write(store, "trials", [trial])
    return read(store)


def blocks(store, **more):
    (section,) = original_section(contents(store, **more))
    return section.parts[0].blocks


def words(made):
    return " ".join(block.words for block in made if block.kind == "text")


def test_the_whole_of_their_experiment_is_never_claimed(empty):
    made = blocks(empty)
    assert "This is not the whole experiment. Ours: 30 epochs were asked for, 24 at most" in words(
        made
    )
    assert "theirs: 300 asked for" in words(made)
    assert "25,837 images (FER2013's Training has 28,709)" in words(made)
    assert SCRATCH in words(made)
    (table,) = (block for block in made if block.kind == "table")
    theirs, ours = table.rows
    assert table.marked == {0}
    assert theirs[:4] == ("theirs", "VGG16, origin model", "203", "1.2933")
    assert theirs[5] == "0.8852"
    assert theirs[6].startswith("\N{ALMOST EQUAL TO} 0.51 (")
    assert ours[2] == "24"
    assert ours[7:9] == ("0.5500", "overfit")


def test_as_many_epochs_as_theirs_are_not_called_fewer(empty):
    full = TRIAL | {"epochs": 300, "weights": "imagenet"}
    made = words(blocks(empty, trial=full))
    assert "not the whole" not in made
    assert SCRATCH not in made


def test_what_the_command_line_changed_is_said(empty):
    made = words(
        blocks(empty, settings={"width": "0.25", "epochs": "3", "weights": "/home/me/w.h5"})
    )
    assert "in place of the experiment's: width=0.25 and weights=w.h5." in made
    assert "in place of" not in words(blocks(empty, settings={"epochs": "3"}))


def test_theirs_without_a_number_of_epochs_is_said_to_be_unknown(empty):
    made = words(blocks(empty, name="seed_models", trial=TRIAL | {"architecture": "cnn5"}))
    assert "how many theirs had is not known" in made


def test_drawn_faces_are_held_against_nothing(empty):
    made = blocks(empty, embedded=6000)
    assert DRAWN in words(made)
    assert not [block for block in made if block.kind == "table"]


@pytest.mark.parametrize("name", ["quickstart", "transfer-refit"])
def test_any_other_question_has_no_such_section(empty, name):
    assert original_section(contents(empty, name=name)) == ()


def test_it_stands_on_the_page(empty):
    contents(empty)
    assert "Beside the original" in render(empty)
