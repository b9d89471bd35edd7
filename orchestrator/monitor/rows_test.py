import math

import pytest

from orchestrator.config import TrialConfig
from orchestrator.data.faces import Faces, Splits
from orchestrator.monitor.rows import epoch_rows, ranked, trial_row, trial_rows
from orchestrator.plan import Question
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal, noise
from results.schema import EPOCHS, TRIALS, table

QUESTION = Question(sweep="first", validation_n=100, majority=0.25, classes=7)
CONFIG = TrialConfig(precision="float32", data="d1").to_flat()


def ledger_of(**curves):
    ledger = Ledger(ListJournal())
    for ticket, (trial, accuracies) in enumerate(curves.items()):
        ledger.asked(trial, CONFIG, ticket)
        for epoch, accuracy in enumerate(accuracies, 1):
            ledger.epoch(trial, row(epoch, accuracy, seconds=1.5), {"parameters": 7})
    return ledger


def test_a_trial_is_told_by_its_best_epoch_with_an_interval():
    made = trial_row(QUESTION, ledger_of(a=[0.5, 0.9, 0.8]).entries["a"])
    assert (made["best_epoch"], made[METRIC], made["epochs_trained"]) == (2, 0.9, 3)
    assert (made["seconds"], made["images_per_second"], made["parameters"]) == (4.5, 1000.0, 7)
    # Wilson, 90 of 100: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.96
    assert made["validation_accuracy_low"] == pytest.approx(0.8256, abs=1e-4)
    assert made["validation_accuracy_high"] == pytest.approx(0.9448, abs=1e-4)


def test_a_setting_that_changes_nothing_is_null():
    made = trial_row(QUESTION, ledger_of(a=[0.5]).entries["a"])
    nothing = {name for name in CONFIG if made[name] is None}
    unused = {"augmentation", "weights", "fine_tune", "head", "cycle"}
    unused |= {"plateau_patience", "plateau_factor"}
    assert nothing == unused  # cnn5, at strength 0, sgd, constant
    assert made["momentum"] == 0.9


def test_a_setting_that_the_journal_was_begun_without_has_its_default():
    ledger = Ledger(ListJournal())
    ledger.asked("a", {k: v for k, v in CONFIG.items() if k != "rate_scaling"}, 0)
    assert trial_row(QUESTION, ledger.entries["a"])["rate_scaling"] == "none"


def test_before_the_first_epoch_only_the_question_is_known():
    made = trial_row(QUESTION, ledger_of(a=[]).entries["a"])
    assert (made["status"], made["epochs_trained"]) == ("running", 0)
    assert made.keys() & {"verdict", METRIC, "seconds"} == set()


def test_a_diverged_trial_has_a_verdict_and_no_accuracy():
    made = trial_row(QUESTION, ledger_of(a=[math.nan]).entries["a"])
    assert made["verdict"] == "diverged"
    assert METRIC not in made


@pytest.mark.parametrize("curves", [{}, {"a": []}, {"a": [0.5, math.nan], "b": [math.nan]}])
def test_rows_fit_the_tables_and_keep_nan(curves):
    ledger = ledger_of(**curves)
    trials = table(TRIALS, trial_rows(QUESTION, ledger))
    epochs = table(EPOCHS, epoch_rows(ledger))
    assert trials.num_rows == len(curves)
    flat = [value for values in curves.values() for value in values]
    assert [str(v) for v in epochs[METRIC].to_pylist()] == [str(v) for v in flat]
    assert epochs[METRIC].null_count == 0


def test_every_trial_field_that_can_be_known_is_told():
    ledger = ledger_of(a=[0.5, 0.6])
    ledger.epoch("a", row(3, 0.6), {})
    ledger.ended("a", "failure", "raised an error", error="ValueError: x")
    made = trial_row(QUESTION, ledger.entries["a"]) | {"hardware": "m", "reused_from": "s"}
    assert set(made) == set(TRIALS.names)


def test_verdicts_are_held_against_the_best_of_the_sweep():
    flat = {"train_loss": 1.0, "validation_loss": 1.0}
    ledger = Ledger(ListJournal())
    for ticket, (trial, accuracy) in enumerate((("good", 0.92), ("poor", 0.55))):
        ledger.asked(trial, CONFIG, ticket)
        for epoch in (1, 2, 3, 4):
            ledger.epoch(trial, row(epoch, accuracy, **flat), {})
    verdicts = {made["trial"]: made["verdict"] for made in trial_rows(QUESTION, ledger)}
    assert verdicts == {"good": "good fit", "poor": "underfit"}


def test_ranked_is_best_first_and_leaves_the_unmeasured_out():
    ledger = ledger_of(a=[0.5], b=[0.7, 0.1], c=[], d=[math.nan], e=[0.6])
    assert [entry.trial for entry in ranked(ledger)] == ["b", "e", "a"]


def test_of_equal_accuracies_the_lower_loss_comes_first_then_the_earlier():
    ledger = ledger_of(a=[0.5], b=[0.5], c=[])
    ledger.epoch("c", row(1, 0.5, validation_loss=0.1), {})
    assert [entry.trial for entry in ranked(ledger)] == ["c", "a", "b"]


def test_the_question_counts_the_validation_images():
    inputs = noise(n=20, classes=4)
    labels = inputs.validation_labels.copy()
    labels[:] = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]
    faces = Faces(inputs.validation, labels, inputs.validation_ids)
    splits = Splits(faces, faces, faces, inputs.classes, digest="d")
    expected = Question("s", validation_n=10, majority=0.4, classes=4, backend="jax")
    assert Question.on("s", splits, "jax") == expected
