import logging
import os
import shlex
import signal
import sys

import pytest

from orchestrator import sweep, sweeps
from orchestrator.driver.local_files import LocalFiles
from orchestrator.driver.run import SweepRun
from orchestrator.request import COMMAND, parse
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.stand_ins import ListJournal
from results.journal.file_journal import Journal
from results.paths import Paths

QUESTION = """
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Is a tiny net any good?",
        space={"architecture": "CPF", "epochs": 1},
        budget=Budget(trials=1),
        embedded=140,
    )
"""


@pytest.fixture
def question(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "a tiny question.py"
    file.write_text(QUESTION)
    return str(file)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def refused(capsys, words):
    """What `main` says to words that cannot be used: one line, no traceback, code 2."""
    assert sweep.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    "words",
    [
        ["--trials", "0"],
        ["--concurrency", "-1"],
        ["--gpus-per-trial", "2"],
        ["--time-budget", "soon"],
        ["--name", "a/b"],
        ["--set", "epochs"],
        ["--set", "epcohs=3"],
        ["--set", "optimizer=newton"],
        ["--set", "architecture=CPX"],
        ["--frobnicate"],
        ["quikstart"],
        ["nowhere.py"],
        ["--data", "nowhere.csv"],
        ["--address", "auto"],
        ["--resume"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_code_2(words, question, results, capsys):
    if "--address" not in words:
        words = [*words, "--results", str(results)]
    refused(capsys, words)
    assert not results.exists()


def test_unknown_settings_and_sweeps_list_the_known_ones(results, capsys):
    assert "learning_rate" in refused(capsys, ["--set", "epcohs=3", "--results", str(results)])
    message = refused(capsys, ["quikstart"])
    assert all(name in message for name in sweeps.SWEEPS)


def test_results_that_cannot_be_written_are_refused(question, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    message = refused(capsys, [question, "--results", str(tmp_path / "file" / "below")])
    assert "cannot be written (Not a directory); choose a folder that can" in message


def test_a_store_that_gives_no_answer_is_one_line_and_code_1(question, capsys, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "0")
    place = "s3://bucket/runs?endpoint_override=127.0.0.1:9&scheme=http&region=eu-central-1"
    assert sweep.main([question, "--results", place]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: OSError: ")
    assert err.count("\n") == 1


def test_a_sweep_that_is_being_written_is_refused(question, results, capsys):
    with Journal(results / "tiny" / Paths().journal):
        message = refused(capsys, [question, "--results", str(results), "--name", "tiny"])
    assert f"already being written by process {os.getpid()}" in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "sweep.json is no whole JSON text"),
        ('{"identity": ', "sweep.json is no whole JSON text"),
        ("[]", "is damaged"),
        ('{"identity": {"seed": 0}}', "is damaged (it lacks 'space')"),
    ],
)
def test_a_damaged_record_is_refused(text, sentence, question, results, capsys):
    folder = results / "tiny"
    folder.mkdir(parents=True)
    (folder / Paths().journal).touch()
    (folder / Paths().sweep).write_text(text)
    message = refused(capsys, [question, "--results", str(results), "--resume"])
    assert sentence in message
    assert "put a copy of it back, or start under another --name" in message
    assert "delete" not in message


def test_the_list_names_every_sweep_with_its_question(capsys):
    assert sweep.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(sweeps.SWEEPS)
    assert all(line.endswith("?") for line in lines)


def test_a_dry_run_leaves_nothing_and_ends_with_the_folder(question, results, capsys, monkeypatch):
    monkeypatch.setattr("orchestrator.driver.dry_run.measure", lambda planned: {})
    assert sweep.main([question, "--dry-run", "--results", str(results)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(results / "tiny")
    assert not results.exists()


# --- interruptions and failures --------------------------------------------------------------


def events(folder):
    return [event["event"] for event in Journal(folder / Paths().journal).read()]


def pasted(err):
    """The command that the terminal was told to go on with, as a request."""
    (line,) = [line.strip() for line in err.splitlines() if COMMAND.program in line]
    return parse(shlex.split(line.removeprefix(COMMAND.program)))


def interrupt_with(how):
    def with_ray(work):
        work.journal.append({"event": "begun", "sweep": work.planned.name})
        how()
        raise AssertionError("nothing was raised")

    return with_ray


@pytest.mark.parametrize(
    "how",
    [
        lambda: signal.raise_signal(signal.SIGINT),
        lambda: signal.raise_signal(signal.SIGTERM),
    ],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_an_interruption_is_written_down_and_says_how_to_go_on(
    how, question, results, capfd, monkeypatch
):
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sweep, "_with_ray", interrupt_with(how))
    words = [question, "--results", str(results), "--set", "head=1024 512", "--no-postprocess"]
    assert sweep.main(words) == 130
    out, err = capfd.readouterr()
    assert out == f"{results / 'tiny'}\n"
    assert events(results / "tiny") == ["begun", "interrupted"]
    again = pasted(err)
    assert (again.question, again.name, again.resume) == (question, "tiny", True)
    assert (again.settings, again.postprocess) == ({"head": "1024 512"}, False)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_the_second_sweep_of_a_name_is_resumed_under_its_own(question, results, capfd, monkeypatch):
    monkeypatch.setattr(
        sweep, "_with_ray", interrupt_with(lambda: signal.raise_signal(signal.SIGINT))
    )
    for expected in ("tiny", "tiny-2"):
        sweep.main([question, "--results", str(results)])
        assert pasted(capfd.readouterr().err).name == expected


def test_an_unexpected_error_is_one_line_here_and_a_traceback_in_the_log(
    question, results, capfd, monkeypatch
):
    def with_ray(work):
        raise RuntimeError("Ray would not start\nand said so at length")

    monkeypatch.setattr(sweep, "_with_ray", with_ray)
    with open(2, "w", closefd=False) as terminal:  # pytest's own is not file descriptor 2
        monkeypatch.setattr(sys, "stderr", terminal)
        assert sweep.main([question, "--results", str(results)]) == 1
    out, err = capfd.readouterr()
    log = results / "tiny" / Paths().logs / "driver.log"
    assert f"error: RuntimeError: Ray would not start; see {log}\n" in err
    assert "Traceback" not in err
    assert pasted(err).resume
    assert out.splitlines()[-1] == str(results / "tiny")
    assert "and said so at length" in log.read_text()


def test_bad_input_that_only_ray_can_tell_is_code_2(question, results, capfd, monkeypatch):
    def with_ray(work):
        raise sweep.BadInput("there is no GPU here")

    monkeypatch.setattr(sweep, "_with_ray", with_ray)
    assert sweep.main([question, "--results", str(results)]) == 2
    assert capfd.readouterr() == ("", "error: there is no GPU here\n")


@pytest.mark.ray
@pytest.mark.faults
def test_termination_reaches_us_although_ray_has_a_handler_of_its_own(
    question, results, capfd, monkeypatch
):
    raised = []

    def train(work, resources):  # Ray has started, and has put its handler in place of ours
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException as error:
            raised.append(type(error))
            raise

    monkeypatch.setattr(sweep, "train", train)
    words = [question, "--results", str(results), "--set", "precision=float32"]
    assert sweep.main(words) == 130
    assert raised == [KeyboardInterrupt]  # Ray's handler raises SystemExit
    assert events(results / "tiny") == ["begun", "interrupted"]
    assert pasted(capfd.readouterr().err).name == "tiny"


# --- the end ---------------------------------------------------------------------------------


def ledger_of(*ends):
    ledger = Ledger(ListJournal())
    for number, end in enumerate(ends):
        config = {"architecture": "CPF", "preprocessing": "plain", "learning_rate": 0.01}
        ledger.asked(f"trial {number}", config, number)
        if end:
            ledger.ended(f"trial {number}", **end)
    return ledger


def work_on(request):
    planned = sweep.plan.make(request)
    return SweepRun(request, planned, ListJournal(), LocalFiles(planned.store), sys.stderr)


COMPLETED = {"ended_by": "epochs", "reason": "all epochs done"}
FAILED = {"ended_by": "failure", "reason": "raised an error", "error": "ValueError: x"}
OUT_OF_TIME = {"ended_by": "time", "reason": "time budget 1m", "resumable": True}
INTERRUPTED = FAILED | {"ended_by": "interrupted", "resumable": True}


@pytest.mark.parametrize(
    ("ends", "code", "sentence"),
    [
        ([COMPLETED, FAILED], 0, "failed: 001-CPF-plain-lr0.01-trial 1: ValueError: x"),
        ([FAILED, FAILED], 1, "error: no trial succeeded"),
        ([], 1, "error: no trial succeeded"),
        ([OUT_OF_TIME], 0, "time is up; go on with:"),
        ([COMPLETED, {}], 0, "1 trials unfinished, 0 not begun: time is up; go on with:"),
        ([COMPLETED | {"reused_from": "older"}], 0, "1 trials: 1 reused"),
        ([INTERRUPTED, COMPLETED], 0, "0 not begun: the disk or the store failed them; go on"),
    ],
)
def test_the_code_says_whether_anything_succeeded(ends, code, sentence, question, results, capsys):
    request = parse([question, "--results", str(results), "--no-postprocess"])
    assert sweep._finish(work_on(request), ledger_of(*ends)) == code
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 3])
def test_post_processing_comes_last_and_its_failure_is_said(
    code, question, results, capsys, monkeypatch
):
    commands = []

    def run(words, err):
        commands.append(words)
        return code

    monkeypatch.setattr(sweep, "_have_run", run)
    request = parse([question, "--results", str(results)])
    assert sweep._finish(work_on(request), ledger_of(COMPLETED)) == (1 if code else 0)
    assert commands == [[sys.executable, "-m", "jobs.postprocess", str(results / "tiny")]]
    assert ("post-processing failed" in capsys.readouterr().err) == bool(code)


@pytest.mark.parametrize("by", [KeyboardInterrupt(), SystemExit(15)])
def test_a_signal_that_ray_takes_while_it_starts_is_an_interruption_too(
    by, question, results, capsys, monkeypatch
):
    def starts(work):
        raise by  # Ray's own handler of SIGTERM ends with SystemExit

    monkeypatch.setattr(sweep, "_with_ray", starts)
    work = work_on(parse([question, "--results", str(results)]))
    assert sweep._sweep(work) == 130
    assert [event["event"] for event in work.journal.events] == ["interrupted"]
    assert f"go on with:\n  {work.again}" in capsys.readouterr().err


def test_what_the_store_warns_of_is_shown_while_the_sweep_runs(capsys):
    log = logging.getLogger("results.storage.retry")
    with sweep.warnings_to(sys.stderr):
        log.warning("%s does not answer", "s3://bucket")
    assert "note: s3://bucket does not answer\n" in capsys.readouterr().err
    log.warning("later")
    assert "note:" not in capsys.readouterr().err


LAST_WORDS = """
import os, signal, sys, time
def how_to_go_on(*_):
    sys.exit(print("go on with this", file=sys.stderr, flush=True))
signal.signal(signal.SIGTERM, how_to_go_on)
os.kill(os.getppid(), signal.SIGINT)
time.sleep(60)
"""


@pytest.mark.faults
def test_an_interrupt_waits_for_what_post_processing_has_to_say(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "LAST_WORDS_S", 0.5)
    with (tmp_path / "err").open("w") as err, pytest.raises(KeyboardInterrupt):
        sweep._have_run([sys.executable, "-c", LAST_WORDS], err)
    assert (tmp_path / "err").read_text() == "go on with this\n"
