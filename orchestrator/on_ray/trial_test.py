import dataclasses
import errno
import shutil
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import safetensors.numpy

from orchestrator.errors import BadInput
from orchestrator.models.catalogue import Options, build
from orchestrator.on_ray.conftest import (
    CONFIG,
    checkpoints,
    numbers,
    predictions,
    trained,
    trial,
)
from orchestrator.on_ray.trial import Trial
from orchestrator.training.on_tensorflow.pixels import as_pixels
from orchestrator.training.storing.checkpoint import ARRAYS, FACTS
from results.paths import Paths
from results.store import Store

pytestmark = pytest.mark.usefixtures("long_epochs")

# ---- rows


def test_every_step_is_an_epoch_and_the_last_one_says_why(context):
    one = trial(context)
    results = [one.train() for _ in range(3)]
    assert [result["epoch"] for result in results] == [1, 2, 3]
    assert [result["training_iteration"] for result in results] == [1, 2, 3]
    assert [result.get("stop") for result in results] == [None, None, "epochs"]
    assert results[2]["stop_reason"] == "all 3 epochs done"
    for result in results:
        assert "failure" not in result
        assert result["parameters"] > 0
        assert "1 thread a trial" in result["hardware"]
        assert result["done"] is False  # the scheduler ends trials; it is shown no row that is done


def test_the_same_process_trains_one_configuration_after_another_as_if_each_were_alone(context):
    other = dataclasses.replace(CONFIG, learning_rate=0.1, dropout=0.5, seed=3)
    one = trial(context, other)
    trained(one, 2)
    assert one.reset(CONFIG.to_flat())
    assert one.iteration == 0
    elsewhere = dataclasses.replace(context, place=f"{context.place}-whole")
    assert trained(one) == trained(trial(elsewhere, warm=False))


def test_what_passes_before_the_first_epoch_is_told_and_part_of_none(context, monkeypatch):
    one = trial(context)
    open_inputs = one._open_inputs
    monkeypatch.setattr(one, "_open_inputs", lambda: time.sleep(0.3) or open_inputs())
    began = time.monotonic()
    results = [one.train() for _ in range(2)]
    took = time.monotonic() - began
    start, again = (result["start_seconds"] for result in results)
    assert start == again >= 0.3
    assert start + sum(result["seconds"] for result in results) <= took


def test_a_trial_without_its_context_is_a_mistake_of_the_caller(context):
    with pytest.raises(ValueError, match="TrialContext"):
        Trial(config=CONFIG.to_flat())


# ---- what it leaves


def test_predictions_are_those_of_the_best_epoch(context, source):
    one = trial(context)
    stored = []
    for _ in range(3):
        one.train()
        stored.append(predictions(context).to_pylist())
    run = one._run
    best = max(run.history, key=lambda row: (row.validation_accuracy, -row.validation_loss)).epoch
    faces = source.open().validation
    last = stored[-1]
    assert [row["epoch"] for row in last] == [best] * len(faces)
    assert [row["image_id"] for row in last] == list(faces.ids)
    assert [row["label"] for row in last] == list(faces.labels)
    assert {row["split"] for row in last} == {"validation"}
    names = source.open().classes
    assert all(row["label_name"] == names[row["label"]] for row in last)
    p = np.array([row["probability"] for row in last], float)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=4e-3)
    accuracy = (p.argmax(axis=1) == faces.labels).mean()
    assert accuracy == pytest.approx(run.history[best - 1].validation_accuracy)
    for epoch, table in enumerate(stored, start=1):
        assert table[0]["epoch"] <= epoch


def test_a_trial_that_is_stopped_from_outside_leaves_predictions_but_no_weights(context):
    trained(trial(context), 1)
    assert len(predictions(context)) > 0
    assert not Store(context.place).exists(Paths().weight(CONFIG.signature()))


def test_weights_in_a_fresh_network_give_the_stored_probabilities(context, source):
    trained(trial(context))
    content = Store(context.place).read_bytes(Paths().weight(CONFIG.signature()))
    weights = safetensors.numpy.load(content)
    model = build(CONFIG.architecture, (48, 48, 1), 7, Options(width=CONFIG.width, weights="none"))
    for variable, name in zip(model.weights, sorted(weights), strict=True):
        assert variable.shape == weights[name].shape
        variable.assign(weights[name])
    logits = model(as_pixels(keras.ops.convert_to_tensor(source.open().validation.images)))
    stored = [row["probability"] for row in predictions(context).to_pylist()]
    np.testing.assert_allclose(keras.ops.softmax(logits), np.array(stored, float), atol=1e-3)


# ---- saved and restored


def test_the_state_is_stored_before_the_row_is_told_and_two_are_kept(context):
    one = trial(context)
    for epoch in (1, 2, 3):
        one.train()
        kept = {file.name[:6] for file in checkpoints(context).glob("*.*")}
        assert kept == {f"{epoch:06d}", f"{max(1, epoch - 1):06d}"}


def test_a_trial_taken_up_tells_its_last_row_again_and_goes_on_as_if_never_stopped(
    context, uninterrupted
):
    trained(trial(context), 2)
    again = trial(context, dataclasses.replace(CONFIG, seed=5))
    again.train()
    again.reset(CONFIG.to_flat())
    first = again.train()
    assert numbers(first) == uninterrupted[1]
    assert [(row["epoch"], row["train_loss"]) for row in first["earlier"]] == [
        (1, uninterrupted[0]["train_loss"])
    ]
    second = again.train()
    assert numbers(second) == uninterrupted[2]
    assert "earlier" not in second


@pytest.mark.parametrize("ending", [ARRAYS, FACTS])
def test_a_damaged_state_is_passed_over_for_the_one_before(ending, context):
    uninterrupted = trained(trial(context), 2)
    last = checkpoints(context) / f"000002{ending}"
    last.write_bytes(last.read_bytes()[:50])
    again = trial(context)
    assert numbers(again.train()) == uninterrupted[0]
    assert numbers(again.train()) == uninterrupted[1]


def test_a_process_that_was_taken_for_dead_writes_nothing_when_it_comes_back(context):
    cut_off = trial(context)
    trained(cut_off, 1)
    successor = trial(context)
    trained(successor, 2)  # the first of them tells epoch 1 again
    before = {f: f.read_bytes() for f in Path(context.place).rglob("*.*") if f.is_file()}
    result = cut_off.train()
    assert "another process works on this trial" in result["failure"]
    assert result["passing"]
    assert {f: f.read_bytes() for f in Path(context.place).rglob("*.*") if f.is_file()} == before
    assert successor.train()["epoch"] == 3


def test_without_any_usable_state_a_trial_starts_anew(context):
    uninterrupted = trained(trial(context), 2)
    for file in checkpoints(context).glob("*.*"):
        file.write_bytes(b"")
    result = trial(context).train()
    assert numbers(result) == uninterrupted[0]
    assert "earlier" not in result


def test_states_of_other_trials_are_not_looked_at(context):
    trained(trial(context, dataclasses.replace(CONFIG, seed=1)), 1)
    assert "earlier" not in trial(context).train()


def test_the_state_of_another_configuration_is_a_failure(context):
    other = dataclasses.replace(CONFIG, seed=1)
    trained(trial(context, other), 1)
    checkpoints(context, other).rename(checkpoints(context))
    assert "another configuration" in trial(context).train()["failure"]


def test_a_finished_trial_that_is_begun_again_only_repeats_its_last_row(context):
    uninterrupted = trained(trial(context))
    shutil.rmtree(Path(context.place, "weights"))
    again = trial(context)
    assert numbers(again.train()) == uninterrupted[2]
    assert Store(context.place).exists(Paths().weight(CONFIG.signature()))
    assert len(again._run.history) == 3


# ---- failures are rows


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"architecture": "FC"}, "FC"),
        ({"architecture": "vgg16", "weights": "absent.h5"}, "absent.h5"),
        ({"preprocessing": "sepia"}, "sepia"),
        ({"optimizer": "newton"}, "KeyError: 'newton'"),
    ],
)
def test_what_cannot_be_built_is_a_row_that_says_why_and_the_next_trial_is_unharmed(
    change, reason, context, uninterrupted
):
    one = trial(context, dataclasses.replace(CONFIG, **change))
    result = one.train()
    assert reason in result["failure"]
    assert result["epoch"] == 0
    assert not Path(context.place, "predictions").exists()
    one.reset(CONFIG.to_flat())
    assert trained(one) == uninterrupted


def test_data_that_cannot_be_opened_is_a_row(context):
    source = dataclasses.replace(context.source, path=str(Path(context.place, "absent.csv")))
    result = trial(dataclasses.replace(context, source=source)).train()
    assert "absent.csv" in result["failure"]
    assert "Error:" not in result["failure"]  # a sentence for a person, not an exception's name


class CutOff(Trial):
    """A trial whose data cannot be had."""

    trouble: OSError

    def _open_inputs(self):
        try:
            raise self.trouble
        except OSError:
            raise BadInput("the data cannot be reached") from None


@pytest.mark.parametrize(
    ("trouble", "passing"),
    [
        (ConnectionResetError(), True),
        (OSError("AWS Error SLOW_DOWN during GetObject operation"), True),
        (OSError(errno.ENOSPC, "no space"), True),
        (FileNotFoundError(errno.ENOENT, "absent"), False),
    ],
)
def test_data_that_cannot_be_had_just_now_says_nothing_of_the_configuration(
    trouble, passing, context, monkeypatch
):
    monkeypatch.setattr(CutOff, "trouble", trouble, raising=False)
    one = trial(context, trainable=CutOff)
    result = one.train()
    assert (result["failure"], result["passing"]) == ("the data cannot be reached", passing)


def test_results_that_cannot_be_written_are_a_row(context):
    Path(context.place).mkdir()
    Path(context.place, "predictions").write_text("a file where a folder should be")
    assert "Error" in trial(context).train()["failure"]


def test_divergence_is_a_row_with_its_stop(context):
    one = trial(context, dataclasses.replace(CONFIG, learning_rate=1e6, batch_normalisation=False))
    for _ in range(3):
        result = one.train()
        if "stop" in result:
            break
    assert result["stop"] == "diverged"
    assert "not finite at epoch" in result["stop_reason"]
    assert result["epoch"] >= 1


# ---- a process's output


def test_output_of_somebody_elses_process_is_left_alone(context, capfd):
    trial(context)
    print("still here", flush=True)
    assert "still here" in capfd.readouterr().out
    assert not Path(context.place, "logs").exists()
