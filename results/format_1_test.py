"""A folder that version 0.1.0 wrote still opens, resumes, is reused from, refit and worked up."""

import zipfile
from pathlib import Path

import pytest

from analysis.pipeline.real_sweep import postprocessing
from analysis.pipeline.steps import postprocess
from analysis.sweep_folder import SweepFolder
from jobs import refit
from orchestrator.config import Budget, Sweep
from orchestrator.driver import execution
from orchestrator.process.exit_code import exit_code
from orchestrator.request import parse
from orchestrator.scheduling.finished_trials import FinishedTrials
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.stand_ins import ListJournal
from results.journal.open_journal import journal_of
from results.paths import Paths
from results.schema import TRIALS
from results.store import Store

FOLDER = Path(__file__).parent / "format_1" / "old.zip"

SLOW = {"architecture": "CCPCCPCCPF", "learning_rate": 0.1, "epochs": 4, "batch_size": 2}
COMMON = {"epochs": 4, "batch_size": 16}
QUESTION = Sweep(
    name="old",
    question="Does a folder of version 0.1.0 still open?",
    space={"width": 0.06, "preprocessing": "plain", "precision": "float32"},
    budget=Budget(trials=6, grace_epochs=3, reduction_factor=2),
    search="grid",
    embedded=280,
    configurations=(
        {"architecture": "CPF", "learning_rate": 0.02, **COMMON},
        {"architecture": "CPF", "learning_rate": 1e-9, **COMMON},
        {"architecture": "CPF", "learning_rate": 0.3, **COMMON},
        {"architecture": "CPF", "learning_rate": 1e6, **COMMON},
        SLOW,
        {"architecture": "CPFF", "learning_rate": 0.01, **COMMON},
    ),
)
ENDED_BY = {
    "8db0972db4": "epochs",
    "bb1b5ab64d": "rung",
    "85d1cc0240": "epochs",
    "b5f10455b4": "diverged",
    "2225457c2d": "time",
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATOR_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("RAY_ADDRESS", raising=False)
        yield


@pytest.fixture
def results(tmp_path):
    with zipfile.ZipFile(FOLDER) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_it_opens_and_says_as_data_what_it_said_in_sentences(results):
    folder = SweepFolder(Store(results / "old"))
    assert dict(zip(folder.trials["trial"], folder.trials["ended_by"], strict=True)) == ENDED_BY
    assert (folder.source.path, folder.source.embedded, folder.source.seed) == (None, 280, 0)
    assert folder.candidates() == ("8db0972db4", "85d1cc0240")


def test_its_journal_adds_up_to_the_same_ends(results):
    events = journal_of(Store(results / "old")).read()
    entries = Ledger(ListJournal(), events).entries.values()
    assert {entry.trial: entry.ended_by for entry in entries} == ENDED_BY
    assert [entry.trial for entry in entries if entry.pending] == ["2225457c2d"]


def test_its_finished_trials_are_reused_by_another_sweep(results):
    finished = FinishedTrials(Store(results), Store(results / "new"))
    trial = finished("8db0972db4")
    assert (trial.sweep, trial.status, trial.ended_by) == ("old", "completed", "epochs")
    assert [row["epoch"] for row in trial.rows] == [1, 2, 3, 4]
    assert (results / "new" / Paths().weight("8db0972db4")).is_file()
    assert [finished(name) for name in ("2225457c2d", "bb1b5ab64d", "b5f10455b4")] == [None] * 3


def test_it_is_refit(results, capsys, monkeypatch):
    monkeypatch.setattr("orchestrator.driver.dry_run.measure", lambda planned: {})
    assert refit.main([str(results / "old"), "--top=2", "--dry-run"]) == 0
    assert "1 stopped by its time budget, 1 not begun" in capsys.readouterr().err


@pytest.mark.slow  # by default jobs/postprocess_test.py works up this very folder
def test_it_is_post_processed(results):
    store = Store(results / "old")
    postprocess(postprocessing(store, explain=7)[0])
    roles = store.read_table(Paths().members)["role"].to_pylist()
    assert any(role.startswith("member") for role in roles)
    assert store.exists(Paths().report)


@pytest.mark.ray
def test_it_is_resumed_where_it_stopped_and_nothing_is_trained_twice(results, capsys):
    words = ["--results", str(results), "--name=old", "--resume", "--no-postprocess"]
    assert execution.run(parse([*words, "--concurrency=1"]), QUESTION) == 0
    store = Store(results / "old")
    trials = store.read_table(Paths().trials, TRIALS).to_pandas().set_index("trial")
    assert len(trials) == 6
    before = {name: cause for name, cause in ENDED_BY.items() if cause != "time"}
    assert trials["ended_by"].to_dict().items() > before.items()
    assert set(trials["ended_by"]) <= {"epochs", "rung", "diverged"}
    events = journal_of(store).read()
    late = [event for event in events if event.get("trial") == "2225457c2d"]
    epochs = [event["row"]["epoch"] for event in late if event["event"] == "epoch"]
    assert epochs == [1, 2, 2, 3]  # its stored state's row was told again, not trained again
    assert [e.get("ended_by") for e in events if e["event"] == "ended"] == [
        *[None] * 5,
        "rung",
        "rung",
    ]


@pytest.mark.parametrize("words", [["--resume"], ["--resume", "--dry-run"]])
def test_a_sweep_of_a_later_format_is_refused_in_one_sentence(results, capsys, words):
    store = Store(results / "old")
    store.write_json(Paths().sweep, store.read_json(Paths().sweep) | {"format": 3})
    request = parse(["--results", str(results), "--name=old", *words])
    assert exit_code(lambda: execution.run(request, QUESTION)) == 2
    assert refit.main([str(results / "old")]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "sweep.json has format 3, and this version" in first
    assert first == second
