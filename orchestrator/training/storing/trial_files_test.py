import dataclasses
import math

import numpy as np
import pytest

from orchestrator.testing.stand_ins import Act, ScriptedEngine, noise, tiny
from orchestrator.training.checkpoint import Superseded
from orchestrator.training.storing.background_writer import BackgroundWriter
from orchestrator.training.storing.trial_files import TrialFiles, predictions
from orchestrator.training.training_run import TrainingRun
from results.paths import Paths
from results.schema import PREDICTIONS, table
from results.store import Store

INPUTS = noise(n=40, classes=4)
SCRIPT = (Act(right=5), Act(right=11), Act(right=9), Act(right=12))


class Waits(BackgroundWriter):
    """A writer whose thread never comes to its turn."""

    def __init__(self):
        super().__init__(3600)
        self._due = 1e9


def begun(folder, writer=None):
    run = TrainingRun(ScriptedEngine(SCRIPT), tiny(epochs=4), INPUTS)
    files = TrialFiles(Store(folder), "trial", writer or Waits())
    files.take_up(run)
    return files, run


def states(folder):
    names = Store(folder).list(Paths().checkpoint("trial"))
    return sorted(int(name.split("/")[-1][:6]) for name in names if name.endswith(".json"))


def predicted(folder):
    return Store(folder).read_table(Paths().prediction("trial"), PREDICTIONS)


def epoch(files, run, at_once=False):
    run.epoch()
    files.keep(run, at_once)


def test_what_must_be_there_at_once_is_there_and_is_the_newest(tmp_path):
    files, run = begun(tmp_path)
    files._seconds = 1.0
    for at_once in (False, False, True):
        epoch(files, run, at_once)
        assert states(tmp_path) == ([3] if at_once else [])
    assert set(predicted(tmp_path)["epoch"].to_pylist()) == {2}


def test_storing_that_takes_a_fiftieth_of_an_epoch_or_more_is_left_to_the_thread(tmp_path):
    """Of epochs of a second, 0.019 s are stored before the row is told, 0.02 s are not."""
    files, run = begun(tmp_path)
    for seconds, kept in ((0.019, [1]), (0.02, [1])):
        row = run.epoch()
        run.history[-1] = dataclasses.replace(row, seconds=1.0)
        files._seconds = seconds
        files.keep(run, at_once=False)
        assert states(tmp_path) == kept
    assert 0 < files._seconds < 1


def test_a_newer_state_takes_the_place_of_one_that_waits(tmp_path):
    writer = Waits()
    files, run = begun(tmp_path, writer)
    files._seconds = 1.0
    for _ in range(3):
        epoch(files, run)
    writer.flush()
    assert states(tmp_path) == [3]


def test_predictions_are_written_once_for_each_best_epoch(tmp_path):
    files, run = begun(tmp_path)
    place = tmp_path / Paths().prediction("trial")
    written = []
    for _ in range(4):
        epoch(files, run, at_once=True)
        written.append(place.stat().st_mtime_ns)
    assert written[0] < written[1] == written[2] < written[3]


def test_a_thread_writes_the_state_at_which_it_was_put(tmp_path):
    writer = Waits()
    files, run = begun(tmp_path, writer)
    files._seconds = 1.0
    epoch(files, run)
    job = writer._waiting
    run.epoch()
    job()
    again = begun(tmp_path)[1]
    assert len(again.history) == 1
    assert again.best_weights["weight-0000"] == 1


def test_who_is_superseded_writes_nothing(tmp_path):
    files, run = begun(tmp_path)
    begun(tmp_path)
    run.epoch()
    with pytest.raises(Superseded):
        files.keep(run, at_once=True)
    assert states(tmp_path) == []
    assert not Store(tmp_path).exists(Paths().prediction("trial"))


def test_predictions_as_columns_are_those_that_rows_would_give():
    ids = INPUTS.validation_ids
    inputs = dataclasses.replace(INPUTS, seen_ids=frozenset(map(str, ids[3:5])))
    p = np.random.default_rng(0).dirichlet(np.ones(4), len(ids))
    p[2] = math.nan
    rows = [
        {
            "image_id": str(name),
            "split": "validation",
            "label": int(label),
            "label_name": inputs.classes[label],
            "probability": share,
            "epoch": 7,
            "also_in_training": str(name) in inputs.seen_ids,
        }
        for name, label, share in zip(ids, inputs.validation_labels, p, strict=True)
    ]
    made, expected = predictions(inputs, p, 7), table(PREDICTIONS, rows)
    assert made.schema.equals(expected.schema)
    for name in expected.column_names:
        if name != "probability":
            assert made[name].equals(expected[name])
    shares, expected_shares = (each["probability"].to_pylist() for each in (made, expected))
    np.testing.assert_array_equal(shares, expected_shares)
