import math
import time

import pytest

from orchestrator.config import TrialConfig
from orchestrator.monitor import tables
from orchestrator.monitor.tables import TableWriter
from orchestrator.plan import Question
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.store import Store

QUESTION = Question(sweep="first", validation_n=100, majority=0.25, classes=7)


def sweep(tmp_path, seconds=0.0):
    ledger = Ledger(ListJournal())
    return ledger, Store(tmp_path), TableWriter(Store(tmp_path), QUESTION, ledger, seconds)


def ask(ledger, trial):
    ledger.asked(trial, TrialConfig(precision="float32").to_flat(), len(ledger.entries))


def stored(store):
    return store.read_table(Paths().trials, TRIALS), store.read_table(Paths().epochs, EPOCHS)


def test_tables_follow_the_ledger(tmp_path):
    ledger, store, view = sweep(tmp_path)
    view.keep_up()
    assert [t.num_rows for t in stored(store)] == [0, 0]
    ask(ledger, "a")
    ledger.epoch("a", row(1, math.nan), {})
    time.sleep(0.01)
    view._next = 0.0
    view.keep_up()
    trials, epochs = stored(store)
    assert trials["status"].to_pylist() == ["running"]
    assert math.isnan(epochs["validation_accuracy"][0].as_py())


def test_nothing_is_written_without_news_or_before_it_is_time(tmp_path):
    ledger, store, view = sweep(tmp_path, seconds=100)
    view.keep_up()
    store.delete(Paths().trials)
    view.keep_up()
    ask(ledger, "a")
    view.keep_up()
    assert not store.exists(Paths().trials)
    view.write()
    assert stored(store)[0].num_rows == 1


def test_large_tables_are_written_rarely(tmp_path, monkeypatch):
    _, _, view = sweep(tmp_path, seconds=3.0)
    clock = iter([100.0, 101.0])  # writing took a second
    monkeypatch.setattr(tables.time, "monotonic", lambda: next(clock))
    view.write()
    assert view._next == 101.0 + 1.0 / tables.SHARE_OF_TIME == 151.0


def test_after_a_writing_that_failed_the_next_comes_when_it_is_due(tmp_path):
    _, store, view = sweep(tmp_path, seconds=100)
    blocked = tmp_path / Paths().epochs
    blocked.mkdir()
    with pytest.raises(OSError, match="directory"):
        view.keep_up()
    blocked.rmdir()
    view.keep_up()
    assert not store.exists(Paths().epochs)
    view._next = 0.0
    view.keep_up()
    assert store.exists(Paths().epochs)


def test_a_kill_between_the_two_leaves_no_trial_without_its_rows(tmp_path, monkeypatch):
    ledger, store, view = sweep(tmp_path)
    ask(ledger, "a")
    view.write()
    ledger.epoch("a", row(1, 0.5), {})
    write = Store.write_table
    killed = iter([None, KeyboardInterrupt()])

    def write_or_die(self, name, content):
        if problem := next(killed):
            raise problem
        write(self, name, content)

    monkeypatch.setattr(Store, "write_table", write_or_die)
    try:
        view.write()
    except KeyboardInterrupt:
        trials, epochs = stored(store)
    assert (trials["epochs_trained"].to_pylist(), epochs.num_rows) == ([0], 1)
