import math

import numpy as np
import pytest
from scipy import stats

from analysis.seeds import (
    distinct_names,
    finalists,
    in_markdown,
    mean,
    over_seeds,
)
from analysis.sweep_folder import SweepFolder
from orchestrator.testing.stand_ins import tiny
from results.schema import EPOCHS, SEEDS, TRIALS, table
from results.store import Store

T_2 = 4.302653  # t's 97.5 % quantile at 2 degrees of freedom


def sweep(root, rows):
    """A sweep's folder whose trials differ from a plain one as the rows say."""
    store = Store(root)
    data = {"path": "embedded faces (140)", "digest": "0" * 64, "classes": ["cross", "glad"]}
    store.write_json("sweep.json", {"name": "s-refit", "data": data})
    plain = tiny().to_flat() | {"status": "completed", "epochs_trained": 9, "epochs": 9}
    plain |= {"validation_n": 100, "reason": ""}
    full = [plain | {"trial": f"t{i}", "number": i} | row for i, row in enumerate(rows)]
    store.write_table("trials.parquet", table(TRIALS, full))
    store.write_table("epochs.parquet", table(EPOCHS, []))
    return SweepFolder(store)


def trial(rate, accuracy, seed=0, **more):
    return {"learning_rate": rate, "validation_accuracy": accuracy, "seed": seed, **more}


def refit(root, accuracies, **more):
    """Rate -> accuracies with seeds 1, 2, ...; a refit's trials."""
    return sweep(
        root,
        [trial(r, a, s, **more) for r, row in accuracies.items() for s, a in enumerate(row, 1)],
    )


@pytest.fixture
def first(tmp_path):
    return sweep(
        tmp_path / "first",
        [
            trial(0.1, 0.50),
            trial(0.2, 0.60),
            trial(0.3, 0.70, status="pruned", epochs_trained=3),
            trial(0.4, 0.90, status="failed"),
            trial(0.5, math.nan, status="running", epochs_trained=0),
            trial(0.6, None, status="running", epochs_trained=0),
            trial(0.7, 0.40, status="running"),
        ],
    )


# --- finalists -------------------------------------------------------------------------------


def test_the_best_by_validation_accuracy_whatever_stopped_them_but_none_that_failed(first):
    best = finalists(first, 10)
    assert [(f.place, f.trial, f.accuracy, f.status, f.epochs) for f in best] == [
        (1, "t2", 0.7, "pruned", 3),
        (2, "t1", 0.6, "completed", 9),
        (3, "t0", 0.5, "completed", 9),
        (4, "t6", 0.4, "running", 9),
    ]
    assert [f.trial for f in finalists(first, 2)] == ["t2", "t1"]


def test_seed_and_epochs_make_no_other_configuration_and_its_best_trial_stands_for_it(tmp_path):
    rows = [trial(0.1, 0.5, 0), trial(0.2, 0.6), trial(0.1, 0.7, 1), trial(0.1, 0.4, 2, epochs=3)]
    best = finalists(sweep(tmp_path, rows), 5)
    assert [(f.trial, f.accuracy) for f in best] == [("t2", 0.7), ("t1", 0.6)]
    assert not {"seed", "epochs", "data"} & set(best[0].settings)
    assert best[0].settings["learning_rate"] == 0.1


def test_of_equals_the_lower_loss_is_first_then_the_earlier(tmp_path):
    rows = [trial(r, 0.5, validation_loss=loss) for r, loss in ((0.1, 2.0), (0.2, 1.0), (0.3, 1.0))]
    assert [f.trial for f in finalists(sweep(tmp_path, rows), 3)] == ["t1", "t2", "t0"]


def test_finalists_are_told_apart_by_what_differs(first):
    assert distinct_names(finalists(first, 2)) == ["learning_rate=0.3", "learning_rate=0.2"]
    assert distinct_names(finalists(first, 1)) == [f"architecture={tiny().architecture}"]
    assert distinct_names([]) == []


# --- means -----------------------------------------------------------------------------------


def test_a_mean_and_its_t_interval_by_hand():
    average = mean([0.5, 0.6, 0.7])
    half = T_2 * 0.1 / math.sqrt(3)
    assert (average.n, average.value, average.sd) == (3, pytest.approx(0.6), pytest.approx(0.1))
    assert (average.low, average.high) == (pytest.approx(0.6 - half), pytest.approx(0.6 + half))


def test_its_p_is_that_of_the_t_test():
    values = np.array([0.01, -0.02, 0.05, 0.03])
    assert mean(values).p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert mean([0.1, 0.1]).low == pytest.approx(0.1)
    assert math.isnan(mean([0.125, 0.125]).p)  # no spread, no test


@pytest.mark.parametrize(("values", "value"), [([], math.nan), ([0.5], 0.5)])
def test_too_few_for_an_interval(values, value):
    average = mean(values)
    assert (average.n, average.value) == (len(values), pytest.approx(value, nan_ok=True))
    assert np.isnan([average.sd, average.low, average.high, average.p]).all()


@pytest.mark.long
def test_the_interval_covers_the_mean_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(0.6, 0.02, (4000, 3))
    inside = [average.low < 0.6 < average.high for average in map(mean, draws)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.01)


# --- over seeds ------------------------------------------------------------------------------


def test_rows_by_hand(first, tmp_path):
    accuracies = {0.3: [0.50, 0.60, 0.70], 0.2: [0.62, 0.70, 0.84]}
    best, second = over_seeds(finalists(first, 2), refit(tmp_path, accuracies))
    assert (best["place"], best["first_place"], best["first_trial"]) == (1, 2, "t1")
    assert best["configuration"] == "learning_rate=0.2"
    assert (best["n"], best["begun"], best["epochs"]) == (3, 3, 9)
    assert best["mean"] == pytest.approx(0.72)
    assert best["change"] == pytest.approx(0.72 - 0.60)
    assert (best["lowest"], best["highest"]) == (0.62, 0.84)
    assert "behind" not in best
    # seed by seed the best is ahead by 0.12, 0.10, 0.14: mean 0.12, sd 0.02
    half = T_2 * 0.02 / math.sqrt(3)
    assert second["behind"] == pytest.approx(0.12)
    assert second["behind_low"] == pytest.approx(0.12 - half)
    assert second["behind_high"] == pytest.approx(0.12 + half)
    assert second["pairs"] == 3
    expected = stats.ttest_rel(accuracies[0.2], accuracies[0.3]).pvalue
    assert second["behind_p"] == pytest.approx(expected)
    assert (second["first_status"], second["first_epochs"]) == ("pruned", 3)


def test_only_whole_trainings_count_and_pairs_are_of_shared_seeds(first, tmp_path):
    again = sweep(
        tmp_path,
        [
            trial(0.2, 0.7, 1),
            trial(0.2, 0.8, 2, status="reused"),
            trial(0.2, 0.1, 3, status="failed"),
            trial(0.3, 0.1, 1, status="stopped_early", ended_by="time"),
            trial(0.3, 0.5, 2, status="stopped_early", ended_by="patience"),
            trial(0.3, 0.6, 3),
            trial(0.1, 0.9, 1, status="running"),
        ],
    )
    rows = over_seeds(finalists(first, 3), again)
    assert [(r["configuration"], r["n"], r["begun"]) for r in rows] == [
        ("learning_rate=0.2", 2, 3),
        ("learning_rate=0.3", 2, 3),
        ("learning_rate=0.1", 0, 1),
    ]
    assert (rows[1]["pairs"], rows[1]["behind"]) == (1, pytest.approx(0.3))
    assert rows[1]["behind_low"] is None
    assert rows[2]["mean"] is rows[2]["lowest"] is rows[2]["behind"] is None
    assert table(SEEDS, rows).num_rows == 3


# --- in words --------------------------------------------------------------------------------


def text(first, root, accuracies, top=2, **more):
    again = refit(root, accuracies, **more)
    return in_markdown(over_seeds(finalists(first, top), again), again)


def test_a_lead_that_seeds_agree_on_is_told_from_one_that_may_be_chance(first, tmp_path):
    clear = text(first, tmp_path / "a", {0.3: [0.50, 0.60, 0.70], 0.2: [0.62, 0.70, 0.84]})
    assert "# s-refit: finalists over several seeds" in clear
    assert "Validation accuracy, 9 epochs, seeds 1, 2, 3." in clear
    assert "ahead of the second by 0.1200 on average over 3 shared seeds" in clear
    assert "(paired t: 0.0703 to 0.1697, p = 0.0091), which is more than chance explains" in clear
    assert "3 seeds show no lead under 0.0497" in clear
    assert "With 3 pairs a test that assumes no distribution cannot give p under 0.25" in clear
    assert "| 0.7000 (pruned after 3) |" in clear
    assert "changed by +0.0100 on average. 1 of them had not been trained" in clear
    assert "the same 100 validation images" in clear
    vague = text(first, tmp_path / "b", {0.3: [0.50, 0.60, 0.70], 0.2: [0.80, 0.50, 0.70]})
    assert "which may be chance" in vague


def test_one_seed_or_one_finalist_compares_nothing(first, tmp_path):
    assert "whether that is chance, one cannot say" in text(
        first, tmp_path / "a", {0.3: [0.5], 0.2: [0.6]}
    )
    alone = text(first, tmp_path / "b", {0.3: [0.5, 0.6]}, top=1)
    assert "no second configuration" in alone


def test_seeds_that_did_not_finish_are_said(first, tmp_path):
    rows = [trial(0.3, 0.5, 1), trial(0.3, 0.2, 2, status="failed"), trial(0.2, 0.4, 1)]
    again = sweep(tmp_path, rows)
    markdown = in_markdown(over_seeds(finalists(first, 2), again), again)
    assert "Not every seed that was begun has finished: 1 of 2 for learning_rate=0.3." in markdown


def test_a_change_of_nothing_has_no_negative_sign(first, tmp_path):
    markdown = text(first, tmp_path, {0.3: [0.7 - 1e-9], 0.2: [0.6]})
    assert "-0.0000" not in markdown
