from analysis.figures.sample_sweeps import answered, explained, frames, record, scored, trial
from analysis.figures.sweep_tables import SweepTables


def test_classes_come_from_the_record_else_from_answers_else_are_numbered():
    assert SweepTables(record=record(("p", "q"))).classes == ["p", "q"]
    assert SweepTables(**answered(("x", "y"))).classes == ["x", "y"]
    assert SweepTables(**explained(("x", "y"))).classes == ["class 0", "class 1"]
    assert SweepTables().classes == []


def test_a_trial_is_named_by_what_tells_it_from_others():
    two = frames(trials=[trial("aaaa1", architecture="vgg"), trial("bbbb1")])
    assert SweepTables(**two).labels() == {"aaaa1": "vgg · aaaa", "bbbb1": "cnn5 · bbbb"}


def test_scores_of_the_ensemble_are_those_on_all_images_of_the_split():
    tables = SweepTables(**scored())
    assert tables.ensemble_scores("accuracy", "validation")["value"].tolist() == [0.6]
    assert tables.ensemble_scores("accuracy", "test").empty
