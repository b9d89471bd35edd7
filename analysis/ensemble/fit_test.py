import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from analysis.ensemble import fit


def test_a_mixture_by_hand():
    # 3 log(0.1 + 0.8 c) + log(0.9 - 0.8 c) is largest at c = 2.6 / 3.2
    truth = np.array([[0.9, 0.9, 0.9, 0.1], [0.1, 0.1, 0.1, 0.9]], dtype=np.float32)
    assert fit.mixture(truth) == pytest.approx([0.8125, 0.1875], abs=1e-3)


def test_more_rounds_of_a_mixture_never_lower_the_likelihood(monkeypatch):
    truth = np.random.default_rng(0).random((5, 60)).astype(np.float32) + 0.01
    likelihoods = []
    for rounds in (1, 2, 5, 20, 200):
        monkeypatch.setattr(fit, "ROUNDS", rounds)
        likelihoods.append(np.log(fit.mixture(truth) @ truth).mean())
    assert likelihoods == sorted(likelihoods)


def test_exponents_undo_a_member_s_modesty_and_leave_out_one_that_knows_nothing():
    # Right 4 times of 5, but says 2 to 1: squared, that is 4 to 1.
    modest, uniform = [[2 / 3, 1 / 3]] * 5, [[0.5, 0.5]] * 5
    logs = np.log(np.array([modest, uniform], dtype=np.float32))
    logs[1] = 0  # every class alike
    exponents = fit.exponents(logs, np.array([0, 0, 0, 0, 1]))
    assert exponents[0] == pytest.approx(2, abs=0.01)


def test_a_climb_takes_what_complements_the_first_two():
    truth = np.array([[0.9, 0.1, 0.5], [0.9, 0.1, 0.5], [0.1, 0.9, 0.5], [0.2, 0.2, 0.2]])
    counts = np.bincount(fit.climb(truth.astype(np.float32)), minlength=4)
    assert counts[2] == counts[0] + counts[1]
    assert counts[3] == 0


def test_a_climb_that_only_gets_worse_stays_where_it_began():
    truth = np.array([[0.9, 0.9], [0.9, 0.9], [0.1, 0.1]], dtype=np.float32)
    assert fit.climb(truth).tolist() == [0, 1]
    assert fit.climb(truth[:1]).tolist() == [0]


@pytest.mark.parametrize("strength", [1.0, 50.0])
def test_the_regression_is_scikit_learn_s(strength):
    rng = np.random.default_rng(4)
    rows, labels = rng.normal(size=(200, 5)), rng.integers(3, size=200)
    rows[:, 0] += labels
    weights, bias = fit.regression(rows, labels, np.zeros((5, 3)), strength)
    theirs = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=1000).fit(rows, labels)
    assert weights == pytest.approx(theirs.coef_.T, abs=2e-3)
    assert bias == pytest.approx(theirs.intercept_ - theirs.intercept_.mean(), abs=2e-3)


def test_a_strong_penalty_keeps_the_weights_where_they_were():
    rng = np.random.default_rng(5)
    rows, labels, start = rng.normal(size=(50, 4)), rng.integers(2, size=50), np.ones((4, 2))
    weights, _ = fit.regression(rows, labels, start, 1e7)
    assert weights == pytest.approx(start, abs=1e-3)
