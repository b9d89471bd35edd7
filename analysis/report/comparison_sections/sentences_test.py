from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.comparison.side_by_side import Difference, ImageAnswers, pairing
from analysis.comparison.sweep_pair import SweepPair
from analysis.made_up_sweeps import MadeUpSweep
from analysis.report.comparison_sections.sentences import (
    answer,
    differing_sentence,
    flattery,
    matched_sentence,
    paired_sentence,
)

NAMES = ("a", "b")


class Folder:
    """What the sentences read of a folder."""

    def __init__(self, *accuracies):
        sweep = MadeUpSweep()
        for place, accuracy in enumerate(accuracies):
            sweep.add([accuracy], learning_rate=0.1 * (place + 1))
        self.trials = sweep.trials


def answers(right):
    """Ten images of class 0, of which these are named rightly and the others class 1."""
    predictions = np.array([0 if i in right else 1 for i in range(10)])
    ids = np.array([str(i) for i in range(10)])
    return ImageAnswers("net", ids, np.zeros(10, np.int64), predictions, np.full(10, 0.5))


def paired(first, second, who="best single model"):
    return pairing(who, "validation", answers(first), answers(second))


def of(**changes):
    empty = pd.DataFrame({"trial": [], "first": [], "second": []})
    made = SweepPair((Folder(0.5), Folder(0.5)), NAMES, [], [], [], empty, (None, None))
    return replace(made, **changes)


def matched(*pairs):
    rows = [{"trial": f"{i:010x}", "first": a, "second": b} for i, (a, b) in enumerate(pairs)]
    folder = Folder(*(a for a, _ in pairs))
    return of(matched=pd.DataFrame(rows), folders=(folder, folder))


def test_the_better_one_stands_first_with_its_gain_above_zero():
    forth = paired_sentence(paired(range(9), range(8, 9)), NAMES)
    back = paired_sentence(paired(range(8, 9), range(9)), NAMES)
    start = "On the same 10 validation images the best single model of "
    assert forth.startswith(
        f"{start}a is more accurate than that of b: 0.900 against 0.100, a difference of +0.800 [+"
    )
    assert back.startswith(
        f"{start}b is more accurate than that of a: 0.900 against 0.100, a difference of +0.800 [+"
    )
    assert forth.endswith("(McNemar's p = 0.008; only a is right on 8, only b on 0).")
    assert back.endswith("(McNemar's p = 0.008; only a is right on 0, only b on 8).")


def test_what_may_be_chance_is_no_difference():
    text = paired_sentence(paired((0, 1), (1, 2, 3), "ensemble"), NAMES)
    assert text.startswith(
        "On the same 10 validation images the ensembles of a and b cannot be told apart: accuracy "
        "0.200 and 0.300, a difference of +0.100 ["
    )
    assert text.endswith("(McNemar's p = 1.000; only a is right on 1, only b on 2).")


def test_equal_answers_are_called_equal():
    assert paired_sentence(paired((0, 1), (0, 1)), NAMES) == (
        "On the same 10 validation images the best single models of a and b give the same answers "
        "(accuracy 0.200)."
    )


def test_the_answer_is_the_first_pairing_or_why_there_is_none():
    pair = paired((0, 1), (0, 1))
    assert answer(of(pairings=[pair], reasons=["No ensemble."])) == paired_sentence(pair, NAMES)
    reasons = ["The two were made on different data sets."]
    assert answer(of(reasons=reasons)) == (
        "a and b cannot be held against each other: the two were made on different data sets."
    )


def test_what_differs_and_what_does_not_in_one_line():
    made = [
        Difference("settings", "learning rate", "0.1", "0.2"),
        Difference("settings", "JPEG", "no", "yes"),
        Difference("question", "question", "Why?", "Which?"),
    ]
    assert differing_sentence(of(differences=made)) == (
        "Settings (learning rate, JPEG) and question. "
        "The same in both: budget, data, code and machine."
    )
    assert differing_sentence(of()) == (
        "Nothing on record. The same in both: settings, question, budget, data, code and machine."
    )


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ((), "No trial of one configuration and seed was trained to its end by both."),
        (
            ((0.5, 0.6),),
            "One configuration and seed was trained to its end by both: validation accuracy 0.500 "
            "in a, 0.600 in b.",
        ),
        (
            ((0.5, 0.5), (0.25, 0.25)),
            "2 configurations and seeds were trained to their ends by both, and agree exactly.",
        ),
        (
            ((0.5, 0.6), (0.5, 0.2)),
            "2 configurations and seeds were trained to their ends by both: on average b lies "
            "\u22120.100 from a; the largest difference is \u22120.300 (lr 0.2).",
        ),
        (  # mean 0.2, sd 0.1: t = 0.2 / (0.1 / sqrt 3) = 3.464 at 2 degrees, half width 0.248
            ((0.5, 0.6), (0.5, 0.7), (0.5, 0.8)),
            "3 configurations and seeds were trained to their ends by both: on average b lies "
            "+0.200 [\u22120.048, +0.448] from a, p = 0.074 by a paired t-test; the largest "
            "difference is +0.300 (lr 0.3).",
        ),
    ],
)
def test_whether_what_both_trained_agrees(pairs, text):
    made = matched(*pairs) if pairs else of()
    assert matched_sentence(made) == text


def test_choosing_among_more_trials_flatters_more():
    pairs = [paired((0, 1), (2,))]
    few, many = Folder(0.5), Folder(0.5, 0.6, 0.7)
    text = flattery(of(pairings=pairs, folders=(few, many)))
    assert "among 1 measured trials in a and 3 in b" in text
    assert text.endswith("flatters both, the one with more trials a little more.")
    assert flattery(of(pairings=pairs)).endswith("that flatters both.")
    assert flattery(of(pairings=[paired((0,), (1,), "ensemble")])) == ""


def test_what_was_taken_over_is_no_second_measurement_which_is_said():
    first, second = Folder(0.5, 0.6), Folder(0.5, 0.6)
    second.trials["status"] = "reused"
    assert matched_sentence(of(folders=(first, second))) == (
        "No trial of one configuration and seed was trained to its end by both. "
        "2 trials stand in both that at least one did not train but took over."
    )
