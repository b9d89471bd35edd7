import numpy as np
import pytest

from analysis.ensemble.combine import log
from analysis.ensemble.select import POOL, SELECTIONS, TrialScores, ranked
from analysis.ensemble.synthetic_predictions import predictions_of, synthetic_predictions
from analysis.statistics import one_thread
from orchestrator import metrics


@pytest.fixture(autouse=True)
def _as_in_choose():
    with one_thread():
        yield


def ordered(predictions, images=None):
    everything = np.ones(len(predictions.ids), bool)
    return ranked(
        predictions, everything if images is None else images, TrialScores.of(predictions)
    )


def answers(recipe, predictions):
    return recipe.apply(predictions.take(recipe.members).probabilities)


@pytest.mark.parametrize("rule", SELECTIONS)
def test_a_rule_keeps_to_what_was_asked(rule):
    predictions = ordered(synthetic_predictions(12, 400))
    recipe = SELECTIONS[rule](predictions, 3, 0)
    assert 1 <= len(recipe.members) <= 3
    assert len(set(recipe.members)) == len(recipe.members)
    assert sum(recipe.coefficients) == pytest.approx(1)
    assert list(recipe.coefficients) == sorted(recipe.coefficients, reverse=True)
    assert recipe == SELECTIONS[rule](predictions, 3, 0)


@pytest.mark.parametrize("rule", list(SELECTIONS)[1:])
def test_several_nets_with_their_own_errors_beat_each(rule):
    predictions = ordered(synthetic_predictions(5, 2000))
    single = metrics.accuracy(predictions.probabilities[0], predictions.labels)
    recipe = SELECTIONS[rule](predictions, 5, 0)
    assert len(recipe.members) == 5
    assert metrics.accuracy(answers(recipe, predictions), predictions.labels) > single + 0.1


@pytest.mark.parametrize("rule", SELECTIONS)
@pytest.mark.parametrize("trials", [1, 2])
def test_few_trials_do(rule, trials):
    recipe = SELECTIONS[rule](ordered(synthetic_predictions(trials, 100)), 7, 0)
    assert set(recipe.members) <= {"t000", "t001"}


@pytest.mark.parametrize("rule", SELECTIONS)
def test_images_that_are_not_asked_about_change_nothing(rule):
    one, two = synthetic_predictions(6, 300), synthetic_predictions(6, 300)
    fitted = np.arange(300) < 200
    two.labels[~fitted] = 0
    two.probabilities[:, ~fitted] = 1 / 7
    recipes = [SELECTIONS[rule](ordered(predictions, fitted), 3, 0) for predictions in (one, two)]
    assert recipes[0] == recipes[1]


@pytest.mark.parametrize("rule", SELECTIONS)
def test_a_class_without_images_and_certain_members_do(rule):
    labels = np.tile([0, 1, 2], 40)
    certain = np.eye(4, dtype=np.float32)[labels]
    wrong = np.roll(certain, 1, axis=0)
    recipe = SELECTIONS[rule](ordered(predictions_of([certain, wrong, certain], labels)), 2, 0)
    assert np.isfinite(recipe.temperature)
    answer = answers(recipe, predictions_of([certain, wrong, certain], labels))
    assert metrics.accuracy(answer, labels) == 1


@pytest.mark.parametrize("rule", SELECTIONS)
def test_trials_that_know_nothing_do(rule):
    uniform = np.ones((3, 60, 7))
    recipe = SELECTIONS[rule](ordered(predictions_of(uniform, np.arange(60) % 7)), 2, 0)
    assert sum(recipe.coefficients) == pytest.approx(1)


def test_the_best_single_is_the_most_accurate_then_the_likelier_then_by_name():
    labels = [0, 0]
    wrong, slight, sure = [[0.4, 0.6]] * 2, [[0.6, 0.4]] * 2, [[0.9, 0.1]] * 2
    predictions = ordered(predictions_of([wrong, slight, sure, sure], labels))
    assert predictions.trials == ("t002", "t003", "t001", "t000")
    assert SELECTIONS["best single"](predictions, 7, 0).members == ("t002",)


def test_the_pool_takes_the_likely_ones_among_the_inaccurate():
    # 30 accurate but overconfident trials, 30 modest ones without a single right answer
    labels = np.zeros(20, int)
    loud = np.tile([0.6, 0.4], (30, 20, 1))
    loud[:, :5] = [1e-9, 1]
    modest = np.tile([0.499, 0.501], (30, 20, 1))
    predictions = ordered(predictions_of(np.concatenate([loud, modest]), labels))
    assert len(predictions.trials) == POOL
    assert sum(int(trial[1:]) < 30 for trial in predictions.trials) == POOL // 2


def test_weighted_leaves_out_a_copy_s_worth_of_noise():
    good, noise = (
        synthetic_predictions(1, 1000, signal=3),
        synthetic_predictions(4, 1000, signal=0, seed=1),
    )
    blocks = np.concatenate([good.probabilities, noise.probabilities])
    for rule in ("weighted soft vote", "weighted logit average", "greedy soft vote"):
        recipe = SELECTIONS[rule](ordered(predictions_of(blocks, good.labels)), 5, 0)
        assert recipe.members[0] == "t000"
        assert recipe.coefficients[0] > 0.75


def test_the_weighted_rules_fit_at_least_as_well_as_equal_shares():
    predictions = ordered(synthetic_predictions(6, 500, shared=0.5))
    top = SELECTIONS["top soft vote"](predictions, 6, 0)
    likelihood = {
        rule: log(
            predictions.take(recipe.members).probabilities.transpose(1, 2, 0) @ recipe.coefficients
        )
        for rule, recipe in {
            "top": top,
            "weighted": SELECTIONS["weighted soft vote"](predictions, 6, 0),
        }.items()
    }
    losses = {rule: metrics.nll(scores, predictions.labels) for rule, scores in likelihood.items()}
    assert losses["weighted"] <= losses["top"] + 1e-4


def test_stacking_learns_which_classes_a_member_mixes_up():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=3000)
    seen = (labels + 1) % 3  # one member calls every class by the next one's name
    logits = 2.0 * (seen[:, None] == np.arange(3)) + rng.normal(size=(2, 3000, 3))
    predictions = ordered(predictions_of(np.exp(logits), labels))
    assert (
        metrics.accuracy(answers(SELECTIONS["best single"](predictions, 2, 0), predictions), labels)
        < 0.3
    )
    assert (
        metrics.accuracy(answers(SELECTIONS["stacking"](predictions, 2, 0), predictions), labels)
        > 0.8
    )
