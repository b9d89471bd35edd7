"""Where epochs are short, states are stored by a thread and rows are told together."""

import dataclasses
from pathlib import Path

import pytest

from orchestrator.on_ray import trial as trial_module
from orchestrator.on_ray.conftest import CONFIG, checkpoints, numbers, predictions, trained, trial
from orchestrator.on_ray.trial import Trial
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from results.paths import Paths

pytestmark = pytest.mark.usefixtures("short_epochs")


def stored(context, config=CONFIG):
    """Epochs of the states that stand there."""
    return sorted({int(file.name[:6]) for file in checkpoints(context, config).glob("0*.*")})


def test_states_between_are_stored_by_a_thread_and_the_last_before_its_row(context):
    one = trial(context)
    one._writer._due = 1e9  # as if a state had just been stored
    kept = []
    for _ in range(3):
        one.train()
        kept.append(stored(context))
    assert kept == [[], [], [3]]


def test_at_a_rung_all_is_stored_before_the_row_is_told(context):
    one = trial(dataclasses.replace(context, rungs=RungEpochs((2,))))
    one._writer._due = 1e9
    one.train()
    assert stored(context) == []
    one.train()
    assert stored(context) == [2]
    best = one._run.best.epoch
    assert {row["epoch"] for row in predictions(context).to_pylist()} == {best}


@pytest.mark.parametrize("end", ["reset", "cleanup", "failure"])
def test_a_trial_that_others_end_leaves_the_files_of_its_last_row(end, context):
    one = trial(context)
    one._writer._due = 1e9
    trained(one, 2)
    best = one._run.best.epoch
    if end == "reset":
        one.reset(dataclasses.replace(CONFIG, seed=5).to_flat())
    elif end == "cleanup":
        one.cleanup()
    else:
        one._engine = None
        one._run._engine = None
        assert "AttributeError" in one.train()["failure"]
    assert stored(context) == [2]
    assert predictions(context).to_pylist()[0]["epoch"] == best


def test_a_state_that_waits_and_is_anothers_by_now_hinders_no_next_trial(context, capsys):
    cut_off = trial(context)
    cut_off._writer._due = 1e9
    trained(cut_off, 2)
    trained(trial(context))
    assert cut_off.reset(dataclasses.replace(CONFIG, seed=5).to_flat())
    assert stored(context) == [3]  # its successor's
    assert "Traceback" not in capsys.readouterr().err


def test_a_state_that_waits_and_cannot_be_stored_hinders_no_next_trial(context, capsys):
    one = trial(context)
    one._writer._due = 1e9
    trained(one, 2)
    in_the_way = Path(context.place, Path(Paths().prediction("any")).parent)
    in_the_way.touch()  # a file, where predictions have their folder
    assert one.reset(dataclasses.replace(CONFIG, seed=5).to_flat())
    assert "Traceback" in capsys.readouterr().err
    in_the_way.unlink()
    assert one.train()["epoch"] == 1


def test_a_process_that_dies_costs_the_epochs_since_the_last_state(context, uninterrupted):
    """Told and trained again; not a bit of them differs."""
    lost = trial(context)
    lost.train()
    lost._writer.flush()
    lost._writer._due = 1e9
    lost.train()
    assert stored(context) == [1]
    again = trial(context)
    first = again.train()
    assert numbers(first) == uninterrupted[0]
    assert (first["earlier"], first["taken_up"]) == ([], True)
    assert trained(again, 2) == uninterrupted[1:]


def test_what_a_thread_could_not_store_is_the_next_steps_failure(context):
    one = trial(context)
    one.train()
    one._writer.flush()
    Path(context.place, "predictions").rename(Path(context.place, "elsewhere"))
    Path(context.place, "predictions").write_text("a file where a folder should be")
    one._files._predicted = 0
    one._writer._due = 0.0
    one.train()
    with one._writer._changed:
        assert one._writer._changed.wait_for(lambda: one._writer._error, timeout=30)
    assert "Error" in one.train()["failure"]


def test_epochs_that_are_over_at_once_are_told_together_up_to_where_one_is_judged(
    context, uninterrupted, monkeypatch
):
    monkeypatch.setattr(trial_module, "STEP_S", 60.0)
    one = trial(dataclasses.replace(context, rungs=RungEpochs((2,))))
    first, second = one.train(), one.train()
    assert [row["epoch"] for row in first["earlier"]] == [1]
    assert numbers(first["earlier"][0]) == uninterrupted[0]
    assert numbers(first) == uninterrupted[1]
    assert "taken_up" not in first
    assert numbers(second) == uninterrupted[2]
    assert "earlier" not in second


def test_rows_before_a_failure_are_told_before_it(context, monkeypatch):
    monkeypatch.setattr(trial_module, "STEP_S", 60.0)

    class Fails(Trial):
        def _one_epoch(self, run):
            if len(run.history) == 2:
                raise RuntimeError("in the third epoch")
            return super()._one_epoch(run)

    one = trial(context, trainable=Fails)
    first, second = one.train(), one.train()
    assert (first["epoch"], [row["epoch"] for row in first["earlier"]]) == (2, [1])
    assert second["failure"] == "RuntimeError: in the third epoch"


def test_nothing_is_begun_past_the_next_rung(context):
    one = trial(dataclasses.replace(context, rungs=RungEpochs((1, 2))))
    horizons = []
    for _ in range(3):
        one.train()
        horizons.append(one._horizon(one._run))
    assert horizons == [2, 3, 3]
