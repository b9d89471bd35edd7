from collections import Counter

import numpy as np

from analysis.pipeline.image_sample import balanced, evenly_spaced


def counts(labels, predictions, rows):
    pairs = zip(labels[rows].tolist(), (predictions != labels)[rows].tolist(), strict=True)
    return Counter(pairs)


def test_every_class_right_and_wrong_gets_its_part():
    labels = np.repeat(np.arange(3, dtype=np.uint8), 20)
    predictions = np.where(np.arange(60) % 2, labels, (labels + 1) % 3).astype(np.uint8)
    rows = balanced(labels, predictions, 12)
    assert counts(labels, predictions, rows) == {
        (label, wrong): 2 for label in range(3) for wrong in (False, True)
    }
    assert rows.tolist() == sorted(set(rows.tolist()))


def test_what_one_kind_lacks_the_others_get():
    labels = np.array([0] * 10 + [1] * 10, np.uint8)
    predictions = labels.copy()
    predictions[0] = 1  # one wrong answer in all
    rows = balanced(labels, predictions, 7)
    assert counts(labels, predictions, rows) == {(0, False): 3, (0, True): 1, (1, False): 3}


def test_no_more_than_there_are_and_the_same_every_time():
    labels = np.zeros(5, np.uint8)
    assert balanced(labels, labels, 9).tolist() == [0, 1, 2, 3, 4]
    assert balanced(labels, labels, 3).tolist() == balanced(labels, labels, 3).tolist()
    assert balanced(labels[:0], labels[:0], 3).tolist() == []


def test_evenly_spaced_rows_hold_both_ends_and_are_no_more_than_there_are():
    assert evenly_spaced(11, 3).tolist() == [0, 5, 10]
    assert evenly_spaced(3, 64).tolist() == [0, 1, 2]
