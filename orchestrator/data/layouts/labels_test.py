import pytest

from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.labels import SYNONYMS, canonical, name_notes, ordered


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Anger", "angry"),
        ("HAPPINESS", "happy"),
        ("sadness ", "sad"),
        ("fearful", "fear"),
        ("Surprised", "surprise"),
        ("disgusted", "disgust"),
        ("neutrality", "neutral"),
        ("Contempt", "contempt"),
        ("3_happy", "happy"),
        ("05 - Surprised", "surprise"),
        ("0_frustrated", "0_frustrated"),  # 1_frustrated may be another class
        ("3", "3"),
        ("u\u0308ber", "\u00fcber"),  # two code points of macOS, one elsewhere
    ],
)
def test_names_are_matched_whatever_their_case(name, expected):
    assert canonical(name) == expected


def test_no_synonym_stands_for_two_classes():
    names = [name for synonyms in SYNONYMS.values() for name in synonyms] + list(EMOTIONS)
    assert len(names) == len(set(names))
    assert tuple(SYNONYMS) == EMOTIONS


def test_unknown_classes_follow_the_canonical_ones():
    assert ordered(["zeal", "neutral", "contempt", "angry", "zeal"]) == (
        "angry",
        "neutral",
        "contempt",
        "zeal",
    )


def test_numbers_stand_in_the_order_of_their_values():
    assert ordered(["10", "9", "zeal", "happy"]) == ("happy", "9", "10", "zeal")


@pytest.mark.parametrize(
    ("name", "meant"), [("suprise", "surprise"), ("angry.d", "angry"), ("sadnes", "sad")]
)
def test_a_near_miss_is_asked_about(name, meant):
    assert name_notes({"happy": "happy", name: name}) == (
        f"{name} is a class of its own: did you mean {meant}? Then rename it.",
    )


def test_expressions_read_from_other_spellings_are_counted_with_the_first_example():
    names = {"Sad": "sad", "Happiness": "happy", "3_fear": "fear", "contempt": "contempt"}
    assert name_notes(names) == (
        "2 names of classes were read as expressions, e.g. 3_fear as fear.",
    )


def test_classes_that_are_no_expressions_keep_their_names_and_that_is_said():
    assert name_notes({str(n): str(n) for n in range(1, 8)}) == (
        "None of the 7 classes (1, 2, 3, ...) is called like an expression; they keep their names.",
    )
