from analysis.figures.tables import Tables
from analysis.figures.testing import answered, explained, frames, record, trial


def test_classes_come_from_the_record_else_from_answers_else_are_numbered():
    assert Tables(record=record(("p", "q"))).classes == ["p", "q"]
    assert Tables(**answered(("x", "y"))).classes == ["x", "y"]
    assert Tables(**explained(("x", "y"))).classes == ["class 0", "class 1"]
    assert Tables().classes == []


def test_a_trial_is_named_by_what_tells_it_from_others():
    two = frames(trials=[trial("aaaa1", architecture="vgg"), trial("bbbb1")])
    assert Tables(**two).labels() == {"aaaa1": "vgg · aaaa", "bbbb1": "cnn5 · bbbb"}
