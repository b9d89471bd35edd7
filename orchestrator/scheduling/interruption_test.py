"""A sweep that is killed after any of its writes, and taken up again."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from optuna.trial import TrialState

from orchestrator.monitor.rows import epoch_rows
from orchestrator.scheduling.outcome import METRIC
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup
from orchestrator.testing.scripted import (
    EPOCHS,
    GRID,
    MIXED,
    Stage,
    arrivals,
    conduct,
    eventful,
    rising,
    statuses,
    study_of,
)
from orchestrator.testing.stand_ins import ListJournal
from results.journal.file_journal import Journal


@dataclass
class Disk:
    """A sweep's two files, and what stood in them after every write: each may be the last."""

    folder: Path
    states: list[tuple[bytes, bytes]] = field(default_factory=list)
    watched: bool = True

    @property
    def study(self) -> Path:
        return self.folder / "optuna.journal"

    @property
    def file(self) -> Path:
        return self.folder / "journal.jsonl"

    def open(self) -> "Disk":
        self.folder.mkdir(exist_ok=True)
        self._journal = Journal(self.file, batch=0).open()
        return self

    def close(self) -> None:
        self._journal.close()

    def append(self, event):
        if not self.watched:
            self._journal.append(event)
            return
        before = self.file.read_bytes()
        self._journal.append(event)
        after = self.file.read_bytes()
        middle = (len(before) + len(after)) // 2
        self.states.append((after[:middle], self._study()))
        self.note()

    def read(self):
        return self._journal.read()

    def note(self) -> None:
        if self.file.exists():
            self.states.append((self.file.read_bytes(), self._study()))

    def _study(self) -> bytes:
        return self.study.read_bytes() if self.study.exists() else b""

    @classmethod
    def as_left(cls, folder: Path, state: tuple[bytes, bytes]) -> "Disk":
        folder.mkdir()
        disk = cls(folder, watched=False)
        disk.file.write_bytes(state[0])
        if state[1]:
            disk.study.write_bytes(state[1])
        return disk


def sweep_on(disk, search, behind=0, rule="asha"):
    """Begin or go on with one sweep on a disk, in one slot; gives what a kill may not change."""
    disk.open()
    try:
        axes = {"grid": GRID, "tpe": MIXED, "random": MIXED}[search]
        study = disk.study if search == "tpe" else None
        scheduler = conduct(disk, search, axes, rule=rule, trials=12, study=study)
        scheduler.take_up()
        Stage(rising if search == "grid" else eventful, behind=behind).play(scheduler)
    finally:
        disk.close()
    rows = [(r["trial"], r["epoch"], str(r[METRIC])) for r in epoch_rows(scheduler.ledger)]
    assert len({(trial, epoch) for trial, epoch, _ in rows}) == len(rows)
    entries = [
        (e.trial, e.number, e.status, e.reason, e.error) for e in scheduler.ledger.entries.values()
    ]
    learnt = [
        (t.state, t.params, t.intermediate_values)
        for t in (study_of(disk.study) if search == "tpe" else ())
    ]
    judged = arrivals(scheduler.rule) if rule == "asha" else scheduler.rule.summary()
    return entries, rows, judged, learnt


def every_moment(tmp_path, monkeypatch, search, rule="asha"):
    """What an uninterrupted sweep gives, and the disk after each of its writes."""
    uninterrupted = Disk(tmp_path / "whole")
    # So Optuna's writes are seen too.
    monkeypatch.setattr("os.fsync", lambda handle: uninterrupted.note())
    expected = sweep_on(uninterrupted, search, rule=rule)
    monkeypatch.setattr("os.fsync", lambda handle: None)
    ends = {status for _, _, status, _, _ in expected[0]}
    assert "pruned" in ends
    assert ends & {"completed", "stopped_early"}
    return expected, list(dict.fromkeys(uninterrupted.states))


@pytest.mark.long
@pytest.mark.parametrize(
    ("rule", "search", "behind", "stride"),
    [
        ("asha", "grid", 0, 1),
        ("asha", "grid", 1, 1),
        ("asha", "grid", 99, 1),
        ("asha", "random", 1, 1),
        ("asha", "tpe", 1, 3),
        ("halving", "grid", 0, 1),
        ("halving", "grid", 1, 2),
        ("halving", "tpe", 1, 3),
        ("promotion", "grid", 99, 2),
        ("promotion", "random", 1, 2),
        ("hyperband", "grid", 1, 3),
        pytest.param("asha", "tpe", 0, 1, marks=pytest.mark.slow),
        pytest.param("halving", "tpe", 0, 1, marks=pytest.mark.slow),
    ],
)
def test_a_sweep_killed_at_any_moment_ends_as_if_it_had_not_been(
    rule, search, behind, stride, tmp_path, monkeypatch
):
    expected, moments = every_moment(tmp_path, monkeypatch, search, rule)
    assert len(moments) > 80
    for i, state in enumerate(moments[::stride]):
        left = Disk.as_left(tmp_path / f"left-{i}", state)
        assert sweep_on(left, search, behind, rule) == expected, f"killed at moment {i}"


@pytest.mark.parametrize("search", ["grid", "tpe"])
def test_with_several_slots_too_every_trial_ends_once_and_the_journal_explains_the_rungs(search):
    axes = {"grid": GRID, "tpe": MIXED}[search]
    uninterrupted = ListJournal()
    Stage(eventful, slots=4, seed=1).play(conduct(uninterrupted, search, axes))
    for cut in range(0, len(uninterrupted.events), 3):
        journal = ListJournal(uninterrupted.events[:cut])
        resumed = conduct(journal, search, axes)
        resumed.take_up()
        Stage(eventful, slots=4, seed=2, behind=1).play(resumed)
        assert len(statuses(resumed)) == 12
        assert "running" not in statuses(resumed).values()
        endings = [e["trial"] for e in journal.events if e["event"] == "ended"]
        assert sorted(endings) == sorted(statuses(resumed))
        assert conduct(journal, search, axes).rule.judged == resumed.rule.judged
        judged = [(e["trial"], e["epoch"]) for e in journal.events if e["event"] == "rung"]
        assert len(set(judged)) == len(judged) == sum(map(len, arrivals(resumed.rule).values()))


def test_a_trial_that_a_rung_condemned_just_before_the_kill_ends_as_pruned():
    journal = ListJournal()
    scheduler = conduct(journal, trials=2)
    Stage(rising).play(scheduler)
    events = journal.events
    at = next(i for i, e in enumerate(events) if e["event"] == "rung" and not e["keep"])
    for cut in (at, at + 1):  # the row is there, the verdict is or is not
        resumed = conduct(ListJournal(events[:cut]), trials=2)
        assert list(statuses(resumed).values())[-1] == "running"
        resumed.take_up()
        assert list(statuses(resumed).values())[-1] == "pruned"
        assert resumed.next_trial() is None


def test_a_new_process_takes_nothing_up_twice():
    journal = ListJournal()
    Stage(rising).play(conduct(journal), results=20)
    first = conduct(journal)
    first.take_up()
    n = len(journal.events)
    conduct(journal).take_up()
    assert len(journal.events) == n


# --- the study's file is lost ----------------------------------------------------------------


def test_a_lost_study_is_told_again_and_the_search_goes_on_as_if_it_had_not_been(
    tmp_path, monkeypatch
):
    expected, moments = every_moment(tmp_path, monkeypatch, "tpe")
    for i, (journal, _) in enumerate(moments[5::40]):
        left = Disk.as_left(tmp_path / f"left-{i}", (journal, b""))
        assert sweep_on(left, "tpe") == expected


def test_a_foreign_study_is_told_what_it_lacks_once_and_tickets_are_changed(tmp_path):
    journal = ListJournal()
    more = {"search": "tpe", "axes": MIXED, "rungs": (), "trials": 4}
    scheduler = conduct(journal, **more, study=tmp_path / "lost")
    Stage(rising).play(scheduler, results=2 * EPOCHS + 3)  # two have ended, one is under way
    foreign = tmp_path / "foreign"
    other = SEARCHES["tpe"](Setup(SearchSpace(MIXED), seed=99, file=foreign))
    other.ask()
    resumed = conduct(journal, **more, study=foreign)
    assert resumed.take_up() == 3
    assert [e for e in journal.events if e["event"] == "ticket"] == [
        {"event": "ticket", "trial": trial, "ticket": 1 + i}
        for i, trial in enumerate(statuses(resumed))
    ]
    assert [t.state for t in study_of(foreign)[1:]] == [
        TrialState.COMPLETE,
        TrialState.COMPLETE,
        TrialState.RUNNING,
    ]
    assert conduct(journal, **more, study=foreign).take_up() == 0
    Stage(rising).play(resumed)
    assert [t.state for t in study_of(foreign)].count(TrialState.COMPLETE) == 4
