import importlib
import os
import tomllib
from pathlib import Path

import pytest

from orchestrator import sweep, sweeps
from results.journal.file_journal import Journal
from results.paths import Paths


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


def test_the_console_script_is_this_command():
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    module, _, name = pyproject["project"]["scripts"]["fer-sweep"].partition(":")
    assert getattr(importlib.import_module(module), name) is sweep.main


def test_a_patience_that_is_no_number_is_refused(question, results, capsys, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "long")
    message = refused(capsys, [question, "--results", str(results)])
    assert "ORCHESTRATOR_STORE_PATIENCE must be seconds, 0 or more; found 'long'" in message


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--results=a\0b"], "--results 'a\\x00b': holds a character of code 0"),
        (["--data=a\0b"], "--data 'a\\x00b': holds a character of code 0"),
        (["--data=~nobody-here/x"], "--data '~nobody-here/x': whose home ~nobody-here is"),
        (["--name=../x"], "--name '../x': expected letters"),
        ([f"--seed={'9' * 5000}"], "invalid int value: '999"),
        (["--set", f"seed={'9' * 5000}"], "is no int; its default is 0"),
        (["--set", f"seed=0..{'9' * 5000}"], "is no int; its default is 0"),
        (["--set", f"width={'9' * 5000}"], "is out of range"),
        (["--set", "weights=a\0b"], "weights 'a\\x00b': holds a character of code 0"),
        (["--time-budget", f"{'9' * 5000}h"], "expected a time such as"),
        (["\x1b[31m.py"], "\\x1b[31m.py: no such file"),
    ],
)
def test_words_that_cannot_be_are_refused_in_a_sentence(words, sentence, results, capsys):
    assert sentence in refused(capsys, ["--results", str(results), "--dry-run", *words])


@pytest.mark.parametrize("text", ["[" * 100_000, '{"identity": {"seed": ' + "9" * 5000 + "}}"])
def test_a_record_of_any_depth_and_length_is_refused(text, question, results, capsys):
    folder = results / "tiny"
    folder.mkdir(parents=True)
    (folder / Paths().journal).touch()
    (folder / Paths().sweep).write_text(text)
    message = refused(capsys, [question, "--results", str(results), "--resume"])
    assert "sweep.json" in message
    assert len(message) < 2000
