import pytest

from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.labels import SYNONYMS, canonical, ordered


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
