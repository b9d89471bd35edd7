import dataclasses
import logging
import shlex
import shutil
import signal
import sys

import pytest

from orchestrator import plan, sweep
from orchestrator.driver import execution
from orchestrator.driver.local_files import LocalFiles
from orchestrator.driver.run import SweepRun
from orchestrator.errors import BadInput
from orchestrator.request import COMMAND, parse
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.stand_ins import ListJournal
from results.journal.file_journal import Journal
from results.paths import Paths

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
    monkeypatch.setattr(execution, "_with_ray", interrupt_with(how))
    words = [question, "--results", str(results), "--set", "head=1024 512", "--no-postprocess"]
    assert sweep.main(words) == 130
    out, err = capfd.readouterr()
    assert out == f"{results / 'tiny'}\n"
    assert events(results / "tiny") == ["begun", "interrupted"]
    lines = err.splitlines()
    (first,) = [i for i, line in enumerate(lines) if line.startswith("interrupted after ")]
    assert lines[first].endswith(" s: 0 of 1 trials had ended, 0 were under way")
    assert lines[first + 1 : first + 3] == ["no accuracy had been measured", "go on with:"]
    again = pasted(err)
    assert (again.question, again.name, again.resume) == (question, "tiny", True)
    assert (again.settings, again.postprocess) == ({"head": "1024 512"}, False)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_the_second_sweep_of_a_name_is_resumed_under_its_own(question, results, capfd, monkeypatch):
    monkeypatch.setattr(
        execution, "_with_ray", interrupt_with(lambda: signal.raise_signal(signal.SIGINT))
    )
    for expected in ("tiny", "tiny-2"):
        sweep.main([question, "--results", str(results)])
        assert pasted(capfd.readouterr().err).name == expected


def test_an_unexpected_error_is_one_line_here_and_a_traceback_in_the_log(
    question, results, capfd, monkeypatch
):
    def with_ray(work):
        raise RuntimeError("Ray would not start\nand said so at length")

    monkeypatch.setattr(execution, "_with_ray", with_ray)
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


def test_a_deleted_folder_ends_the_run_and_leaves_what_it_goes_on_from(
    question, results, capfd, monkeypatch
):
    def with_ray(work):
        work.journal.append({"event": "begun", "sweep": work.planned.name})
        work.planned.store.write_bytes(Paths().sweep, b"{}")
        with execution._sweep_file_kept(work.planned.store):
            shutil.rmtree(results / "tiny")
            work.journal.append({"event": "asked"})

    monkeypatch.setattr(execution, "_with_ray", with_ray)
    assert sweep.main([question, "--results", str(results)]) == 1
    err = capfd.readouterr().err
    assert "journal.jsonl was deleted with its folder while the sweep was running; it was" in err
    assert pasted(err).resume
    assert events(results / "tiny") == ["begun", "asked"]
    assert (results / "tiny" / Paths().sweep).read_bytes() == b"{}"


def test_bad_input_that_only_ray_can_tell_is_code_2(question, results, capfd, monkeypatch):
    def with_ray(work):
        raise execution.BadInput("there is no GPU here")

    monkeypatch.setattr(execution, "_with_ray", with_ray)
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

    monkeypatch.setattr(execution, "train", train)
    words = [question, "--results", str(results), "--set", "precision=float32"]
    assert sweep.main(words) == 130
    assert raised == [KeyboardInterrupt]  # Ray's handler raises SystemExit
    assert events(results / "tiny") == ["begun", "interrupted"]
    assert pasted(capfd.readouterr().err).name == "tiny"


# --- the end ---------------------------------------------------------------------------------


def ledger_of(*ends, journal=None):
    ledger = Ledger(journal or ListJournal())
    for number, end in enumerate(ends):
        config = {"architecture": "CPF", "preprocessing": "plain", "learning_rate": 0.01}
        ledger.asked(f"trial {number}", config, number)
        if end:
            ledger.ended(f"trial {number}", **end)
    return ledger


def work_on(request):
    planned = plan.make(request)
    return SweepRun(request, planned, ListJournal(), LocalFiles(planned.store), sys.stderr)


COMPLETED = {"ended_by": "epochs", "reason": "all epochs done"}
FAILED = {"ended_by": "failure", "reason": "raised an error", "error": "ValueError: x"}
OUT_OF_TIME = {"ended_by": "time", "reason": "time budget 1m", "resumable": True}
INTERRUPTED = FAILED | {"ended_by": "interrupted", "resumable": True}


@pytest.mark.parametrize(
    ("ends", "code", "sentence"),
    [
        ([COMPLETED, FAILED], 0, "failed: 001-CPF-plain-trial 1: ValueError: x"),
        ([FAILED, FAILED], 1, "error: no trial succeeded"),
        ([], 1, "error: no trial succeeded"),
        ([OUT_OF_TIME], 0, "time is up; go on with:"),
        ([COMPLETED, {}], 0, "1 trials unfinished, 0 not begun: time is up; go on with:"),
        ([COMPLETED | {"reused_from": "older"}], 0, "1 trial: 1 reused"),
        ([INTERRUPTED, COMPLETED], 0, "0 not begun: the disk or the store failed them; go on"),
    ],
)
def test_the_code_says_whether_anything_succeeded(ends, code, sentence, question, results, capsys):
    request = parse([question, "--results", str(results), "--no-postprocess"])
    assert execution._finish(work_on(request), ledger_of(*ends)) == code
    assert sentence in capsys.readouterr().err


def test_without_post_processing_a_sweep_ends_with_where_to_look(question, results, capsys):
    request = parse([question, "--results", str(results), "--no-postprocess"])
    assert execution._finish(work_on(request), ledger_of(COMPLETED)) == 0
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"TensorBoard  tensorboard --logdir {results}/tiny/tensorboard",
        "time         0 s",
    ]


@pytest.mark.parametrize("code", [0, 3])
def test_post_processing_comes_last_and_its_failure_is_said(
    code, question, results, capsys, monkeypatch
):
    commands = []

    def run(words, err):
        commands.append(words)
        return code

    monkeypatch.setattr(execution, "_have_run", run)
    request = parse([question, "--results", str(results)])
    assert execution._finish(work_on(request), ledger_of(COMPLETED)) == (1 if code else 0)
    assert commands == [[sys.executable, "-P", "-m", "jobs.postprocess", str(results / "tiny")]]
    err = capsys.readouterr().err
    assert ("post-processing failed" in err) == bool(code)
    assert err.endswith("time in all  0 s\n") == (code == 0)


def test_without_a_finished_trial_nobody_is_sent_to_post_process_again(
    question, results, capsys, monkeypatch
):
    monkeypatch.setattr(execution, "_have_run", lambda words, err: 1)  # it has said why
    request = parse([question, "--results", str(results), "--time-budget", "1m"])
    pruned = {"ended_by": "rung", "reason": "rung 1"}
    assert execution._finish(work_on(request), ledger_of(pruned)) == 1
    assert "post-processing failed" not in capsys.readouterr().err


def test_a_quick_question_is_worked_up_quickly_unless_it_is_about_data_of_one_s_own(
    question, results, monkeypatch
):
    commands = []
    monkeypatch.setattr(execution, "_have_run", lambda words, err: commands.append(words) or 0)
    work = work_on(parse([question, "--results", str(results)]))
    quick = dataclasses.replace(work.planned.sweep, quick=True)
    work = dataclasses.replace(work, planned=dataclasses.replace(work.planned, sweep=quick))
    execution._postprocess(work)
    of_data = dataclasses.replace(work.request, data="faces.zip")
    execution._postprocess(dataclasses.replace(work, request=of_data))
    assert [words[5:] for words in commands] == [["--quick"], []]


@pytest.mark.parametrize("by", [KeyboardInterrupt(), SystemExit(15)])
def test_a_signal_that_ray_takes_while_it_starts_is_an_interruption_too(
    by, question, results, capsys, monkeypatch
):
    def starts(work):
        raise by  # Ray's own handler of SIGTERM ends with SystemExit

    monkeypatch.setattr(execution, "_with_ray", starts)
    work = work_on(parse([question, "--results", str(results)]))
    assert execution._sweep(work) == 130
    assert [event["event"] for event in work.journal.events] == ["interrupted"]
    assert f"go on with:\n  {work.again}" in capsys.readouterr().err


@pytest.mark.parametrize("trained", [False, True])
def test_what_was_trained_is_kept_is_said_only_where_something_was(
    trained, question, results, capsys, monkeypatch
):
    def with_ray(work):
        if trained:
            row = {"validation_accuracy": 0.25, "validation_loss": 1.0, "epoch": 1}
            ledger_of({}, journal=work.journal).epoch("trial 0", row, {})
        raise ModuleNotFoundError("No module named 'torch'")

    monkeypatch.setattr(execution, "_with_ray", with_ray)
    work = work_on(parse([question, "--results", str(results)]))
    assert execution._sweep(work) == 1
    kept = "what was trained is kept" if trained else "nothing was trained yet"
    assert capsys.readouterr().err.splitlines()[-3:] == [
        f"error: ModuleNotFoundError: No module named 'torch'; see {results}/tiny/logs/driver.log",
        f"{kept}; go on with:",
        f"  {work.again}",
    ]


def test_an_address_in_the_environment_is_not_followed_and_named(
    question, results, capsys, monkeypatch
):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    monkeypatch.setattr("ray.is_initialized", lambda: True)  # ends it where Ray would start
    work = work_on(parse([question, "--results", str(results)]))
    with pytest.raises(BadInput, match="has a Ray already"):
        execution._sweep(work)
    note = "note: RAY_ADDRESS (10.0.0.1:6379) is not used; --address auto joins that cluster"
    assert note in capsys.readouterr().err.splitlines()


def test_an_interruption_says_what_had_been_reached(question, results, capsys, monkeypatch):
    work = work_on(parse([question, "--results", str(results)]))
    row = {"validation_accuracy": 0.25, "validation_loss": 1.0}

    def with_ray(work):
        ledger = ledger_of(COMPLETED, {}, journal=work.journal)
        ledger.epoch("trial 1", row | {"epoch": 1}, {})
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "_with_ray", with_ray)
    assert execution._sweep(work) == 130
    _, count, best, tables, *_ = capsys.readouterr().err.splitlines()
    assert count.endswith(": 1 of 1 trials had ended (1 completed), 1 were under way")
    what = "validation accuracy 0.2500 after epoch 1: CPF, plain"
    assert best == f"best so far: {what} (trial trial 1)"
    assert tables == f"tables: {results}/tiny/trials.parquet, {results}/tiny/epochs.parquet"


def test_what_the_store_warns_of_is_shown_while_the_sweep_runs(capsys):
    log = logging.getLogger("results.storage.retry")
    with execution.warnings_to(sys.stderr):
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
    monkeypatch.setattr(execution, "LAST_WORDS_S", 0.5)
    with (tmp_path / "err").open("w") as err, pytest.raises(KeyboardInterrupt):
        execution._have_run([sys.executable, "-c", LAST_WORDS], err)
    assert (tmp_path / "err").read_text() == "go on with this\n"
