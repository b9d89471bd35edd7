import math

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestrator.backtest.recorded_grid import RecordedGrid, read
from orchestrator.backtest.testing import recorded, rising_grid
from orchestrator.errors import BadInput
from results.schema import EPOCHS, TRIALS, table
from results.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def sweep_folder(store, trials, endings=None):
    """Tables as a sweep leaves them; endings: of the first trials, where not as recorded."""
    ended_by = [*(endings or []), *[None] * len(trials)]
    store.write_table(
        "trials.parquet",
        table(
            TRIALS,
            [
                {**t.config.to_flat(), "trial": t.trial, "ended_by": end or t.ended_by}
                for t, end in zip(trials, ended_by, strict=False)
            ],
        ),
    )
    rows = [{"trial": t.trial, **row} for t in trials for row in t.rows]
    store.write_table("epochs.parquet", table(EPOCHS, rows))


def curves_of(grid):
    return {t.trial: [row["validation_accuracy"] for row in t.rows] for t in grid.trials}


def test_a_sweep_s_folder_gives_its_whole_trials(store):
    made = rising_grid(10)
    sweep_folder(store, made.trials)
    grid = read(store)
    assert curves_of(grid) == curves_of(made)
    assert (grid.longest, grid.varied, grid.notes) == (9, ("seed",), ())


def test_trials_that_were_stopped_are_left_out_and_counted(store):
    made = rising_grid(12)
    sweep_folder(store, made.trials, ["rung", "rung", "time", "failure"])
    grid = read(store)
    assert len(grid.trials) == 8
    assert grid.notes == ("4 of 12 trials left out: stopped, failed or unfinished",)


def test_a_trial_that_lacks_an_epoch_or_its_time_is_left_out(store):
    made = rising_grid(10)
    sweep_folder(store, made.trials)
    epochs = store.read_table("epochs.parquet").to_pandas()
    epochs = epochs[~((epochs["trial"] == made.trials[0].trial) & (epochs["epoch"] == 4))]
    epochs.loc[epochs["trial"] == made.trials[1].trial, "seconds"] = math.nan
    store.write_table("epochs.parquet", pa.Table.from_pandas(epochs, EPOCHS, preserve_index=False))
    assert read(store).notes == (
        "1 of 10 trials left out: epochs are missing",
        "1 of 10 trials left out: an epoch has no time",
    )


def test_fewer_than_eight_are_refused_in_a_sentence(store, tmp_path):
    sweep_folder(store, rising_grid(9).trials, ["rung", "rung"])
    with pytest.raises(BadInput) as refusal:
        read(store)
    assert str(refusal.value) == (
        f"{tmp_path} has 7 trials that were trained to their own end; a replay takes at least 8. "
        "2 of 9 trials left out: stopped, failed or unfinished."
    )


def test_curves_alone_give_the_same_trials_again(store):
    made = rising_grid(8)
    diverged = recorded(50, [0.5, math.nan], ended_by="diverged")
    made = RecordedGrid((*made.trials, diverged))
    store.write_table("c.parquet", made.table())
    grid = read(store, "c.parquet")
    assert [t.config for t in grid.trials] == [t.config for t in made.trials]
    assert [t.ended_by for t in grid.trials] == ["epochs"] * 8 + ["diverged"]
    assert repr(curves_of(grid)) == repr(curves_of(made))
    names = pq.read_schema(f"{store.local}/c.parquet").names
    assert names == [
        "trial",
        "epoch",
        "validation_accuracy",
        "validation_loss",
        "validation_binary_accuracy",
        "seconds",
        "ended_by",
        "seed",
        "epochs",
    ]


@pytest.fixture
def curves():
    """Eight trials of three epochs, as somebody else may have written them."""
    return pd.DataFrame(
        {
            "trial": [f"t{i}" for i in range(8) for _ in range(3)],
            "epoch": [1, 2, 3] * 8,
            "validation_accuracy": 0.5,
            "seconds": 2.0,
            "learning_rate": [0.1 * (i + 1) for i in range(8) for _ in range(3)],
        }
    )


def test_five_columns_and_what_varied_are_enough(store, curves):
    curves.to_parquet(store.local / "c.parquet")
    grid = read(store, "c.parquet")
    assert (len(grid.trials), grid.longest, grid.varied) == (8, 3, ("learning_rate",))


def test_the_shorter_one_of_unknown_end_is_left_out(store, curves):
    more = curves.tail(2).assign(trial="short", learning_rate=0.01, epoch=[1, 2])
    pd.concat([curves, more]).to_parquet(store.local / "c.parquet")
    assert read(store, "c.parquet").notes == (
        "1 of 9 trials left out: stopped, failed or unfinished",
    )


def test_trials_that_nothing_tells_apart_are_refused(store, curves):
    curves.drop(columns="learning_rate").to_parquet(store.local / "c.parquet")
    with pytest.raises(BadInput, match=r"trial t1 has the same settings as another; a column is"):
        read(store, "c.parquet")


def test_a_setting_that_cannot_be_is_refused_with_its_trial(store, curves):
    curves.assign(learning_rate=curves["learning_rate"] - 0.1).to_parquet(store.local / "c.parquet")
    with pytest.raises(BadInput, match=r"c.parquet, trial t0: learning_rate=0"):
        read(store, "c.parquet")


def test_a_column_that_is_needed_is_missed_by_its_name(store, curves):
    curves.drop(columns="seconds").to_parquet(store.local / "c.parquet")
    with pytest.raises(BadInput, match=r"c.parquet has no column seconds; curves need it"):
        read(store, "c.parquet")
    curves.assign(epoch="first").to_parquet(store.local / "c.parquet")
    with pytest.raises(BadInput, match=r"c.parquet: column epoch must be int64"):
        read(store, "c.parquet")


def test_a_net_is_left_only_by_who_came_to_its_own_end():
    trial = recorded(0, [0.3, 0.6, 0.5])
    assert [trial.reached(epochs) for epochs in range(4)] == [0, 0, 0, 0.6]
    assert trial.best == 0.6
    assert recorded(0, [0.3, math.nan], ended_by="diverged").best == 0
    assert recorded(0, [0.3, 0.2], ended_by="patience").best == 0.3
