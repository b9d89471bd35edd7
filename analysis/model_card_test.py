import pandas as pd
import pytest

from analysis.answer import answer
from analysis.made_up_sweeps import MadeUpSweep
from analysis.model_card import DRAWN, LIMITS, model_card
from results.schema import SCORES, table


def card(rule="top soft vote", members=2, embedded=None):
    sweep = MadeUpSweep()
    best = sweep.add([0.9], architecture="cnn5")
    other = sweep.add([0.8], architecture="vgg")
    scored = {"who": "ensemble", "images": "all", "split": "test", "n": 500, "how": "measured"}
    scores = [
        scored | {"metric": "accuracy", "value": 0.91, "low": 0.88, "high": 0.93},
        scored | {"metric": "recall/happy", "value": 0.95, "low": 0.9, "high": 0.98, "n": 70},
        scored | {"metric": "accuracy", "value": 0.5, "who": best},
    ]
    record = {
        "name": "quick",
        "data": {
            "digest": "0123456789abcdef",
            "embedded": embedded,
            "classes": ["happy", "sad"],
            "images": {"training": 4000, "test": 500},
            "notes": ["A note"],
        },
    }
    post = {
        "commit": "abc",
        "export": "Use: load it.",
        "ensemble": {
            "rule": rule,
            "members": [
                {"trial": best, "coefficient": 0.6},
                {"trial": other, "coefficient": 0.4},
            ][:members],
        },
    }
    frame: pd.DataFrame = table(SCORES, scores).to_pandas()
    outcome = answer(sweep.trials, sweep.epochs, sweep.right)
    return model_card(outcome, sweep.trials, frame, record, post)


def test_it_says_who_how_good_and_on_what():
    text = card()
    assert "2 members, chosen by the rule top soft vote; commit abc." in text
    assert "| 0000000000 | cnn5 | 0.600 | 0 |" in text
    assert "| test | accuracy | 0.910 [0.880, 0.930] | 500 | measured |" in text
    assert "| test | recall/happy | 0.950 [0.900, 0.980] | 70 | measured |" in text
    assert "Digest 0123456789ab; 4,000 training, 500 test images; classes: happy, sad." in text
    assert "- A note." in text


def test_it_repeats_the_sweep_s_answer_and_names_its_limits():
    text = card()
    assert "- The best of 2 trials is cnn5: validation accuracy 0.900" in text
    assert all(limit in text for limit in LIMITS)


CARDS = {
    "several members": (
        ("top soft vote", 2, None),
        ("# Ensemble of quick", "2 members, chosen by the rule top soft vote"),
        (DRAWN, "no ensemble"),
    ),
    "one member": (
        ("greedy", 1, None),
        ("1 member, chosen by the rule greedy",),
        ("1 members", "no ensemble"),
    ),
    "the best single model": (
        ("best single", 1, None),
        ("# Best single model of quick", "1 member, no ensemble was taken"),
        ("# Ensemble", "chosen by"),
    ),
    "drawn faces": (("greedy", 2, 6000), (DRAWN,), ("annotators",)),
}
"""Rule, members, embedded faces -> what the card says, and what not."""


@pytest.mark.parametrize("situation", CARDS)
def test_the_card_says_what_was_saved(situation):
    made, printed, absent = CARDS[situation]
    text = card(*made)
    assert [words for words in printed if words not in text] == []
    assert [words for words in absent if words in text] == []
