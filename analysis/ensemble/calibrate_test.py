import numpy as np
import pytest

from analysis.ensemble.calibrate import COLDEST, HOTTEST, temperature
from orchestrator import metrics


def coin(times: float):
    """Scores that say 0.8 to 0.2 after division by `times`, right 4 times of 5."""
    return times * np.log([[0.8, 0.2]] * 5), np.array([0, 0, 0, 0, 1])


@pytest.mark.parametrize("times", [0.5, 1, 2, 7])
def test_scores_that_were_sharpened_give_their_temperature(times):
    assert temperature(*coin(times)) == pytest.approx(times, rel=1e-3)


def test_the_optimum_is_one():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(300, 7)), rng.integers(7, size=300)
    scores[np.arange(300), labels] += 1
    best = temperature(scores, labels)
    losses = [metrics.nll(scores / (best * factor), labels) for factor in (1, 0.97, 1.03)]
    assert losses[0] == min(losses)


def test_the_range_ends():
    assert temperature(np.array([[3.0, 0.0]]), np.array([0])) == COLDEST
    assert temperature(np.array([[3.0, 0.0]]), np.array([1])) == HOTTEST


def test_nothing_to_go_by_leaves_the_scores_alone():
    assert temperature(np.empty((0, 3)), np.empty(0, int)) == 1
    assert temperature(np.zeros((4, 3)), np.array([0, 1, 2, 0])) == 1
