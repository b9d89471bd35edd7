import os
import signal
import subprocess
import sys
import time

import optuna
import pytest

from orchestrator.errors import BadInput
from orchestrator.search import study
from orchestrator.search.study import open_journal


def make(file):
    return optuna.create_study(
        storage=open_journal(file), study_name="s", direction="maximize", load_if_exists=True
    )


def test_a_lock_left_by_a_killed_process_does_not_stop_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "LOCK_PATIENCE_S", 0.3)
    file = tmp_path / "optuna.journal"
    make(file).ask()
    (tmp_path / "optuna.journal.lock").touch()
    begun = time.monotonic()
    make(file).ask()
    assert time.monotonic() - begun < 5
    assert len(make(file).trials) == 2


def test_a_symbolic_lock_that_points_nowhere_is_removed_too(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "LOCK_PATIENCE_S", 0.1)
    lock = tmp_path / "optuna.journal.lock"
    lock.symlink_to("nowhere/optuna.journal")
    assert make(tmp_path / "optuna.journal").ask().number == 0
    assert not lock.is_symlink()


def test_a_lock_in_use_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "LOCK_PATIENCE_S", 0.5)
    lock = tmp_path / "optuna.journal.lock"
    lock.touch()
    busy = subprocess.Popen(
        ["sh", "-c", f"for i in 1 2 3 4 5; do sleep 0.2; touch '{lock}'; done; rm '{lock}'"]
    )
    begun = time.monotonic()
    make(tmp_path / "optuna.journal")
    busy.wait()
    assert time.monotonic() - begun > 0.8, "only the owner removed it"


def test_half_a_last_line_is_cut_before_it_is_appended_to(tmp_path):
    file = tmp_path / "optuna.journal"
    make(file).ask()
    content = file.read_bytes()
    file.write_bytes(content + b'{"op_code":4,"work')
    make(file).ask()
    assert b"work{" not in file.read_bytes()
    assert file.read_bytes().startswith(content + b'{"op_code":')
    assert len(make(file).trials) == 2


@pytest.mark.parametrize(
    "content", [b"not json\n", b'{"half\n{}\n', b"{}\n", b"[]\n", b"7\n", b"[" * 100_000 + b"\n"]
)
def test_another_file_is_refused_with_what_to_do(tmp_path, content):
    file = tmp_path / "optuna.journal"
    file.write_bytes(content)
    with pytest.raises(BadInput, match="move it away"):
        open_journal(file)


@pytest.mark.faults
def test_a_process_killed_at_any_moment_leaves_a_study_that_opens(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "LOCK_PATIENCE_S", 0.1)
    file = tmp_path / "optuna.journal"
    program = (
        "import pathlib, sys\n"
        "from orchestrator.search.study import open_journal, calm_optuna\n"
        "import optuna\n"
        "calm_optuna()\n"
        "s = optuna.create_study(storage=open_journal(pathlib.Path(sys.argv[1])),\n"
        "    study_name='s', direction='maximize', load_if_exists=True)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    t = s.ask(); t.suggest_float('x', 0, 1); s.tell(t, 0.5)\n"
    )
    seen = 0
    for kills, wait in enumerate((0.05, 0.11, 0.17), 1):
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, env=os.environ
        )
        assert child.stdout.readline() == b"ready\n"
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        trials = make(file).trials
        assert len(trials) > seen
        assert sum(not t.state.is_finished() for t in trials) <= kills
        seen = len(trials)
