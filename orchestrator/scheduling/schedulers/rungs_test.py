import math

import pytest

from orchestrator.errors import BadInput
from orchestrator.scheduling.schedulers.rungs import RungEpochs, halving_epochs, milestones


@pytest.mark.parametrize(
    ("grace", "factor", "epochs", "expected"),
    [
        (1, 3, 10, (1, 3, 9)),
        (1, 3, 9, (1, 3)),
        (1, 3, 1, ()),
        (5, 3, 50, (5, 15, 45)),
        (4, 4, 40, (4, 16)),
        (10, 3, 10, ()),
        (1, 2, 1025, tuple(2**k for k in range(11))),
    ],
)
def test_rungs_are_the_powers_below_the_last_epoch(grace, factor, epochs, expected):
    assert milestones(grace, factor, epochs) == expected


def test_243_keeps_its_top_rung_where_a_float_logarithm_loses_it():
    assert int(math.log(243) / math.log(3)) == 4
    assert milestones(1, 3, 244) == (1, 3, 9, 27, 81, 243)


@pytest.mark.parametrize("bad", [(0, 3, 9), (-1, 3, 9), (1, 1, 9), (1, 3, 0)])
def test_numbers_that_make_no_rungs_are_refused(bad):
    with pytest.raises(BadInput):
        milestones(*bad)


@pytest.mark.parametrize("bad", [(3, 1), (1, 1), (0, 1)])
def test_milestones_must_ascend_from_one(bad):
    with pytest.raises(BadInput, match="ascend"):
        RungEpochs(bad)


@pytest.mark.parametrize(
    ("trials", "epochs", "rungs", "expected"),
    [
        (27, 27, (1, 3, 9), 27 + 9 * 2 + 3 * 6 + 1 * 18),  # 81
        (27, 27, (), 27 * 27),
        (2, 9, (1, 3), 2 + 1 * 2 + 1 * 6),  # never fewer than one goes on
        (9, 4, (3,), 9 * 3 + 3 * 1),
    ],
)
def test_halving_epochs_by_hand(trials, epochs, rungs, expected):
    assert halving_epochs(trials, epochs, rungs, 3) == expected


def test_rungs_by_fraction_lie_as_far_into_a_shorter_trial():
    rungs = RungEpochs((3, 9, 27), length=60)
    assert rungs.of(60) == (3, 9, 27)
    assert rungs.of(20) == (1, 3, 9)
    assert rungs.of(2) == (1, 1, 1)
    assert RungEpochs((3, 9, 27)).of(20) == (3, 9, 27)
