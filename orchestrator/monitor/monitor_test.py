import io
import time
from pathlib import Path

import pytest

from orchestrator import plan
from orchestrator.monitor import monitor
from orchestrator.monitor.monitor import Monitor
from orchestrator.monitor.tables import TableWriter
from orchestrator.monitor.tensorboard import TensorBoardRuns
from orchestrator.request import parse
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.limits import Limits
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.scheduling.schedulers.asha import Asha
from orchestrator.scheduling.schedulers.halving import halving
from orchestrator.scheduling.schedulers.trial_scheduler import Setup as SchedulerSetup
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.strategy import Setup
from orchestrator.testing.scripted import Stage, completed, failing
from orchestrator.testing.stand_ins import ListJournal
from results.journal.event_journal import Busy
from results.paths import Paths
from results.schema import TRIALS
from results.store import Store

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which rate suits a tiny net?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.grid_search([0.05, 0.09, 0.01, 0.02]),
            "preprocessing": tune.grid_search(["plain"]),
            "epochs": 3,
        },
        budget=Budget(trials=4),
        search="grid",
        embedded=140,
    )
"""


class Recorder(TensorBoardRuns):
    """A dashboard that also keeps what it was called with."""

    def __init__(self, folder):
        super().__init__(folder)
        self.calls = []

    def start_trial(self, trial, name, config):
        self.calls.append(("start", trial))
        super().start_trial(trial, name, config)

    def epoch(self, trial, row):
        self.calls.append(("epoch", trial, row["epoch"]))
        super().epoch(trial, row)

    def end_trial(self, trial, status, reason="", row=None):
        self.calls.append(("end", trial, status))
        super().end_trial(trial, status, reason, row)

    def images(self, tag, images, labels=(), step=0):
        self.calls.append(("images", tag, len(images)))
        super().images(tag, images, labels, step)


class Broken(Recorder):
    def epoch(self, trial, row):
        raise OSError(28, "No space left on device")


def rising(config):
    if config.learning_rate == 0.02:
        return failing([])
    return completed([config.learning_rate * 10 * t / 3 for t in (1, 2, 3)])


class Show:
    """A sweep without Ray, watched as `sweep.py` has it watched."""

    def __init__(self, tmp_path, dashboard=Recorder, journal=None, kind=Asha):
        (tmp_path / "tiny.py").write_text(QUESTION)
        words = [str(tmp_path / "tiny.py"), "--results", str(tmp_path / "results")]
        self.plan = plan.with_precision(plan.make(parse(words)), "float32")
        journal = journal or ListJournal()
        self.ledger = Ledger(journal, journal.read())
        tickets = len(self.ledger.entries)
        rule = kind(SchedulerSetup(self.plan.rungs, 3, self.plan.most_epochs, 4))
        self.scheduler = Scheduler(
            base=self.plan.base,
            ledger=self.ledger,
            strategy=SEARCHES["grid"](Setup(self.plan.space, given=tickets)),
            rule=rule,
            limits=Limits(trials=4),
        )
        self.store = self.plan.store
        self.tables = TableWriter(self.store, self.plan.question, self.ledger, seconds=0.0)
        self.dashboard = dashboard(Path(self.plan.folder) / Paths().tensorboard)
        self.err = io.StringIO()
        self.monitor = Monitor(self.plan, self.scheduler, self.tables, self.dashboard, self.err)

    def play(self):
        with self.monitor:
            self.scheduler.take_up()
            Stage(rising).play(self.scheduler)
            self.monitor()
        return self


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))


def test_every_trial_is_shown_from_its_beginning_to_its_end(tmp_path):
    show = Show(tmp_path).play()
    trials = {e.config["learning_rate"]: e.trial for e in show.ledger.entries.values()}
    calls = [event for event in show.dashboard.calls if event[0] != "images"]
    assert [event[1:] for event in calls if event[0] == "end"] == [
        (trials[0.05], "completed"),
        (trials[0.09], "completed"),
        (trials[0.01], "pruned"),
        (trials[0.02], "failed"),
    ]
    assert calls[:5] == [
        ("start", trials[0.05]),
        *[("epoch", trials[0.05], t) for t in (1, 2, 3)],
        ("end", trials[0.05], "completed"),
    ]


def test_a_trial_that_waits_has_its_numbers_on_the_dashboard_and_is_begun_again(tmp_path):
    show = Show(tmp_path, kind=halving).play()
    trials = {e.config["learning_rate"]: e.trial for e in show.ledger.entries.values()}
    best = [event for event in show.dashboard.calls if event[1] == trials[0.09]]
    assert ("end", trials[0.09], "paused") in best
    went_on = best[best.index(("end", trials[0.09], "paused")) + 1 :]
    assert went_on[:2] == [("start", trials[0.09]), ("epoch", trials[0.09], 2)]
    assert went_on[-1] == ("end", trials[0.09], "completed")
    worse = [event[2] for event in show.dashboard.calls if event[:2] == ("end", trials[0.05])]
    assert worse == ["paused", "pruned"]


def test_tables_are_complete_at_the_end_whatever_ended_it(tmp_path):
    show = Show(tmp_path)

    def interrupted():
        with show.monitor:
            Stage(rising).play(show.scheduler, results=5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    statuses = show.store.read_table(Paths().trials, TRIALS)["status"].to_pylist()
    assert statuses == ["completed", "running"]


def test_who_was_taken_for_dead_leaves_the_tables_to_its_successor(tmp_path):
    show = Show(tmp_path)
    with pytest.raises(Busy), show.monitor:
        raise Busy("sweep tiny is already being written by another process")
    assert not show.store.exists(Paths().trials)


def test_two_faces_of_each_class_are_shown_under_each_variant_once(tmp_path):
    journal = ListJournal()
    show = Show(tmp_path, journal=journal).play()
    images = [call for call in show.dashboard.calls if call[0] == "images"]
    assert images == [("images", "samples/plain", 14)]


def test_a_trial_that_was_condemned_before_a_kill_gets_its_end_on_the_dashboard(tmp_path):
    first = Show(tmp_path).play()
    events = first.ledger._journal.events
    at = next(i for i, e in enumerate(events) if e["event"] == "rung" and not e["keep"])
    resumed = Show(tmp_path, journal=ListJournal(events[: at + 1])).play()
    trial = events[at]["trial"]
    calls = [e for e in resumed.dashboard.calls if e[1] == trial]
    assert calls == [("start", trial), ("end", trial, "pruned")]


def test_a_view_that_fails_ends_no_training_and_is_said_once(tmp_path, capsys):
    show = Show(tmp_path, dashboard=Broken).play()
    assert sorted(e.status for e in show.ledger.entries.values()) == [
        "completed",
        "completed",
        "failed",
        "pruned",
    ]
    (said,) = [line for line in show.err.getvalue().splitlines() if line.startswith("note:")]
    assert said == (
        "note: TensorBoard could not be brought up to date (OSError: [Errno 28] No space left on "
        "device); training goes on"
    )
    assert capsys.readouterr().err.count("Traceback") == 7  # in the log: one for each epoch


def test_a_trial_whose_states_are_damaged_says_how_many_epochs_it_trains_again(tmp_path):
    show = Show(tmp_path)
    with show.monitor:
        config = show.scheduler.next_trial()
        trial, rows = config.signature(), rising(config)
        # Taken up as it was, then without states.
        for result in (rows[0], rows[1], rows[1], rows[0]):
            show.scheduler.goes_on(trial, result)
    (said,) = [line for line in show.err.getvalue().splitlines() if line.startswith("note:")]
    assert said.startswith("note: 000-lr_0.05-")
    assert said.endswith("it goes on from its state after epoch 1; it had told 2")


def test_failing_tables_are_said_at_once_and_raised_at_the_end(tmp_path, monkeypatch, capsys):
    show = Show(tmp_path)

    def full(self, name, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        show.play()
    assert "note: tables could not be brought up to date" in show.err.getvalue()
    assert len(show.ledger.entries) == 4


def test_a_snapshot_counts_every_trial_once(tmp_path):
    show = Show(tmp_path)
    Stage(rising).play(show.scheduler, results=7)  # 3 + 3 + pruned at its first rung
    config = show.scheduler.next_trial()
    show.scheduler.started(config.signature())
    snapshot = show.monitor.snapshot()
    assert (snapshot.planned, snapshot.finished, snapshot.pruned, snapshot.failed) == (4, 2, 1, 0)
    (running,) = snapshot.running
    assert (running.number, running.name, running.epoch, running.epochs, running.rung) == (
        3,
        "lr 0.02",
        0,
        3,
        1,
    )
    assert snapshot.best.name == "lr 0.09 (trial 1)"
    assert snapshot.best.accuracy == pytest.approx(0.9)
    assert snapshot.best.n == show.plan.question.validation_n
    assert snapshot.rungs == "1: 2 of 3"


def test_the_time_left_is_never_more_than_the_time_budget(tmp_path):
    show = Show(tmp_path)
    Stage(rising).play(show.scheduler, results=4)
    assert show.monitor.snapshot().eta_seconds == pytest.approx(2 * 2.0 + 2 * 6.0, abs=6.1)
    object.__setattr__(show.scheduler.limits, "deadline", time.monotonic() + 1.5)
    assert show.monitor.snapshot().eta_seconds == pytest.approx(1.5, abs=0.2)


def test_looking_becomes_rarer_when_it_takes_long(tmp_path, monkeypatch):
    show = Show(tmp_path)
    clock = iter([10.0, 11.0])
    monkeypatch.setattr(TableWriter, "keep_up", lambda self: None)
    monkeypatch.setattr(Monitor, "snapshot", lambda self: None)
    monkeypatch.setattr(show.monitor._progress, "update", lambda snapshot: None)
    monkeypatch.setattr(monitor.time, "monotonic", lambda: next(clock))
    show.monitor()
    assert show.monitor._next == 11.0 + 1.0 / 0.02
