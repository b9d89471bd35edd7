"""What the words are said to mean is what the code computes."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.ensemble.calibrate import temperature
from analysis.explain.targets import directions
from analysis.leaderboard import clean_accuracy
from analysis.report.sections.glossary import TERMS, glossary_section
from analysis.report.sections.map_tables import MEASURES
from analysis.statistics import mcnemar
from orchestrator import metrics
from orchestrator.config import TrialConfig
from orchestrator.metrics import CALIBRATION_BINS
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup

MEANING = dict(TERMS)


def test_every_term_is_explained_once():
    section = glossary_section()
    (folded,) = section.parts[0].blocks
    (facts,) = folded.blocks
    assert section.name == "glossary"
    assert facts.pairs == TERMS
    assert len(MEANING) == len(TERMS)
    assert all(meaning.endswith(".") for meaning in MEANING.values())


def test_a_name_is_the_signature_of_all_settings():
    assert "signature of that choice" in MEANING["trial"]
    one, same, other = (TrialConfig(data="d", seed=seed).signature() for seed in (0, 0, 1))
    assert one == same != other


def test_an_interval_holds_the_true_value_in_95_of_100_draws_of_images():
    assert "95 % of such intervals would hold the true value" in MEANING["95 % interval"]
    n, truth = 602, 0.9
    held = [low <= truth <= high for low, high in (metrics.interval(k, n) for k in range(n + 1))]
    chance = stats.binom.pmf(np.arange(n + 1), n, truth)[np.array(held)].sum()
    assert chance == pytest.approx(0.95, abs=0.01)


def test_clean_leaves_out_exactly_the_copies_of_training_images():
    assert "no exact copy stands among the training images" in MEANING["clean"]
    rows = pd.DataFrame(
        {
            "label": [0, 0, 1],
            "probability": [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8]],
            "also_in_training": [True, False, False],
        }
    )
    assert clean_accuracy(rows) == 0.5  # of the second and the third


def test_mcnemar_looks_at_the_images_that_exactly_one_gets_right():
    assert "exactly one of two models gets right" in MEANING["McNemar's test"]
    first, second = [1] * 8 + [0] * 2, [0] * 8 + [1] * 2
    alone = mcnemar(first, second)
    assert alone.p == mcnemar([*first, *[1] * 90], [*second, *[1] * 90]).p
    # 8 of 10, as uneven as that or more: 0, 1, 2, 8, 9, 10 heads of 10 tosses
    assert alone.p == pytest.approx(2 * (1 + 10 + 45) / 2**10)


def test_ece_is_the_distance_of_confidence_and_accuracy_over_bins():
    assert f"over {CALIBRATION_BINS} bins of confidence. 0 is best" in MEANING["ECE"]
    sure, labels = np.tile([0.8, 0.2], (10, 1)), [0] * 8 + [1] * 2
    assert metrics.calibration_error(sure, labels) == pytest.approx(0.0)
    assert metrics.calibration_error(sure, [0] * 10) == pytest.approx(0.2)


def test_a_temperature_divides_logits_and_changes_no_answer():
    assert "it changes no answer" in MEANING["temperature"]
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(200, 7)) * 5, rng.integers(0, 7, 200)
    warm = logits / temperature(logits, labels)
    assert (warm.argmax(axis=1) == logits.argmax(axis=1)).all()
    errors = [metrics.calibration_error(metrics.probabilities(x), labels) for x in (logits, warm)]
    assert errors[1] < errors[0]


def test_macro_f1_gives_rare_classes_the_weight_of_frequent_ones():
    assert "rare classes count as much as frequent ones" in MEANING["macro F1"]
    scores, labels = np.tile([1.0, 0.0], (10, 1)), [0] * 8 + [1] * 2
    # Class 0: precision 0.8, recall 1; class 1: 0. Their harmonic means: 2 * 0.8 / 1.8 and 0.
    assert metrics.macro_f1(scores, labels) == pytest.approx((2 * 0.8 / 1.8 + 0) / 2)


def test_a_net_that_is_never_above_a_half_has_six_sevenths_of_binary_accuracy():
    assert "(k \N{MINUS SIGN} 1) / k, with 7 classes 0.857" in MEANING["binary accuracy"]
    unsure = np.full((70, 7), 1 / 7)
    assert metrics.binary_accuracy(unsure, np.arange(70) % 7) == pytest.approx(0.857, abs=0.0005)


@pytest.mark.long
def test_grad_cam_weighs_maps_by_how_much_each_raises_the_score():
    assert "weighed by how much each raises a class's score" in MEANING["Grad-CAM"]
    from analysis.explain.methods import gradcam  # brings a framework along

    maps = np.array([[[[1.0, 5.0], [0.0, 5.0]]]], np.float32)  # (1, 1, 2, 2): two maps of two cells
    rises = np.array([[[[[3.0, 0.0], [1.0, 0.0]]]]], np.float32)  # the second raises nothing
    assert np.asarray(gradcam.weigh(maps, rises)).tolist() == [[[[2.0, 0.0]]]]


def test_a_contrast_is_the_prediction_less_the_true_class():
    assert "Evidence for the prediction less evidence for the true class" in MEANING["contrast map"]
    assert directions([2], 3, [0]).tolist() == [[-1.0, 0.0, 1.0]]


def test_a_good_map_has_a_low_deletion_and_a_high_insertion():
    assert "fall fast, or rise fast" in MEANING["deletion, insertion"]
    assert (MEASURES["deletion"][-1], MEASURES["insertion"][-1]) == ("↓", "↑")


def test_at_a_rung_trials_are_compared_and_worse_ones_stopped():
    assert "compared and the worse ones stopped" in MEANING["rung"]
    rungs = SCHEDULERS["asha"](Setup(RungEpochs((1,)), reduction_factor=3, epochs=9))
    assert rungs.record("the best so far", 1, 0.5).keep
    assert not rungs.record("a worse one", 1, 0.4).keep
