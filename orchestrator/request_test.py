import copy
import dataclasses
import pickle
import shlex

import pytest

from orchestrator.errors import BadInput
from orchestrator.request import COMMAND, IN_A_JOB, SweepRequest, TimeSpan, parse, resume_command

PROGRAM = COMMAND.program

EVERYTHING = [
    "mine.py",
    "--data=/data/fer 2013.zip",
    "--split-by=folder",
    "--labels=/data/labels.csv",
    "--results=/results/o'brien",
    "--name=first",
    "--trials=40",
    "--epochs=9",
    "--set=learning_rate=1e-3..1e-1",
    "--set",
    "augmentation=flip shift",
    "--concurrency=2",
    "--gpus-per-trial=0.25",
    "--backend=jax",
    "--time-budget=1h30m",
    "--scheduler=asha",
    "--seed=7",
    "--seeds=5",
    "--dry-run",
    "--resume",
    "--go-on",
    "--warm-start",
    "--hang-after=90s",
    "--no-postprocess",
    "--accept-changed-code",
    "--address=auto",
    "--list",
]


def test_nothing_said_is_the_quickstart_with_everything_left_open():
    assert parse([]) == SweepRequest()
    assert SweepRequest().question == "quickstart"


def test_every_flag_is_heard():
    assert parse(EVERYTHING) == SweepRequest(
        question="mine.py",
        data="/data/fer 2013.zip",
        split_by="folder",
        labels="/data/labels.csv",
        results="/results/o'brien",
        name="first",
        trials=40,
        epochs=9,
        settings={"learning_rate": "1e-3..1e-1", "augmentation": "flip shift"},
        concurrency=2,
        gpus_per_trial=0.25,
        backend="jax",
        time_budget=TimeSpan("1h30m"),
        scheduler="asha",
        seed=7,
        seeds=5,
        dry_run=True,
        resume=True,
        go_on=True,
        warm_start=True,
        postprocess=False,
        accept_changed_code=True,
        address="auto",
        hang_after=TimeSpan("90s"),
        list_questions=True,
    )
    defaults = SweepRequest()
    request = parse(EVERYTHING)
    fields = [f.name for f in dataclasses.fields(SweepRequest) if f.name != "again"]  # other jobs'
    assert [name for name in fields if getattr(request, name) == getattr(defaults, name)] == []


def test_every_flag_explains_itself():
    assert all(action.help for action in COMMAND.parser()._actions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("0.5h", 1800), ("1d", 86400)],
)
def test_times_are_read_and_remember_how_they_were_written(text, expected):
    span = parse([f"--time-budget={text}"]).time_budget
    assert span == expected
    assert str(span) == f"{span}" == text
    assert str(pickle.loads(pickle.dumps(span))) == str(copy.deepcopy(span)) == text


BAD = [
    (["--trials", "0"], "--trials 0: expected a whole number of at least 1"),
    (["--epochs", "-3"], "--epochs -3: expected a whole number of at least 1"),
    (["--concurrency", "0"], "--concurrency 0: expected a whole number of at least 1"),
    (["--trials", "many"], "argument --trials: invalid int value: 'many'; --help lists"),
    (["--gpus-per-trial", "-0.1"], "--gpus-per-trial -0.1: expected a share from 0 to 1"),
    (["--gpus-per-trial", "1.5"], "--gpus-per-trial 1.5: expected a share from 0 to 1"),
    (["--gpus-per-trial", "nan"], "--gpus-per-trial nan: expected a share from 0 to 1"),
    (["--seed", "-1"], "--seed -1: expected a whole number from 0 to 2147483647"),
    (["--seed", str(2**31)], "--seed 2147483648: expected a whole number from 0 to 2147483647"),
    (["--set", "learning_rate"], "--set learning_rate: expected KEY=VALUE"),
    (["--set", "=3"], "--set =3: expected KEY=VALUE"),
    (["--name", "a/b"], "--name 'a/b': expected letters, digits"),
    (["--name", ".."], "--name '..': expected letters, digits"),
    (["--name", ""], "--name '': expected letters, digits"),
    (["--data", ""], "--data '': expected a text; is a variable of the shell empty?"),
    (["--results="], "--results '': expected a text"),
    (["--address="], "--address '': expected a text"),
    *(
        (["--time-budget", text], f"--time-budget {text}: expected a time such as 90s")
        for text in ("30", "m", "0s", "30min", "1h 30m", "")
    ),
    (["--frobnicate"], "unrecognized arguments: --frobnicate; --help lists what there is"),
    (["--tri", "3"], "unrecognized arguments: --tri"),
    (["one", "two"], "unrecognized arguments: two"),
    (["--seed"], "argument --seed: expected one argument"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_refused_with_a_sentence(words, sentence):
    with pytest.raises(BadInput) as refusal:
        parse(words)
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize("words", [[], EVERYTHING, ["architectures", "--data=-odd name"]])
def test_the_command_that_resumes_asks_for_the_same(words):
    request = parse(words)
    command = resume_command(request, "first-2")
    program, rest = command[: len(PROGRAM)], command[len(PROGRAM) :]
    assert program == PROGRAM
    again = parse(shlex.split(rest))
    expected = dataclasses.replace(
        request, name="first-2", resume=True, go_on=False, dry_run=False, list_questions=False
    )
    assert again == expected


def test_the_command_that_resumes_says_no_more_than_is_needed():
    command = resume_command(parse(["--seed", "3"]), "quickstart-2")
    assert command == f"{PROGRAM} quickstart --name=quickstart-2 --seed=3 --resume"


def test_inside_a_submitted_job_the_way_on_is_to_submit_it_again(monkeypatch):
    monkeypatch.setenv(IN_A_JOB, "{}")
    assert resume_command(parse([]), "first") == "the same job, submitted again under a new id"
