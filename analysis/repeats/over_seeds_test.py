import math

import numpy as np
import pytest
from scipy import stats

from analysis.repeats.finalists import distinct_names, finalists
from analysis.repeats.over_seeds import (
    BEHIND,
    BEST,
    NOISE,
    UNCOMPARED,
    UNDECIDED,
    RightAnswers,
    SeedGroup,
    group_rows,
    groups,
    over_seeds,
)
from analysis.repeats.seed_mean import mean
from analysis.repeats.words import groups_in_markdown, in_markdown
from analysis.sweep_folder import SweepFolder
from orchestrator.testing.stand_ins import tiny
from results.schema import EPOCHS, PREDICTIONS, SEEDS, TRIALS, table
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
    assert (best["relation"], second["relation"]) == (BEST, BEHIND)
    assert second["images_p"] is None  # no answers are stored
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


# --- a sweep's own seeds --------------------------------------------------------------------


def group(name, accuracies, right=None, begun=None):
    """A group whose trials answer `right`: seed -> (n,) switches."""
    trials = tuple(f"{name}{seed}" for seed in accuracies)
    arrays = {seed: np.array(row, bool) for seed, row in (right or {}).items()}
    return SeedGroup(name, trials, 9, begun or len(accuracies), accuracies, arrays)


EVERY = np.ones(0, bool)


def test_a_lead_over_seeds_that_images_do_not_bear_out_is_inside_the_noise():
    """Ten images; with every seed the first is right about one more, always the same one."""
    one, two = [True] * 6 + [False] * 4, [True] * 5 + [False] * 5
    best = group("a", {0: 0.6, 1: 0.6, 2: 0.6}, dict.fromkeys((0, 1, 2), one))
    other = group("b", {0: 0.5, 1: 0.5, 2: 0.5}, dict.fromkeys((0, 1, 2), two))
    _, second = group_rows([other, best], np.ones(10, bool))
    assert second["configuration"] == "b"
    assert second["holm_p"] == 0  # every seed differs alike
    expected = stats.ttest_1samp([1.0] + [0.0] * 9, 0).pvalue
    assert second["images_p"] == pytest.approx(expected)
    assert second["relation"] == NOISE


def test_a_lead_on_images_that_seeds_do_not_agree_on_is_undecided():
    """The first is right about 8 and 4 of 40 images more; two seeds say little."""
    best = {0: np.arange(40) < 20, 1: np.arange(40) < 20}
    other = {0: np.arange(40) < 12, 1: np.arange(40) < 16}
    a = group("a", {0: 0.5, 1: 0.5}, best)
    b = group("b", {0: 0.3, 1: 0.4}, other)
    _, second = group_rows([a, b], np.ones(40, bool))
    assert second["holm_p"] == pytest.approx(stats.ttest_1samp([0.2, 0.1], 0).pvalue)
    assert second["images_p"] < 0.05 < second["holm_p"]
    assert second["relation"] == UNDECIDED
    text = groups_in_markdown(group_rows([a, b], np.ones(40, bool)))
    assert "too different to say it of others: b." in text
    assert "which so few seeds leave undecided" in text


def test_holm_counts_every_configuration():
    made = [group(name, dict(enumerate(row))) for name, row in SPREAD.items()]
    rows = group_rows(made, EVERY)
    assert [row["configuration"] for row in rows] == ["a", "b", "c"]
    alone = [stats.ttest_rel(SPREAD["a"], SPREAD[name]).pvalue for name in "bc"]
    assert [row["behind_p"] for row in rows[1:]] == pytest.approx(alone)
    small, large = sorted(alone)
    assert sorted(row["holm_p"] for row in rows[1:]) == pytest.approx(
        [2 * small, max(2 * small, large)]
    )


SPREAD = {"a": [0.70, 0.72, 0.74], "b": [0.69, 0.70, 0.71], "c": [0.60, 0.63, 0.63]}


def test_the_place_is_decided_without_copies():
    """Of four images the last is a copy: b is better with it, a without."""
    clean = np.array([True, True, True, False])
    a = group("a", {0: 0.5, 1: 0.5}, {s: [True, True, False, False] for s in (0, 1)})
    b = group("b", {0: 0.75, 1: 0.75}, {s: [True, False, False, True] for s in (0, 1)})
    rows = group_rows([b, a], clean)
    assert [(row["configuration"], row["place"]) for row in rows] == [("a", 1), ("b", 2)]
    assert [row["clean_mean"] for row in rows] == pytest.approx([2 / 3, 1 / 3])
    assert rows[1]["behind"] == pytest.approx(1 / 3)
    assert [row["mean"] for row in rows] == [0.5, 0.75]


def test_one_seed_s_death_keeps_the_others(tmp_path):
    made = sweep(
        tmp_path,
        [
            trial(0.1, 0.6, 0),
            trial(0.1, None, 1, status="failed"),
            trial(0.1, 0.8, 2),
            trial(0.2, 0.5, 0),
            trial(0.2, 0.5, 1),
        ],
    )
    best, other = group_rows(groups(made.trials, RightAnswers()), EVERY)
    assert (best["n"], best["begun"], best["mean"]) == (2, 3, pytest.approx(0.7))
    assert best["trials"] == "t2 t0"
    assert (other["pairs"], other["relation"]) == (1, UNCOMPARED)
    text = groups_in_markdown([best, other])
    assert "2 of 3 for lr 0.1" in text
    assert "| 2 of 3 |" in text


def test_a_sweep_in_which_no_configuration_has_two_seeds_has_no_groups(tmp_path):
    made = sweep(tmp_path, [trial(0.1, 0.6, 0), trial(0.2, 0.6, 1)])
    assert groups(made.trials, RightAnswers()) == []
    assert groups_in_markdown([]) == ""


def test_finalists_are_ranked_without_copies_where_predictions_tell_them(tmp_path):
    """Trial t0 has 3 of 4 right, but only one of them is no copy; t1 both that are none."""
    made = sweep(tmp_path, [trial(0.1, 0.75), trial(0.2, 0.5)])
    for name, right in (("t0", (1, 0, 1, 1)), ("t1", (1, 1, 0, 0))):
        rows = [
            {"image_id": str(i), "split": "validation", "label": 0, "also_in_training": i > 1}
            | {"probability": [0.75, 0.25] if hit else [0.25, 0.75], "epoch": 1}
            for i, hit in enumerate(right)
        ]
        made.store.write_table(f"predictions/{name}.parquet", table(PREDICTIONS, rows))
    assert [f.trial for f in finalists(made, 2)] == ["t1", "t0"]


# --- in words --------------------------------------------------------------------------------


def text(first, root, accuracies, top=2, **more):
    again = refit(root, accuracies, **more)
    return in_markdown(over_seeds(finalists(first, top), again), again)


def test_a_lead_that_seeds_agree_on_is_told_from_one_that_may_be_chance(first, tmp_path):
    clear = text(first, tmp_path / "a", {0.3: [0.50, 0.60, 0.70], 0.2: [0.62, 0.70, 0.84]})
    assert "# s-refit: finalists over several seeds" in clear
    assert "Validation accuracy, 9 epochs, seeds 1, 2, 3." in clear
    assert "ahead of the second by 0.1200 on average over 3 shared seeds" in clear
    assert "(paired t: 0.0703 to 0.1697, p = 0.0091), which is more than the noise" in clear
    assert "3 seeds show no lead under 0.0497" in clear
    assert "With 3 pairs a test that assumes no distribution cannot give p under 0.25" in clear
    assert "| 0.7000 (pruned after 3) |" in clear
    assert "changed by +0.0100 on average. 1 of them had not been trained" in clear
    assert "the same 100 validation images" in clear
    vague = text(first, tmp_path / "b", {0.3: [0.50, 0.60, 0.70], 0.2: [0.80, 0.50, 0.70]})
    assert "which is inside the noise" in vague
    assert "Inside the noise, so not told from the best: learning_rate=0.3." in vague


def test_one_seed_or_one_finalist_compares_nothing(first, tmp_path):
    assert "whether that is chance, one cannot say" in text(
        first, tmp_path / "a", {0.3: [0.5], 0.2: [0.6]}
    )
    alone = text(first, tmp_path / "b", {0.3: [0.5, 0.6]}, top=1)
    assert "no second configuration with a finished seed" in alone


def test_seeds_that_did_not_finish_are_said(first, tmp_path):
    rows = [trial(0.3, 0.5, 1), trial(0.3, 0.2, 2, status="failed"), trial(0.2, 0.4, 1)]
    again = sweep(tmp_path, rows)
    markdown = in_markdown(over_seeds(finalists(first, 2), again), again)
    assert "Not every seed that was begun has finished: 1 of 2 for learning_rate=0.3." in markdown


def test_a_change_of_nothing_has_no_negative_sign(first, tmp_path):
    markdown = text(first, tmp_path, {0.3: [0.7 - 1e-9], 0.2: [0.6]})
    assert "-0.0000" not in markdown
