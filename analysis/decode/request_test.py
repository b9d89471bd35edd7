import pytest

from analysis.decode.request import COMMAND
from orchestrator.errors import BadInput


def test_seven_classes_and_our_own_trials_are_the_usual():
    request = COMMAND.read(["--loss", "1.2", "--accuracy", "0.93"])
    assert (request.loss, request.accuracy) == (1.2, 0.93)
    assert (request.classes, request.results) == (7, None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--loss=1", "--accuracy=93"], "--accuracy 93: expected a share from 0 to 1; 0.93 for p"),
        (["--loss=1", "--accuracy=-0.1"], "--accuracy -0.1: expected a share from 0 to 1"),
        (["--loss=1", "--accuracy=nan"], "--accuracy nan: expected a share"),
        (["--loss=-1", "--accuracy=0.5"], "--loss -1: expected a cross-entropy in nats"),
        (["--loss=inf", "--accuracy=0.5"], "--loss inf: expected a cross-entropy in nats"),
        (["--loss=1", "--accuracy=0.5", "--classes=1"], "--classes 1: expected a whole number fr"),
        (["--loss=1", "--accuracy=0.5", "--classes=256"], "--classes 256: expected a whole"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(words, sentence):
    with pytest.raises(BadInput) as caught:
        COMMAND.read(words)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("words", [["--loss=0", "--accuracy=0"], ["--loss=9", "--accuracy=1"]])
def test_the_ends_of_a_range_belong_to_it(words):
    assert COMMAND.read(words).accuracy in (0, 1)
