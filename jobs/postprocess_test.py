import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from analysis.comparison.testing import MadeUpFolder, wrong_at
from analysis.sweep_folder import SweepFolder
from jobs.execution.postprocess import backend_of
from jobs.postprocess import main
from orchestrator.data.cache.open_faces import open_faces
from results.paths import Paths
from results.schema import ANSWERS, CAMS
from results.store import Store

OLD = Path(__file__).parents[1] / "results" / "format_1" / "old.zip"
"""A sweep of two finished nets that version 0.1.0 trained, on 280 drawn faces."""

QUICK = ["--methods", "gradcam", "--explain", "7", "--concurrency", "1"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("ORCHESTRATOR_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory, cache):
    folder = tmp_path_factory.mktemp("sweeps")
    shutil.unpack_archive(OLD, folder)
    return folder / "old"


def command(folder, *more):
    return [sys.executable, "-m", "jobs.postprocess", str(folder), *QUICK, *more]


# --- what is asked ---------------------------------------------------------------------------


def test_a_folder_that_is_no_sweep_s_is_refused_in_one_sentence(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path} is no sweep's folder")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", ["pruned", "paused"])
def test_where_no_trial_has_finished_there_is_a_page_all_the_same(status, tmp_path, cache, capsys):
    splits = open_faces(None, embedded=140, cache=cache)
    made = MadeUpFolder(tmp_path / "u", splits)
    made.add("0u", wrong_at(splits, range(7)), status=status).written()
    assert main([str(tmp_path / "u")]) == 2
    error = capsys.readouterr().err
    assert f"has no finished trial (1 {status})" in error
    assert error.endswith(f"so far: {tmp_path}/u/report.html\n")
    assert "0.500 [" in (tmp_path / "u" / "report.html").read_text()  # 7 of 14 right


def test_a_folder_that_is_not_there_is_not_made(tmp_path, capsys):
    assert main([str(tmp_path / "absent")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert not (tmp_path / "absent").exists()


def test_a_folder_that_another_process_works_on_is_left_alone(trained, tmp_path, capsys):
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    (folder / "logs").mkdir(exist_ok=True)
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.parquet")}
    with FileLock(folder / "logs" / "postprocess.lock"):
        assert main([str(folder)]) == 2
    error = capsys.readouterr().err
    assert error == f"error: {folder} is being post-processed by another process; wait for it\n"
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.parquet")} == before


@pytest.mark.parametrize(
    ("recorded", "asked", "there", "chosen"),
    [
        (None, "auto", {"tensorflow", "jax"}, "tensorflow"),
        ("jax", "auto", {"tensorflow", "jax"}, "jax"),
        ("jax", "auto", {"tensorflow"}, "tensorflow"),  # both read the same weights
        ("tensorflow", "jax", {"tensorflow", "jax"}, "jax"),
    ],
)
def test_nets_are_read_by_what_trained_them_unless_asked_otherwise(
    trained, tmp_path, recorded, asked, there, chosen
):
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    record = json.loads((folder / Paths().sweep).read_text())
    (folder / Paths().sweep).write_text(json.dumps(record | {"backend": recorded}))
    choice = backend_of(SweepFolder(Store(folder)), asked, there.__contains__)
    assert choice.backend == chosen
    assert ("not installed" in choice.evidence) == (recorded is not None and recorded not in there)


# --- on Ray ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def interrupted(trained):
    """A first run whose worker is killed and which then gets a SIGTERM."""
    job = subprocess.Popen(
        command(trained), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    killed = False
    until = time.monotonic() + 240
    while time.monotonic() < until and job.poll() is None and not killed:
        for worker in busy_workers_of(job.pid):
            worker.kill()
            killed = True
            break
        time.sleep(0.05)
    parts = trained / Paths().parts
    while time.monotonic() < until and job.poll() is None and not list(parts.glob("explain-*")):
        time.sleep(0.05)
    job.send_signal(signal.SIGTERM)
    out, err = job.communicate(timeout=120)
    return job.returncode, out, err, killed


def busy_workers_of(pid):
    """Those at work on something: Ray names a process after the method that it runs."""
    try:
        children = psutil.Process(pid).children(recursive=True)
        return [c for c in children if any("_WorkerActor.do" in word for word in c.cmdline())]
    except psutil.Error:
        return []


@pytest.mark.ray
@pytest.mark.faults
def test_workers_may_die_and_an_interrupted_run_says_how_to_go_on(interrupted):
    code, out, err, killed = interrupted
    assert killed
    assert (code, out) == (130, "")
    assert re.search(r"interrupted after .* s; what is finished is kept; go on with:", err)
    assert "Traceback" not in err


@pytest.mark.ray
@pytest.mark.faults
def test_the_run_that_goes_on_finishes_and_the_next_has_nothing_to_do(trained, interrupted, capfd):
    assert main([str(trained), *QUICK]) == 0
    assert capfd.readouterr().out == f"{trained}\n"
    store = Store(trained)
    assert store.exists(Paths().report)
    assert len(store.read_table(Paths().answers, ANSWERS)) == 28
    assert store.read_json(Paths().postprocess)["backend"] == SweepFolder(store).backend
    assert "ensemble" in store.read_table(Paths().cams, CAMS)["member"].to_pylist()
    before = {f: f.stat().st_mtime_ns for f in trained.rglob("*") if "logs" not in f.parts}
    assert main([str(trained), *QUICK]) == 0
    out, err = capfd.readouterr()
    assert out == f"{trained}\n"
    assert "nothing to do" in err
    report, board, took = err.splitlines()[-3:]
    assert report == f"report       {trained}/report.html"
    assert board == f"TensorBoard  tensorboard --logdir {trained}/tensorboard"
    assert took.startswith("time         ")
    after = {f: f.stat().st_mtime_ns for f in trained.rglob("*") if "logs" not in f.parts}
    assert after == before


@pytest.mark.ray
def test_nothing_of_the_libraries_chatter_reaches_the_terminal(trained, interrupted):
    _, _, err, _ = interrupted
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) <= 4, lines
    assert (trained / Paths().logs / "postprocess.log").stat().st_size > 0
    assert os.listdir(trained / Paths().logs)
