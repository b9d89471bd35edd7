import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pyarrow.fs as pafs
import pytest

from analysis.sweep_folder import UNFINISHED, SweepFolder
from orchestrator.config import TrialConfig
from orchestrator.data import testing as example_layouts
from orchestrator.data.cache.open_faces import open_faces
from orchestrator.errors import BadInput
from orchestrator.testing.stand_ins import tiny
from results.schema import EPOCHS, TRIALS, table
from results.statuses import FINISHED, STATUSES
from results.store import DamagedResults, Store

REPOSITORY = Path(__file__).parents[1]
CLASSES = ["cross", "glad"]


def written(root, rows=None, data=None):
    """A sweep's folder with these trials; rows name what differs from a completed one."""
    store = Store(root)
    faces = {"path": "embedded faces (140)", "digest": "0" * 64, "classes": CLASSES}
    store.write_json(
        "sweep.json", {"name": "s", "identity": {"seed": 5}, "data": faces | (data or {})}
    )
    rows = [{}] if rows is None else rows
    plain = tiny().to_flat() | {"status": "completed"}
    full = [plain | {"trial": f"t{i}", "number": i} | row for i, row in enumerate(rows)]
    store.write_table("trials.parquet", table(TRIALS, full))
    store.write_table("epochs.parquet", table(EPOCHS, [{"trial": "t0", "epoch": 1}]))
    return store


def leave(store, trial, weights=True):
    store.write_bytes(f"predictions/{trial}.parquet", b"")
    if weights:
        store.write_bytes(f"weights/{trial}.safetensors", b"")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A cache that holds 140 embedded faces, and their digest."""
    cache = tmp_path_factory.mktemp("cache")
    return cache, open_faces(None, embedded=140, cache=cache).digest


# --- tables ----------------------------------------------------------------------------------


def test_record_and_tables_are_given(tmp_path):
    folder = SweepFolder(written(tmp_path, [{}, {"status": "pruned"}]))
    assert folder.record["identity"] == {"seed": 5}
    assert folder.classes == ("cross", "glad")
    assert folder.digest == "0" * 64
    assert folder.trials["trial"].tolist() == ["t0", "t1"]
    assert folder.epochs["epoch"].tolist() == [1]


def test_a_configuration_comes_back_in_its_types(tmp_path):
    config = TrialConfig(
        architecture="CPFF", epochs=7, batch_normalisation=False, head="", width=2.0, data="d"
    )
    # A null in a column makes pandas give its whole numbers as floats, its switches as objects.
    bare = {"status": "running"} | dict.fromkeys(("epochs", "batch_normalisation"))
    folder = SweepFolder(written(tmp_path, [config.to_flat(), bare]))
    assert folder.config("t0") == config
    assert folder.config("t0").signature() == config.signature()


def test_what_changes_nothing_is_null_and_comes_back_as_its_default(tmp_path):
    config = TrialConfig(architecture="CPFF", optimizer="adam", data="d")
    nulls = dict.fromkeys(("momentum", "augmentation", "weights", "fine_tune", "head"))
    folder = SweepFolder(written(tmp_path, [config.to_flat() | nulls]))
    assert folder.config("t0") == config


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"seed": None}, "trials.parquet, trial t0: seed is empty"),
        ({"optimizer": "sgd", "momentum": None}, "trial t0: momentum is empty"),
        ({"architecture": "vgg16", "weights": None}, "trial t0: weights is empty"),
        ({"dropout": 2.0}, "trials.parquet, trial t0: dropout=2.0 is out of range"),
    ],
)
def test_a_configuration_that_is_none_is_refused(tmp_path, row, message):
    with pytest.raises(BadInput, match=message):
        SweepFolder(written(tmp_path, [row])).config("t0")


def test_an_unknown_trial_is_refused(tmp_path):
    with pytest.raises(BadInput, match="has no trial 'other'"):
        SweepFolder(written(tmp_path)).config("other")


# --- candidates ------------------------------------------------------------------------------


def test_candidates_have_predictions_and_weights_and_the_others_a_reason(tmp_path):
    rows = [
        {"status": "completed"},
        {"status": "stopped_early"},
        {"status": "reused"},
        {"status": "pruned", "reason": "rung 1: 0.2 ranks 3 of 3"},
        {"status": "failed", "error": "out of memory"},
        {"status": "running"},
        {"status": "completed"},
        {"status": "completed"},
        {"status": "stopped_early", "ended_by": "time", "reason": "time budget 9s spent"},
    ]
    store = written(tmp_path, rows)
    for trial in ("t0", "t1", "t2", "t3", "t5"):
        leave(store, trial)
    leave(store, "t6", weights=False)
    folder = SweepFolder(store)
    assert folder.candidates() == ("t0", "t1", "t2")
    assert folder.left_out == {
        "t3": "pruned, so its weights were not kept: rung 1: 0.2 ranks 3 of 3",
        "t4": "failed: out of memory",
        "t5": "still running, or interrupted",
        "t6": "weights/t6.safetensors missing",
        "t7": "predictions/t7.parquet and weights/t7.safetensors missing",
        "t8": "not trained to its end: time budget 9s spent",
    }


def test_every_status_of_a_trial_that_has_not_finished_is_a_reason():
    assert set(UNFINISHED) == set(STATUSES) - set(FINISHED)


def test_a_prediction_of_another_split_is_no_validation_prediction(tmp_path):
    store = written(tmp_path)
    leave(store, "t0-test")
    store.write_bytes("weights/t0.safetensors", b"")
    assert SweepFolder(store).left_out == {"t0": "predictions/t0.parquet missing"}


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [[], [{"status": "pruned"}, {"status": "failed"}]])
def test_a_sweep_without_a_finished_trial_is_refused(tmp_path, rows):
    counted = "1 pruned, 1 failed" if rows else "no trials"
    with pytest.raises(DamagedResults, match=rf"no finished trial \({counted}\)"):
        SweepFolder(written(tmp_path, rows))


def test_a_folder_without_a_sweep_is_refused_and_not_made(tmp_path):
    with pytest.raises(DamagedResults, match=r"no sweep's folder: it has no sweep\.json"):
        SweepFolder(Store(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_the_folder_above_names_the_sweeps_in_it(tmp_path):
    written(tmp_path / "one")
    written(tmp_path / "two")
    with pytest.raises(DamagedResults, match="sweeps below it: one, two"):
        SweepFolder(Store(tmp_path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"name": "s", "da', "sweep.json is no whole JSON text"),
        ("[]", "sweep.json does not say on which data"),
        ('{"data": {"path": "x", "classes": ["a", "b"]}}', "sweep.json does not say on which data"),
        ('{"data": {"path": 3, "digest": "d", "classes": ["a", "b"]}}', "does not say on which"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path, content, message):
    written(tmp_path)
    (tmp_path / "sweep.json").write_text(content)
    with pytest.raises(DamagedResults, match=message):
        SweepFolder(Store(tmp_path))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"trial": "t"}, {"trial": "t"}], "two rows of one trial"),
        ([{"validation_accuracy": float("inf")}], "row 1 has validation_accuracy inf"),
        ([{}, {"architecture": "\x1b[2J"}], r"row 2 has architecture '\\x1b\[2J'"),
    ],
)
def test_values_that_no_sweep_writes_are_refused(tmp_path, rows, message):
    with pytest.raises(
        DamagedResults, match=f"trials.parquet is not as a sweep wrote it: {message}"
    ):
        SweepFolder(written(tmp_path, rows))


def test_a_damaged_table_is_refused(tmp_path):
    written(tmp_path)
    content = (tmp_path / "trials.parquet").read_bytes()
    (tmp_path / "trials.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedResults, match=r"trials.parquet .* is no whole Parquet file"):
        SweepFolder(Store(tmp_path))


# --- data ------------------------------------------------------------------------------------


def test_the_source_is_the_one_of_the_sweep(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    embedded = SweepFolder(written(tmp_path / "e")).source
    assert (embedded.path, embedded.embedded, embedded.seed) == (None, 140, 0)
    assert (embedded.cache, embedded.digest) == (str(tmp_path / "cache"), "0" * 64)
    given = SweepFolder(written(tmp_path / "g", data={"path": "faces.zip"})).source
    assert given.path == str(tmp_path / "faces.zip")
    monkeypatch.delenv("ORCHESTRATOR_CACHE")
    assert SweepFolder(Store(tmp_path / "e")).source.cache is None


def test_data_come_from_the_cache_although_their_path_is_gone(tmp_path, drawn, monkeypatch):
    cache, digest = drawn
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(cache))
    folder = SweepFolder(written(tmp_path, data={"path": "/gone.zip", "digest": digest}))
    splits = folder.open_splits()
    assert splits.digest == digest
    assert len(splits.training) + len(splits.validation) + len(splits.test) == 140
    meta = folder.source.meta(folder.digest)
    assert meta["seen_validation_ids"] == meta["seen_test_ids"] == []


def test_embedded_faces_are_drawn_again_where_the_cache_lacks_them(tmp_path, drawn, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "empty"))
    folder = SweepFolder(written(tmp_path / "s", data={"digest": drawn[1]}))
    assert folder.open_splits().digest == drawn[1]


def test_data_that_moved_are_asked_for_and_found_at_their_new_place(tmp_path, monkeypatch):
    raw = example_layouts.example()
    copy = raw.images[70]  # the first validation image
    raw.images[0] = copy
    new = tmp_path / "new.csv"
    new.write_bytes(example_layouts.fer2013_csv(raw)["fer2013.csv"])
    digest = open_faces(new, cache=tmp_path / "first").digest
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "second"))
    old = {"path": str(tmp_path / "old.csv"), "digest": digest}
    folder = SweepFolder(written(tmp_path / "s", data=old))
    with pytest.raises(BadInput, match=r"nothing was ever read .*old.csv.*give --data PATH"):
        folder.open_splits()
    assert folder.open_splits(str(new)).digest == digest
    assert len(folder.source.meta(digest)["seen_validation_ids"]) == 1


def test_data_behind_a_uri_are_read_from_there(tmp_path, monkeypatch):
    uri = f"fsspec+memory://{uuid.uuid4().hex}/fer2013.csv"
    content = example_layouts.fer2013_csv(example_layouts.example())["fer2013.csv"]
    files, place = pafs.FileSystem.from_uri(uri)
    files.create_dir(place.rpartition("/")[0])
    with files.open_output_stream(place) as stream:
        stream.write(content)
    digest = open_faces(uri, cache=tmp_path / "first").digest
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "first"))
    shutil.rmtree(tmp_path / "first" / digest)
    folder = SweepFolder(written(tmp_path / "s", data={"path": uri, "digest": digest}))
    assert folder.source.path == uri
    assert folder.open_splits().digest == digest
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "third"))
    moved = SweepFolder(written(tmp_path / "m", data={"path": "old.csv", "digest": digest}))
    assert moved.open_splits(uri).digest == digest


@pytest.mark.parametrize(
    "path", ["s3://lab/fer.csv?endpoint_override=http://127.0.0.1:9", "{}/secret.csv", "~"]
)
def test_what_a_folder_names_that_was_never_read_here_is_neither_opened_nor_asked(
    tmp_path, monkeypatch, path
):
    """The file is a data set; that it is not what is refused shows that nobody looked."""
    (tmp_path / "secret.csv").write_bytes(
        example_layouts.fer2013_csv(example_layouts.example())["fer2013.csv"]
    )
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    data = {"path": path.format(tmp_path), "digest": "0" * 64}
    folder = SweepFolder(written(tmp_path / "s", data=data))
    assert folder.path_read_before is None
    with pytest.raises(BadInput, match=r"nothing was ever read with it .*; give --data PATH"):
        folder.open_splits()
    assert not (tmp_path / "cache").exists()


def test_what_a_folder_names_that_can_be_no_path_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    folder = SweepFolder(written(tmp_path / "s", data={"path": "a\0b", "digest": "0" * 64}))
    with pytest.raises(BadInput, match="which no path has"):
        folder.open_splits()


def test_a_link_in_a_folder_is_not_followed_optuna_s_lock_is_none_of_them(tmp_path):
    store = written(tmp_path / "s")
    (tmp_path / "s" / "optuna.journal.lock").symlink_to("nowhere")
    SweepFolder(store)
    (tmp_path / "s" / "images").mkdir()
    (tmp_path / "s" / "images" / "a.png").symlink_to("/etc/passwd")
    with pytest.raises(DamagedResults, match=r"s/images/a\.png is a link; links in a results fol"):
        SweepFolder(store)


def test_other_data_are_refused(tmp_path, drawn, monkeypatch):
    other = tmp_path / "other.csv"
    other.write_bytes(example_layouts.fer2013_csv(example_layouts.example())["fer2013.csv"])
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "empty"))
    folder = SweepFolder(written(tmp_path / "s", data={"digest": drawn[1]}))
    with pytest.raises(BadInput, match=rf"other.csv has digest .* was made on {drawn[1][:12]}"):
        folder.open_splits(str(other))


def test_data_that_cannot_be_read_again_are_named_with_where_they_were_looked_for(
    tmp_path, drawn, monkeypatch
):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "empty"))
    folder = SweepFolder(written(tmp_path / "s", data={"digest": drawn[1]}))
    with pytest.raises(BadInput) as refusal:
        folder.open_splits(str(tmp_path / "gone.csv"))
    beginning = f"the data set of {tmp_path}/s (digest {drawn[1][:12]}) is not in the cache "
    assert str(refusal.value).startswith(f"{beginning}{tmp_path}/empty, and cannot be read again (")
    assert f"{tmp_path}/gone.csv" in str(refusal.value)
    assert "give --data PATH" in str(refusal.value)


def test_opening_a_sweep_needs_neither_framework_nor_ray():
    script = "import sys, analysis.sweep_folder; print(json.dumps(sorted(sys.modules)))"
    words = [sys.executable, "-c", f"import json; {script}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert not {"tensorflow", "keras", "ray"} & set(json.loads(done.stdout))
