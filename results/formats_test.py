import pyarrow as pa
import pytest

from results import formats
from results.schema import EPOCHS, TRIALS, table
from results.settings import LATER
from results.store import DamagedResults, Store
from results.sweep_file import NewerFormat, read_sweep_file


def trial_of_format_1(status, reason, error=None, epochs_trained=3):
    """A table of one row as version 0.1.0 wrote it."""
    row = {"status": status, "reason": reason, "error": error, "epochs": 3}
    made = table(TRIALS, [row | {"trial": "a", "epochs_trained": epochs_trained}])
    return made.drop_columns(["ended_by", "backend", *LATER]).replace_schema_metadata()


@pytest.mark.parametrize(
    ("trial", "ended_by"),
    [
        (("completed", "all 3 epochs done"), "epochs"),
        (("stopped_early", "no better loss for 1 epochs", None, 2), "patience"),
        (("stopped_early", "time budget 1m spent; --resume goes on", None, 2), "time"),
        (("stopped_early", "time budget 1m spent; --resume goes on", None, 3), "time"),
        (("pruned", "rung 1: 0.1 ranks 2 of 2, the best goes on", None, 1), "rung"),
        (("failed", "train_loss is not finite at epoch 1", None, 1), "diverged"),
        (("failed", "raised an error", "ValueError: x", 1), "failure"),
        (("failed", "its process died 3 times", "gone", 1), "failure"),
        (("failed", "the disk failed it; --resume goes on", "OSError: x", 1), "interrupted"),
        (("reused", "trained before in sweep s (completed)"), "epochs"),
        (("reused", "trained before in sweep s (reused)", None, 2), "patience"),
        (("running", "", None, 1), None),
    ],
)
def test_what_ended_a_trial_of_format_1_is_worked_out_when_its_table_is_read(
    tmp_path, trial, ended_by
):
    store = Store(tmp_path)
    store.write_table("trials.parquet", trial_of_format_1(*trial))
    assert store.read_table("trials.parquet", TRIALS)["ended_by"].to_pylist() == [ended_by]


def test_a_table_of_before_there_was_a_choice_of_backends_opens(tmp_path):
    store = Store(tmp_path)
    rows = [{"trial": "a", "status": "completed", "ended_by": "patience", "backend": "jax"}]
    made = table(TRIALS, rows)
    store.write_table("new.parquet", made)
    store.write_table("old.parquet", made.drop_columns(["backend"]))
    assert store.read_table("new.parquet", TRIALS)["backend"].to_pylist() == ["jax"]
    old = store.read_table("old.parquet", TRIALS)
    assert (old["backend"].to_pylist(), old["ended_by"].to_pylist()) == ([None], ["patience"])


def test_trials_of_before_there_was_a_setting_did_what_its_default_says(tmp_path):
    store = Store(tmp_path)
    given = {"rate_scaling": "sqrt", "mixup": 0.5, "views": "flip", "sam_radius": 0.1}
    given |= {"cycle": 5, "plateau_patience": 5, "plateau_factor": 0.75}
    off = {"rate_scaling": "none", "mixup": 0.0, "views": "one", "sam_radius": 0.0}
    off |= {"cycle": 10, "plateau_patience": 10, "plateau_factor": 0.5}
    made = table(TRIALS, [{"trial": "a", "batch_size": 256, **given}])
    store.write_table("new.parquet", made)
    store.write_table("old.parquet", made.drop_columns(list(given)))
    assert store.read_table("new.parquet", TRIALS).select(list(given)).to_pylist() == [given]
    assert store.read_table("old.parquet", TRIALS).select(list(given)).to_pylist() == [off]


def test_a_table_of_now_keeps_what_it_says():
    rows = [{"trial": "a", "status": "stopped_early", "reason": "time budget 1m", "ended_by": "x"}]
    assert formats.current_table(table(TRIALS, rows))["ended_by"].to_pylist() == ["x"]
    epochs = table(EPOCHS, [])
    assert formats.current_table(epochs) is epochs


@pytest.mark.parametrize(
    ("column", "values"),
    [("reason", pa.array([3])), ("status", pa.array([["x"]])), ("epochs", pa.array([[1]]))],
)
def test_a_table_without_its_endings_and_of_other_types_is_refused(column, values, tmp_path):
    old = table(TRIALS, [{"trial": "a", "status": "completed"}]).drop_columns(["ended_by"])
    store = Store(tmp_path)
    changed = old.set_column(old.schema.get_field_index(column), column, values)
    store.write_table("trials.parquet", changed)
    with pytest.raises(DamagedResults, match=f"{column} must be|ended_by must be"):
        store.read_table("trials.parquet", TRIALS)


@pytest.mark.parametrize("number", [None, 1, 2, "2", b"1"])
def test_known_formats_are_read(number):
    assert formats.newer("f", number) == ""


@pytest.mark.parametrize("number", [3, b"3", "10", True, "new", [2], -1, 1.5])
def test_a_format_that_is_not_known_is_refused(number):
    assert "this version of the program reads formats 1 to 2" in formats.newer("f", number)


def test_a_table_of_a_later_format_is_refused_by_its_name(tmp_path):
    store = Store(tmp_path)
    later = pa.table({"trial": ["a"]}).replace_schema_metadata({"format": "3"})
    store.write_table("trials.parquet", later)
    with pytest.raises(DamagedResults, match=r"trials\.parquet has format 3, and this version"):
        store.read_table("trials.parquet")


def test_number_and_seed_of_embedded_faces_are_worked_out_of_a_sweep_json_of_format_1(tmp_path):
    store = Store(tmp_path)
    store.write_json("sweep.json", {"name": "s", "data": {"path": "embedded faces (6000)"}})
    data = read_sweep_file(store)["data"]
    assert data == {"path": "embedded faces (6000)", "embedded": 6000, "seed": 0}
    store.write_json("sweep.json", {"name": "s", "data": {"path": "/data/fer2013.zip"}})
    data = read_sweep_file(store)["data"]
    assert data == {"path": "/data/fer2013.zip", "embedded": None, "seed": None}


@pytest.mark.parametrize("value", [[], "x", {"name": "s"}])
def test_a_sweep_json_that_says_something_else_is_given_as_it_is(tmp_path, value):
    store = Store(tmp_path)
    store.write_json("sweep.json", value)
    assert read_sweep_file(store) == value


def test_a_sweep_json_of_now_is_believed_and_a_later_one_refused(tmp_path):
    store = Store(tmp_path)
    record = {"format": 2, "data": {"path": "embedded faces (70)", "embedded": 71, "seed": 5}}
    store.write_json("sweep.json", record)
    assert read_sweep_file(store) == record
    store.write_json("sweep.json", record | {"format": 3})
    with pytest.raises(NewerFormat, match=r"sweep\.json has format 3, and this version"):
        read_sweep_file(store)
