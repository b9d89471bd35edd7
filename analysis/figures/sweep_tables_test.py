from analysis.figures.sample_sweeps import answered, explained, frames, record, scored, trial
from analysis.figures.sweep_tables import SweepTables, varied_settings


def test_classes_come_from_the_record_else_from_answers_else_are_numbered():
    assert SweepTables(record=record(("p", "q"))).classes == ["p", "q"]
    assert SweepTables(**answered(("x", "y"))).classes == ["x", "y"]
    assert SweepTables(**explained(("x", "y"))).classes == ["class 0", "class 1"]
    assert SweepTables().classes == []


def test_a_trial_is_named_by_what_tells_it_from_others():
    two = frames(trials=[trial("aaaa1", architecture="vgg"), trial("bbbb1")])
    assert SweepTables(**two).labels() == {"aaaa1": "vgg · aaaa", "bbbb1": "cnn5 · bbbb"}


def test_what_changes_nothing_is_no_value_of_a_setting_also_in_older_tables():
    rows = [
        trial("a", optimizer="sgd", momentum=0.9, weights="imagenet"),
        trial("b", optimizer="adam", momentum=0.5, weights="none"),
        trial("c", optimizer="sgd", momentum=0.8, weights=None),
    ]
    varied = varied_settings(SweepTables(**frames(trials=rows)).trials)
    assert list(varied) == ["optimizer", "momentum"]
    assert varied["momentum"].isna().tolist() == [False, True, False]


def test_scores_of_the_ensemble_are_those_on_all_images_of_the_split():
    tables = SweepTables(**scored())
    assert tables.ensemble_scores("accuracy", "validation")["value"].tolist() == [0.6]
    assert tables.ensemble_scores("accuracy", "test").empty
