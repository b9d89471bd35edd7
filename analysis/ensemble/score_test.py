import numpy as np
import pytest

from analysis.ensemble.choose import Answers
from analysis.ensemble.combine import log
from analysis.ensemble.score import Truth, diversity_rows, over_best_member, paired, scores
from analysis.ensemble.synthetic_predictions import synthetic_predictions
from orchestrator import metrics
from results import schema

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture(scope="module")
def predictions():
    return synthetic_predictions(3, 600)


def truth_of(predictions):
    return Truth(predictions.labels, predictions.clean, CLASSES, "validation", "measured")


def answers_of(predictions, member=0):
    values = predictions.probabilities[member].astype(np.float64)
    return Answers(values, metrics.probabilities(log(values) * 2))


def by_name(rows):
    return {(row["images"], row["metric"]): row for row in rows}


@pytest.fixture(scope="module")
def rows(predictions):
    return by_name(scores("best single", answers_of(predictions), truth_of(predictions)))


def test_the_numbers_are_those_of_the_metrics(predictions, rows):
    for images, mask in (("all", np.ones(600, bool)), ("clean", predictions.clean)):
        values, labels = answers_of(predictions).probabilities[mask], predictions.labels[mask]
        cold = answers_of(predictions).uncalibrated[mask]
        expected = {
            "accuracy": metrics.accuracy(values, labels),
            "binary_accuracy": metrics.binary_accuracy(values, labels),
            "top2": metrics.top_k(values, labels, 2),
            "brier": np.square(values - np.eye(values.shape[1])[labels]).sum(axis=1).mean(),
            "nll": metrics.nll(log(values), labels),
            "macro_f1": metrics.macro_f1(values, labels),
            "ece": metrics.calibration_error(values, labels),
            "ece_uncalibrated": metrics.calibration_error(cold, labels),
        }
        measured = {metric: rows[images, metric]["value"] for metric in expected}
        assert measured == pytest.approx(expected, rel=1e-6)


def test_recall_and_f1_of_each_class(predictions, rows):
    chosen = metrics.predictions(predictions.probabilities[0])
    for c, name in enumerate(CLASSES):
        right = ((chosen == c) & (predictions.labels == c)).sum()
        labelled, predicted = (predictions.labels == c).sum(), (chosen == c).sum()
        assert rows["all", f"recall/{name}"]["value"] == pytest.approx(right / labelled)
        assert rows["all", f"recall/{name}"]["n"] == labelled
        assert rows["all", f"f1/{name}"]["value"] == pytest.approx(
            2 * right / (labelled + predicted)
        )


def test_every_number_lies_in_its_interval(rows):
    for row in rows.values():
        assert row["low"] <= row["value"] <= row["high"], row


def test_shares_of_images_have_wilson_s_interval_and_the_rest_the_bootstrap_s(rows):
    named = {metric: row for (images, metric), row in rows.items() if images == "all"}
    right = round(named["accuracy"]["value"] * 600)
    ends = tuple(named["accuracy"][end] for end in ("low", "high"))
    assert ends == metrics.interval(right, 600)
    shares = {metric for metric, row in named.items() if row["how"].endswith("Wilson interval")}
    assert shares == {"accuracy", "top2", *(f"recall/{name}" for name in CLASSES)}
    assert all(named[m]["how"].endswith("bootstrap interval") for m in set(named) - shares)


def test_groups_say_how_many_images_they_have(rows):
    assert rows["all", "accuracy"]["n"] == 600
    assert rows["clean", "accuracy"]["n"] == 540


def test_the_table_takes_the_rows(predictions):
    answers, truth = answers_of(predictions), truth_of(predictions)
    score_rows = scores("ensemble", answers, truth) + paired(
        answers, answers_of(predictions, 1), "t001", truth
    )
    score_rows += diversity_rows(predictions.probabilities, truth)
    table = schema.table(schema.SCORES, score_rows)
    assert table["metric"].null_count == table["value"].null_count == 0
    keys = [tuple(row[name] for name in ("who", "images", "metric", "how")) for row in score_rows]
    assert len(set(keys)) == len(keys)


def test_no_clean_images_give_no_rows_about_them(predictions):
    truth = Truth(predictions.labels, np.zeros(600, bool), CLASSES, "test", "measured")
    assert {row["images"] for row in scores("ensemble", answers_of(predictions), truth)} == {"all"}


def test_all_right_is_not_certain():
    labels = np.arange(14) % 7
    perfect = Answers(np.eye(7)[labels], np.eye(7)[labels])
    truth = Truth(labels, np.ones(14, bool), CLASSES, "test", "measured")
    numbers = by_name(scores("ensemble", perfect, truth))
    assert numbers["all", "accuracy"]["low"] == pytest.approx(metrics.interval(14, 14)[0])
    assert numbers["all", "recall/happy"]["low"] == pytest.approx(metrics.interval(2, 2)[0])
    assert numbers["all", "accuracy"]["high"] == 1


def test_a_class_without_images_has_no_recall():
    labels = np.arange(60) % 6
    uniform = np.full((60, 7), 1 / 7)
    truth = Truth(labels, np.ones(60, bool), CLASSES, "test", "measured")
    row = by_name(scores("ensemble", Answers(uniform, uniform), truth))["all", "recall/neutral"]
    assert np.isnan(row["value"])
    assert row["low"] is None
    assert row["n"] == 0


def test_a_net_that_diverged_has_no_likelihood_and_wrong_answers():
    labels = np.zeros(40, int)
    values = np.tile(np.eye(7)[0], (40, 1))
    values[:10] = np.nan
    truth = Truth(labels, np.ones(40, bool), CLASSES, "test", "measured")
    numbers = by_name(scores("t1", Answers(values, values), truth))
    assert numbers["all", "accuracy"]["value"] == pytest.approx(0.75)
    assert numbers["all", "top2"]["value"] == pytest.approx(0.75)
    assert np.isnan(numbers["all", "nll"]["value"])
    assert np.isnan(numbers["all", "ece"]["value"])


def test_the_gain_by_hand():
    labels = np.zeros(100, int)
    one, two = (np.tile(np.eye(7)[0] * 0.9 + 0.1 / 7, (100, 1)) for _ in range(2))
    two[:10] = np.roll(two[:10], 1, axis=1)  # ten images that only the first gets right
    one[98:] = np.roll(one[98:], 1, axis=1)  # and two that only the second does
    truth = Truth(labels, np.arange(100) >= 10, CLASSES, "validation", "cross-validated")
    numbers = by_name(paired(Answers(one, one), Answers(two, two), "abc", truth))
    assert numbers["all", "accuracy_gain"]["value"] == pytest.approx(0.08)
    assert numbers["all", "accuracy_gain"]["low"] > 0
    assert numbers["all", "mcnemar_p"]["value"] == pytest.approx(158 / 4096)
    assert numbers["all", "only_ensemble_right"]["value"] == 10
    assert numbers["all", "only_single_right"]["value"] == 2
    assert numbers["clean", "accuracy_gain"]["value"] == pytest.approx(-2 / 90)
    assert numbers["all", "nll_gain"]["value"] > 0
    hows = {metric: row["how"] for (_, metric), row in numbers.items()}
    assert hows["accuracy_gain"] == "cross-validated, paired with abc, bootstrap interval"
    assert hows["mcnemar_p"] == "cross-validated, paired with abc"


def test_the_gain_over_the_best_member_by_hand():
    labels = np.zeros(100, int)
    three = np.tile(np.eye(7)[0] * 0.9 + 0.1 / 7, (3, 100, 1))
    three[0, :10] = np.roll(three[0, :10], 1, axis=1)  # ten wrong
    three[1, 10:30] = np.roll(three[1, 10:30], 1, axis=1)  # twenty wrong
    together = three[2]
    truth = Truth(labels, np.arange(100) >= 10, CLASSES, "test", "measured")
    rows = over_best_member(Answers(together, together), ("abc", "def"), three[:2], truth)
    numbers = by_name(rows)
    gain = numbers["all", "accuracy_gain_best_member"]
    assert gain["value"] == pytest.approx(0.1)
    assert gain["low"] > 0
    assert "paired with abc, the best member on these images" in gain["how"]
    assert numbers["all", "mcnemar_p_best_member"]["value"] == pytest.approx(2 / 2**10)
    assert numbers["clean", "accuracy_gain_best_member"]["value"] == 0  # abc errs on copies alone
    assert over_best_member(Answers(together, together), ("abc",), three[:1], truth) == []


def test_diversity_is_measured_on_both_groups(predictions):
    numbers = by_name(diversity_rows(predictions.probabilities, truth_of(predictions)))
    assert -0.1 < numbers["all", "error_correlation"]["value"] < 0.1  # errors made independently
    assert numbers["clean", "disagreement"]["n"] == 540
    hows = {row["how"] for row in numbers.values()}
    assert hows == {"measured, 3 members, bootstrap interval"}
