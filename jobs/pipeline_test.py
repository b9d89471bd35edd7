import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.pipeline.postprocess_request import COMMAND as POSTPROCESS
from jobs.pipeline import PASS_ON_S, PipelineStep, Runner, main, parse, steps
from orchestrator.errors import BadInput
from orchestrator.request import parse as parse_request
from results.journal.open_journal import journal_of
from results.paths import Paths
from results.schema import SEEDS
from results.store import Store

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Is a tiny net any good?",
        space={"architecture": "CPF", "epochs": 1, "precision": "float32",
               "learning_rate": tune.grid_search([0.01, 0.03])},
        budget=Budget(trials=2),
        search="grid",
        embedded=140,
    )
"""


@pytest.fixture(autouse=True)
def outside_of_a_cluster(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    file = tmp_path_factory.mktemp("question") / "tiny.py"
    file.write_text(QUESTION)
    return str(file)


def lines(*words):
    return {step.name: step.line for step in steps(parse(words))}


# --- what is asked ---------------------------------------------------------------------------


def test_the_steps_stand_in_their_order_each_with_a_command_of_its_own(question):
    words = [
        question,
        "--data=/shared/f.zip",
        "--results=/shared/r",
        "--address=auto",
        "--trials=9",
    ]
    assert lines(*words) == {
        "prepare": "python -m jobs.prepare --data=/shared/f.zip",
        "sweep": f"python -m jobs.sweep {shlex.quote(question)} --address=auto --no-postprocess"
        " --data=/shared/f.zip --results=/shared/r --name=tiny --trials=9 --go-on",
        "postprocess": "python -m jobs.postprocess /shared/r/tiny --split=validation"
        " --data=/shared/f.zip --address=auto",
        "refit": "python -m jobs.refit /shared/r/tiny --top=3 --seeds=3"
        " --data=/shared/f.zip --address=auto --no-postprocess",
        "postprocess of the refit": "python -m jobs.postprocess /shared/r/tiny-refit --split=test"
        " --data=/shared/f.zip --address=auto",
    }


def test_test_images_are_read_by_the_last_step_alone(question):
    commands = lines(question, "--results=/r")
    assert [name for name, line in commands.items() if "split=test" in line] == [list(commands)[-1]]
    commands = lines(question, "--results=/r", "--no-refit")
    assert list(commands) == ["sweep", "postprocess"]
    assert "/r/tiny --split=test" in commands["postprocess"]


def test_every_step_s_own_parser_takes_its_words(question):
    words = [question, "--results=s3://b/r?region=x", "--name", "n", "--top", "2", "--seeds=5"]
    step_words = {step.name: step.words for step in steps(parse([*words, "--concurrency=2"]))}
    request = parse_request(step_words["sweep"])
    assert (request.name, request.go_on, request.postprocess) == ("n", True, False)
    assert POSTPROCESS.read(step_words["postprocess"]).request.split == "validation"
    assert step_words["refit"][:4] == (
        "s3://b/r/n?region=x",
        "--top=2",
        "--seeds=5",
        "--concurrency=2",
    )
    assert step_words["postprocess of the refit"][0] == "s3://b/r/n-refit?region=x"


def test_a_backend_is_the_sweep_s_and_its_refit_s_and_what_follows_reads_the_record(question):
    commands = lines(question, "--results=/r", "--backend=jax")
    named = {name for name, line in commands.items() if "--backend=jax" in line}
    assert named == {"sweep", "refit"}


def test_without_data_or_address_nothing_is_prepared_and_the_sweep_stays_here(question):
    commands = lines(question, "--results=/r")
    assert "prepare" not in commands
    assert commands["sweep"].startswith("python -m orchestrator.sweep ")


def test_inside_a_cluster_s_job_every_step_joins_the_cluster(question, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    commands = lines(question, "--results=/r")
    assert "prepare" not in commands
    assert commands["sweep"].startswith("python -m jobs.sweep ")
    assert all("--address=auto" in line for line in commands.values())


def test_a_sweep_that_cannot_be_read_is_not_taken_for_worked_up(question, tmp_path):
    words = [question, f"--results={tmp_path}", "--no-refit"]
    (step,) = [step for step in steps(parse(words)) if step.name == "postprocess"]
    Store(tmp_path / "tiny").write_bytes(Paths().sweep, b"no record")
    assert step.done() is False


def test_without_postprocessing_there_is_training_alone(question):
    assert list(lines(question, "--results=/r", "--no-postprocess")) == ["sweep", "refit"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--top", "0"], "--top 0: expected a whole number of at least 1"),
        (["--seeds", "-1"], "--seeds -1: expected a whole number of at least 1"),
        (["--trials", "0"], "--trials 0"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["--address=auto", "--results=r"], "--results r is relative; on a cluster"),
        (["quikstart"], "no sweep is called 'quikstart'"),
        (["--name", "a/b"], "expected letters"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_cannot_be_is_refused_before_anything_is_started(words, sentence, capsys):
    with pytest.raises(BadInput, match=sentence):
        parse(words)
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_credentials_in_a_place_are_refused_and_not_repeated(question, capsys):
    assert main([question, "--results=s3://me:hush@b/r", "--address=auto"]) == 2
    output = capsys.readouterr().err
    assert "credentials" in output
    assert "hush" not in output


def test_a_rehearsal_prints_every_command_and_starts_none(question, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("orchestrator.driver.dry_run.measure", lambda planned: {})
    assert main([question, f"--results={tmp_path}/r", "--dry-run"]) == 0
    output = capsys.readouterr().err
    assert [line.partition(":")[0] for line in output.splitlines() if ": python" in line] == [
        "sweep",
        "postprocess",
        "refit",
        "postprocess of the refit",
    ]
    assert "--dry-run" not in output
    assert not (tmp_path / "r").exists()


# --- running ---------------------------------------------------------------------------------


@pytest.fixture
def a_step(tmp_path, monkeypatch):
    """Makes a step of a few lines of Python."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(code):
        (tmp_path / "made_for_a_test.py").write_text(code)
        return PipelineStep("step", "made_for_a_test", ())

    return make


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_a_step_s_exit_code_is_kept(a_step, code, expected, capfd):
    with Runner() as runner:
        assert runner.run(a_step(code)) == expected
    assert not runner.asked_to_end
    assert capfd.readouterr().err == "\nstep: python -m made_for_a_test\n"


def test_a_sigterm_reaches_a_step_that_got_none_and_the_step_is_waited_for(
    a_step, tmp_path, monkeypatch
):
    monkeypatch.setitem(PASS_ON_S, signal.SIGTERM, 0.5)
    left = tmp_path / "left"
    step = a_step(
        "import os, pathlib, signal, time\n"
        "def end(*_): raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "os.kill(os.getppid(), signal.SIGTERM)\n"
        "try: time.sleep(60)\n"
        f"except KeyboardInterrupt: time.sleep(0.2); pathlib.Path({str(left)!r}).touch(); exit(130)"
    )
    began = time.monotonic()
    before = signal.getsignal(signal.SIGTERM)
    with Runner() as runner:
        assert runner.run(step) == 130
    assert runner.asked_to_end
    assert left.exists()
    assert 0.7 < time.monotonic() - began < 20
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_step_that_ends_by_itself_after_a_ctrl_c_gets_no_second_signal(a_step):
    step = a_step(
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(1)\nexit(130)"
    )
    with Runner() as runner:
        assert runner.run(step) == 130
    assert runner.asked_to_end


def test_the_first_failing_step_s_code_is_the_pipeline_s(question, tmp_path, capfd):
    words = [question, f"--results={tmp_path}", "--set", "epcohs=3"]
    assert main(words) == 2
    output = capfd.readouterr()
    assert output.out == ""
    assert "epcohs" in output.err
    assert output.err.endswith("sweep: ended with exit code 2\n")
    assert "jobs.postprocess" not in output.err


# --- all of it -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run_through(question, tmp_path_factory):
    """An interrupted pipeline, the same command again, and once more."""
    folder = tmp_path_factory.mktemp("whole")
    words = [sys.executable, "-m", "jobs.pipeline", question, "--results", str(folder / "results")]
    words += ["--top", "1", "--seeds", "2", "--concurrency", "2"]
    around = {**os.environ, "ORCHESTRATOR_CACHE": str(folder / "cache")}
    around.pop("RAY_ADDRESS", None)
    first = subprocess.Popen(words, stdout=-1, stderr=-1, text=True, env=around)
    journal = folder / "results" / "tiny" / Paths().journal
    until = time.monotonic() + 120
    while time.monotonic() < until and first.poll() is None:
        if journal.exists() and '"begun"' in journal.read_text():
            break
        time.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    out, err = first.communicate(timeout=120)
    runs = [(first.returncode, out, err)]
    for _ in range(2):
        done = subprocess.run(words, capture_output=True, text=True, env=around, timeout=600)
        runs.append((done.returncode, done.stdout, done.stderr))
    return folder / "results", runs


@pytest.mark.ray
@pytest.mark.slow
def test_an_interrupted_pipeline_says_how_to_go_on(run_through, question):
    _, [(code, _, err), *_] = run_through
    assert code == 130, err
    assert "interrupted at: sweep; go on with:\n  python -m jobs.pipeline " + question in err


@pytest.mark.ray
@pytest.mark.slow
def test_the_same_command_goes_on_to_the_report_on_test_images(run_through):
    results, [_, (code, out, err), _] = run_through
    assert code == 0, err
    assert out.splitlines()[-1] == str(results / "tiny-refit")
    assert (results / "tiny-refit" / Paths().report).exists()
    assert len(Store(results / "tiny-refit").read_table(Paths().seeds, SEEDS)) == 1
    reads = {
        name: (results / name / Paths().test_reads).exists() for name in ("tiny", "tiny-refit")
    }
    assert reads == {"tiny": False, "tiny-refit": True}
    events = journal_of(Store(results / "tiny")).read()
    rows = [(e["trial"], e["row"]["epoch"]) for e in events if e["event"] == "epoch"]
    assert len(rows) == len(set(rows)) == 2


@pytest.mark.ray
@pytest.mark.slow
def test_a_pipeline_that_is_done_has_nothing_to_do(run_through):
    results, [_, _, (code, out, err)] = run_through
    assert code == 0, err
    complete = [line for line in err.splitlines() if "nothing" in line]
    assert complete[:2] == [
        "sweep: complete, nothing to do",
        "postprocess: complete, nothing to do",
    ]
    assert complete[-1] == "postprocess of the refit: complete, nothing to do"
    assert out.splitlines()[-1] == str(results / "tiny-refit")
    assert Path(out.splitlines()[-1]).is_dir()
