import pandas as pd

from analysis.answer import answer
from analysis.made_up_sweeps import MadeUpSweep
from analysis.model_card import LIMITS, model_card
from results.schema import SCORES, table


def card():
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
            "classes": ["happy", "sad"],
            "images": {"training": 4000, "test": 500},
            "notes": ["A note"],
        },
    }
    post = {
        "commit": "abc",
        "export": "Use: load it.",
        "ensemble": {
            "rule": "top soft vote",
            "members": [{"trial": best, "coefficient": 0.6}, {"trial": other, "coefficient": 0.4}],
        },
    }
    frame: pd.DataFrame = table(SCORES, scores).to_pandas()
    outcome = answer(sweep.trials, sweep.epochs, sweep.right)
    return model_card(outcome, sweep.trials, frame, record, post)


def test_it_says_who_how_good_and_on_what():
    text = card()
    assert "2 members, combined by top soft vote; commit abc." in text
    assert "| 0000000000 | cnn5 | 0.600 | 0 |" in text
    assert "| test | accuracy | 0.910 [0.880, 0.930] | 500 | measured |" in text
    assert "| test | recall/happy | 0.950 [0.900, 0.980] | 70 | measured |" in text
    assert "Digest 0123456789ab; 4,000 training, 500 test images; classes: happy, sad." in text
    assert "- A note." in text


def test_it_repeats_the_sweep_s_answer_and_names_its_limits():
    text = card()
    assert "- The best of 2 trials is cnn5: validation accuracy 0.900" in text
    assert all(limit in text for limit in LIMITS)
