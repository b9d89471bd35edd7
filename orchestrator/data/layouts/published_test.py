import dataclasses

import numpy as np

from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.published import COUNTS, departures
from orchestrator.data.raw import Raw


def with_counts(training: tuple[int, ...]) -> Raw:
    labels = np.repeat(np.arange(7, dtype=np.uint8), training)
    return Raw(
        images=np.zeros((len(labels), 1, 1), np.uint8),
        labels=labels,
        ids=np.arange(len(labels)).astype(str),
        splits=np.zeros(len(labels), np.uint8),
        classes=EMOTIONS,
        fer2013=True,
    )


def test_the_published_counts_add_up():
    assert [sum(row) for row in COUNTS.values()] == [28709, 3589, 3589]


def test_the_published_counts_depart_in_nothing_even_if_splits_are_absent():
    assert departures(with_counts(COUNTS["training"])) == ()


def test_another_count_is_said_plainly():
    counts = (3995, 4360, *COUNTS["training"][2:])
    assert departures(with_counts(counts)) == (
        "The training split has 32,633 images, FER2013 as published 28,709: disgust 4,360 instead "
        "of 436.",
    )


def test_another_data_set_is_not_compared():
    assert departures(dataclasses.replace(with_counts((1,) * 7), fer2013=False)) == ()
