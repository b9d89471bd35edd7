import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis.repeats.finalists import finalists
from analysis.sweep_folder import SweepFolder
from jobs import refit
from jobs.refit import question
from orchestrator.config import TrialConfig
from orchestrator.data.cache.open_faces import open_faces
from orchestrator.process.backend import is_installed
from orchestrator.search.space import SearchSpace
from orchestrator.testing.stand_ins import tiny
from results.journal.file_journal import Journal
from results.paths import Paths
from results.schema import EPOCHS, TRIALS, table
from results.store import Store

OLD = Path(__file__).parents[1] / "results" / "format_1" / "old.zip"
"""A sweep that version 0.1.0 trained on 280 drawn faces."""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """Drawn faces are cached among the tests' own files."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def first(tmp_path):
    """Writes the folder of a first sweep, on drawn faces; rows name what differs."""

    def write(*rows, planned=None, data=None):
        store = Store(tmp_path / "runs" / "first")
        digest = open_faces(None, embedded=140, cache=Path(os.environ["ORCHESTRATOR_CACHE"])).digest
        data_set = {"path": "embedded faces (140)", "digest": digest, "classes": ["cross", "glad"]}
        planned = len(rows) if planned is None else planned
        record = {"name": "first", "trials": planned, "data": data_set | (data or {})}
        store.write_json(Paths().sweep, record)
        plain = tiny().to_flat() | {"status": "completed", "epochs_trained": 9, "epochs": 9}
        plain |= {"precision": "float32", "validation_accuracy": 0.5, "reason": "", "data": digest}
        full = [plain | {"trial": f"t{i}", "number": i} | row for i, row in enumerate(rows)]
        store.write_table(Paths().trials, table(TRIALS, full))
        store.write_table(Paths().epochs, table(EPOCHS, []))
        return tmp_path / "runs" / "first"

    return write


def three(first, **more):
    rows = [
        {"learning_rate": 0.1, "validation_accuracy": 0.5, "epochs": 12},
        {"learning_rate": 0.2, "validation_accuracy": 0.7, "status": "pruned", "seed": 2},
        {"learning_rate": 0.3, "validation_accuracy": 0.6},
    ]
    return first(*rows, **more)


def refused(capsys, words):
    """What `main` says to words that cannot be used: one line, no traceback, code 2."""
    assert refit.main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


# --- what is asked ---------------------------------------------------------------------------


def test_every_finalist_with_every_seed_to_the_end(first):
    folder = SweepFolder(Store(three(first)))
    sweep = question(folder, finalists(folder, 2), [1, 3])
    assert sweep.budget.early_stopping is False
    assert (sweep.name, sweep.budget.trials, sweep.embedded) == ("first-refit", 4, 140)
    rows = list(SearchSpace.of(sweep.space, sweep.configurations).grid())
    assert [(r["learning_rate"], r["seed"], r["epochs"]) for r in rows] == [
        (0.2, 1, 12),
        (0.3, 1, 12),
        (0.2, 3, 12),
        (0.3, 3, 12),
    ]
    kept = {k: v for k, v in tiny().to_flat().items() if k not in ("seed", "epochs", "data")}
    kept |= {"precision": "float32", "learning_rate": 0.2}
    assert {key: rows[0][key] for key in kept} == kept


def dry(monkeypatch, capsys, *words):
    """A dry run whose measuring process answers at once; gives what it printed."""
    speed = '{"CPF": {"images_per_second": 100.0, "parameters": 5, "precision": "float32"}}'

    measuring = (sys.executable, "-c", f"print({speed!r})")
    monkeypatch.setattr("orchestrator.driver.dry_run.MEASURE", measuring)
    assert refit.main([*map(str, words), "--dry-run"]) == 0
    return capsys.readouterr()


def test_a_dry_run_names_the_finalists_the_seeds_and_the_folder(first, monkeypatch, capsys):
    folder = three(first, planned=5)
    out, err = dry(monkeypatch, capsys, folder, "--top", 2)
    assert err.splitlines()[:-1] == [  # the last says what is measured
        "finalists of first, by validation accuracy",
        "   1  0.7000  pruned after 9 epochs             learning_rate=0.2",
        "   2  0.6000  completed after 9 epochs          learning_rate=0.3",
        "note: first is not finished (2 not begun); the finalists are the best so far",
    ]
    assert "first-refit: How good are the 2 best of first over 3 seeds?" in out
    assert "grid, at most 6 trials" in out
    assert "none: every trial runs to its last epoch" in out
    assert "seed                   1 | 3 | 4\n" in out  # the first sweep used 0 and 2
    assert "epochs                 12\n" in out
    assert out.splitlines()[-1] == f"{folder}-refit"
    assert not folder.with_name("first-refit").exists()


def test_flags_change_seeds_epochs_name_and_number(first, monkeypatch, capsys):
    words = ["--top", 9, "--seeds", 1, "--epochs", 4, "--name", "last", "--time-budget", "30m"]
    folder = three(first)
    out, err = dry(monkeypatch, capsys, folder, *words)
    assert "note: first has 3 different configurations, not 9" in err
    assert "not finished" not in err
    assert "epochs                 4\n" in out
    assert "seed                   1\n" in out
    assert "ended by --time-budget after 30 min at most" in out
    assert out.splitlines()[-1] == str(folder.with_name("last"))


@pytest.mark.parametrize(
    ("recorded", "words", "line"),
    [
        (None, [], "tensorflow (as asked for)"),
        ("jax", [], "jax (as asked for)"),
        ("jax", ["--backend=tensorflow"], "tensorflow (as asked for)"),
    ],
)
def test_finalists_compute_with_what_the_sweep_did(
    first, monkeypatch, capsys, recorded, words, line
):
    if not is_installed("jax"):
        pytest.skip("asks for JAX")
    folder = three(first)
    record = json.loads((folder / Paths().sweep).read_text())
    (folder / Paths().sweep).write_text(json.dumps(record | {"backend": recorded}))
    out, _ = dry(monkeypatch, capsys, folder, *words)
    assert f"backend    {line}\n" in out


def test_trials_that_ran_out_of_time_make_a_sweep_unfinished(first, monkeypatch, capsys):
    late = {"status": "stopped_early", "ended_by": "time", "learning_rate": 0.7}
    folder = first({}, late, {"status": "running", "learning_rate": 0.9})
    _, err = dry(monkeypatch, capsys, folder)
    assert "not finished (1 interrupted or running, 1 stopped by its time budget)" in err


# --- what cannot be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--top", 0], "--top 0: expected a whole number of at least 1"),
        (["--seeds", 0], "--seeds 0: expected a whole number of at least 1"),
        (["--epochs", 0], "--epochs 0: expected a whole number of at least 1"),
        (["--top", "many"], "invalid int value: 'many'"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["--concurrency", 0], "--concurrency 0: expected a whole number of at least 1"),
        (["--gpus-per-trial", 2], "--gpus-per-trial 2.0: expected a share from 0 to 1"),
        (["--time-budget", "soon"], "--time-budget soon: expected a time such as"),
        (["--name", "a/b"], "--name 'a/b': expected letters"),
        (["--name", "first"], "--name first is the sweep itself"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_bad_words_are_one_line_and_code_2(words, sentence, first, capsys):
    folder = three(first)
    assert sentence in refused(capsys, [folder, *words])
    assert [f.name for f in folder.parent.iterdir()] == ["first"]


def test_what_is_no_sweep_s_folder_is_refused(tmp_path, capsys):
    assert "does not exist; give the folder of a sweep" in refused(capsys, [tmp_path / "none"])
    assert "is no sweep's folder: it has no sweep.json" in refused(capsys, [tmp_path])
    (tmp_path / "file").touch()
    assert "is a file; give the folder of a sweep" in refused(capsys, [tmp_path / "file"])
    assert "nope://a is no place that results can go to" in refused(capsys, ["nope://a/b"])
    assert "names no sweep; expected the URI" in refused(capsys, ["s3://bucket"])
    assert "no.where is relative; on a cluster" in refused(capsys, ["no.where", "--address=auto"])


@pytest.mark.parametrize(
    ("place", "results", "names"),
    [
        ("s3://bucket/runs/first", "s3://bucket/runs", ("first", "first-refit")),
        ("s3://bucket/a/b/?scheme=http&x=/y", "s3://bucket/a?scheme=http&x=/y", ("b", "b-refit")),
    ],
)
def test_a_uri_keeps_its_settings(place, results, names):
    places = refit._places(refit.COMMAND.read([place]))
    assert (places.results, (places.first, places.second)) == (results, names)


def test_the_command_that_goes_on_says_the_same(first):
    folder = three(first).rename(three(first).with_name("a b"))
    words = [str(folder), "--top=2", "--epochs=4", "--time-budget=1h", "--no-postprocess"]
    words += ["--name=last", "--concurrency=2", "--hang-after=5m"]
    request = refit.COMMAND.read([*words, "--dry-run"])
    opened = SweepFolder(Store(folder))
    made = refit._sweep_request(request, refit._places(request), opened)
    assert made.again.startswith(f"python -m jobs.refit '{folder}' ")
    assert refit.COMMAND.read(shlex.split(made.again)[3:]) == refit.COMMAND.read(words)
    assert (made.name, made.epochs, made.go_on, made.dry_run) == ("last", 4, True, True)
    assert (made.concurrency, str(made.hang_after), made.postprocess) == (2, "5m", False)


def test_a_sweep_without_a_finished_trial_is_refused(first, capsys):
    folder = first({"status": "running"}, {"status": "failed"})
    assert "has no finished trial (1 running, 1 failed)" in refused(capsys, [folder])
    nothing = first({"validation_accuracy": None})
    assert "has no trial with a validation accuracy" in refused(capsys, [nothing])


def test_a_refit_of_which_nothing_finished_has_no_table_and_says_so(first, tmp_path, capsys):
    folder = SweepFolder(Store(three(first)))
    nothing = Store(first({"status": "failed"}))
    here = refit.Places(str(tmp_path / "runs"), "first", "first")
    refit._conclude(finalists(folder, 1), here)
    assert capsys.readouterr().err.startswith("note: no table over seeds: ")
    assert not nothing.exists(Paths().seeds)


def test_other_data_than_the_first_sweep_s_are_refused(first, capsys):
    folder = three(first, data={"digest": "0" * 64})
    error = refused(capsys, [folder])
    assert "the embedded data set has digest" in error
    assert "first was made on 000000000000: the data changed" in error


# --- from beginning to end -------------------------------------------------------------------


BACKEND = "jax" if is_installed("jax") else "tensorflow"
"""The one that a process imports in half of the time; it is started three times."""


def words_of(sweep, *more):
    words = ["--no-postprocess", "--concurrency=1", f"--backend={BACKEND}"]
    return [str(sweep), *map(str, more), *words]


def finished_elsewhere(sweep, place, seed):
    """Put beside a sweep another that has trained its finalist of that place with that seed.

    It is the sweep itself, its best trial under the other's signature.
    """
    folder = SweepFolder(Store(sweep))
    best, wanted = (finalists(folder, place)[n - 1] for n in (1, place))
    changed = {"seed": seed, "epochs": best.epochs, "data": folder.digest}
    signature = TrialConfig.from_flat({**wanted.settings, **changed}).signature()
    other = Store(sweep.with_name("elsewhere"))
    shutil.copytree(sweep, other.root)
    for name, schema in ((Paths().trials, TRIALS), (Paths().epochs, EPOCHS)):
        rows = other.read_table(name, schema).to_pylist()
        own = [row | {"trial": signature} for row in rows if row["trial"] == best.trial]
        if schema is TRIALS:
            own = [row | {"backend": BACKEND} for row in own]
        other.write_table(name, table(schema, own))
    for file in (Paths().weight, Paths().prediction):
        Path(other.root, file(best.trial)).rename(Path(other.root, file(signature)))
    return signature


def kill_twice(words, folder):
    """Start a refit, SIGKILL its worker after an epoch, and the driver after three more."""
    words = [sys.executable, "-m", "jobs.refit", *words]
    driver = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_epochs(1, folder, driver)
    (log,) = (folder / Paths().logs).glob("worker-*.log")
    os.kill(int(log.stem.removeprefix("worker-")), signal.SIGKILL)
    wait_for_epochs(4, folder, driver)
    driver.kill()
    driver.wait()


def wait_for_epochs(count, folder, driver):
    until = time.monotonic() + 100
    while len(events(folder, "epoch")) < count and time.monotonic() < until:
        assert driver.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)


def events(folder, kind):
    return [event for event in Journal(folder / Paths().journal).read() if event["event"] == kind]


def _leaves_what_it_promises(sweep):
    for trial in pd.read_parquet(sweep / Paths().trials)["trial"]:
        assert (sweep / Paths().weight(trial)).is_file()
        assert len(pd.read_parquet(sweep / Paths().prediction(trial))) == 28
    for name in (Paths().sweep, Paths().epochs, Paths().tensorboard, Paths().logs):
        assert (sweep / name).exists()


@pytest.mark.ray
@pytest.mark.faults
def test_a_killed_refit_goes_on_and_trains_nothing_that_another_sweep_has(tmp_path, capfd):
    shutil.unpack_archive(OLD, tmp_path)
    sweep, folder = tmp_path / "old", tmp_path / "old-refit"
    elsewhere = finished_elsewhere(sweep, place=2, seed=2)
    words = words_of(sweep, "--top=2", "--seeds=2")

    kill_twice(words, folder)
    assert refit.main(words) == 0

    out, err = capfd.readouterr()
    assert out.splitlines()[-1] == str(folder)
    trials = pd.read_parquet(folder / Paths().trials)
    assert trials["learning_rate"].tolist() == [0.02, 1e-9, 0.02, 1e-9]
    assert trials["seed"].tolist() == [1, 1, 2, 2]
    assert trials["status"].tolist() == [*["completed"] * 3, "reused"]
    assert trials["trial"].tolist()[-1] == elsewhere
    assert elsewhere not in [event["trial"] for event in events(folder, "epoch")]
    epochs = pd.read_parquet(folder / Paths().epochs)
    assert len(epochs) == 16
    assert not epochs.duplicated(["trial", "epoch"]).any()
    assert len(events(folder, "died")) == 1
    _leaves_what_it_promises(folder)

    seeds = pd.read_parquet(folder / Paths().seeds)
    means = trials.groupby("learning_rate")["validation_accuracy"].mean()
    assert seeds["mean"].tolist() == pytest.approx(sorted(means, reverse=True))
    assert seeds["n"].tolist() == [2, 2]
    text = (folder / Paths().seeds_text).read_text()
    assert "# old-refit: finalists over several seeds" in text
    assert text in err

    assert refit.main(words_of(sweep, "--top=1", "--seeds=1")) == 2
    error = capfd.readouterr().err
    assert "is now" in error
    assert "start under another --name" in error
