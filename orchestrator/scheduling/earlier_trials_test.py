import dataclasses
import json

import pytest

from orchestrator.scheduling.earlier_trials import MOST, earlier_trials, held, sentence
from orchestrator.search.axes import Categorical, Constant, Real
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup
from orchestrator.testing.scripted import BASE, EPOCHS, Stage, conduct, rising
from orchestrator.testing.stand_ins import ListJournal
from orchestrator.testing.stored_sweep import write_sweep
from results.paths import Paths
from results.store import Store

BETTER = (0.12, 0.11, 0.1)
ASCENDING = {
    "learning_rate": Categorical(tuple(n / 100 for n in range(1, 9))),
    "epochs": Constant(EPOCHS),
}


def look(results, data="d1", backend="tensorflow"):
    return earlier_trials(Store(results), Store(results / "new"), data, backend, "c1")


def rates(earlier):
    return [trial.config["learning_rate"] for trial in earlier.trials]


# --- what is found ---------------------------------------------------------------------------


def test_trials_of_the_same_data_are_found_newest_sweeps_first_each_once(tmp_path):
    write_sweep(tmp_path, "a", "2026-01-02", [0.1, 0.02])
    write_sweep(tmp_path, "b", "2026-01-03", [0.03, 0.1], ended_by="rung")
    write_sweep(tmp_path, "c", "2026-01-01", [0.02, 0.04])
    write_sweep(tmp_path, "new", "2026-01-04", [0.05])
    write_sweep(tmp_path, "other data", "2026-01-05", [0.06], data="d2")
    write_sweep(tmp_path, "other code", "2026-01-05", [0.07], code="c0")
    write_sweep(tmp_path, "older code", "2025-01-01", [0.08], code=None)
    write_sweep(tmp_path, "failed", "2026-01-05", [0.09], ended_by="failure")
    earlier = look(tmp_path)
    assert earlier.sweeps == ["b", "a", "c", "older code"]
    assert rates(earlier) == [0.03, 0.1, 0.02, 0.04, 0.08]
    assert [trial.finished for trial in earlier.trials] == [False, False, True, True, True]
    assert earlier.trials[1].curve == ((1, pytest.approx(0.4)),)
    assert look(tmp_path, backend="jax").trials == ()


def test_a_damaged_sweep_is_passed_over_with_its_reason(tmp_path):
    write_sweep(tmp_path, "a", "2026-01-02", BETTER)
    write_sweep(tmp_path, "b", "2026-01-01", BETTER).write_bytes(Paths().epochs, b"PAR1")
    write_sweep(tmp_path, "c", "2026-01-03", BETTER).write_bytes(Paths().sweep, b"{")
    earlier = look(tmp_path)
    assert earlier.sweeps == ["a"]  # c has the same trials, and does not say when it began
    (problem,) = earlier.passed_over
    assert "epochs.parquet" in problem


def test_there_are_at_most_so_many(tmp_path):
    write_sweep(tmp_path, "old", "2026-01-01", [0.1])
    write_sweep(tmp_path, "new one", "2026-01-02", [n / 10000 for n in range(1, MOST + 9)])
    assert rates(look(tmp_path)) == [n / 10000 for n in range(1, MOST + 1)]


# --- rivals ----------------------------------------------------------------------------------


def warm(journal, event, rule):
    """A scheduler of eight ascending rates, on what its journal holds."""
    if not journal.events:
        journal.append(event)
    scheduler = conduct(journal, axes=ASCENDING, rule=rule, trials=8)
    scheduler.take_up()
    return scheduler


def went_on(scheduler, epochs=1):
    """The rates, in hundredths, of the trials that were trained for more epochs."""
    entries = scheduler.ledger.entries.values()
    return [round(100 * e.config["learning_rate"]) for e in entries if len(e.rows) > epochs]


@pytest.mark.parametrize(
    ("rule", "cold", "warmed"),
    [
        # ASHA keeps ceil(n / 3) of n: all eight, as each is the best; with three better ones the
        # n-th to come ranks fourth, which is enough from n = 10: 0.07 and 0.08.
        ("asha", [1, 2, 3, 4, 5, 6, 7, 8], [7, 8]),
        # Of 8 the best 2 go on; of 11 the best 3, none of them new: the best of its own finishes.
        ("halving", [7, 8], [8]),
    ],
)
def test_better_trials_of_earlier_sweeps_stop_more_and_a_resumed_one_decides_alike(
    tmp_path, rule, cold, warmed
):
    write_sweep(tmp_path, "a", "2026-01-02", BETTER)
    event = json.loads(json.dumps(look(tmp_path).event([])))
    alone = conduct(axes=ASCENDING, rule=rule, trials=8)
    Stage(rising).play(alone)
    assert went_on(alone) == cold
    uninterrupted = warm(ListJournal(), event, rule)
    Stage(rising).play(uninterrupted)
    assert went_on(uninterrupted) == warmed
    rungs = [e for e in uninterrupted.ledger._journal.events if e["event"] == "rung"]
    for cut in (3, 9):
        journal = ListJournal()
        Stage(rising).play(warm(journal, event, rule), cut)
        resumed = warm(journal, event, rule)
        Stage(rising).play(resumed)
        assert [e for e in journal.events if e["event"] == "rung"] == rungs
        assert went_on(resumed) == warmed


# --- what is tried first ---------------------------------------------------------------------


def test_the_best_configurations_inside_of_the_space_come_first(tmp_path):
    """Of five, 0.12 lies outside, and 0.1 is finished with this configuration: reused anyway."""
    write_sweep(tmp_path, "a", "2026-01-02", [0.12, 0.1])
    write_sweep(tmp_path, "b", "2026-01-01", [0.04, 0.03, 0.08], ended_by="rung")
    space = SearchSpace({"learning_rate": Real(0.01, 0.1), "epochs": Constant(EPOCHS)})
    first = look(tmp_path).first(space, BASE)
    assert first == [{"learning_rate": rate, "epochs": EPOCHS} for rate in (0.08, 0.04, 0.03)]
    longer = SearchSpace({"learning_rate": Real(0.01, 0.1), "epochs": Constant(20)})
    assert [r["learning_rate"] for r in look(tmp_path).first(longer, BASE)] == [0.1, 0.08, 0.04]
    assert look(tmp_path).first(space, dataclasses.replace(BASE, width=0.5)) == []
    narrow = SearchSpace({"learning_rate": Real(0.01, 0.05), "epochs": Constant(EPOCHS)})
    assert [row["learning_rate"] for row in held(first, narrow)] == [0.04, 0.03]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("cut", [0, 1, 3])
def test_every_search_asks_them_first_and_none_twice(search, cut, tmp_path):
    first = [{"learning_rate": rate, "epochs": EPOCHS} for rate in (0.07, 0.02)]
    suggested = []
    for until in (cut, 8):
        setup = Setup(
            SearchSpace(ASCENDING), 3, file=tmp_path / "study", given=len(suggested), first=first
        )
        strategy = SEARCHES[search](setup)
        while len(suggested) < until:
            suggested.append(strategy.ask())
    assert strategy.ask() is None
    values = [suggestion.values["learning_rate"] for suggestion in suggested]
    assert values[:2] == [0.07, 0.02]
    assert len(values) == len(set(values)) == 8


# --- what is said ----------------------------------------------------------------------------


def test_it_is_said_in_a_line(tmp_path):
    assert sentence(look(tmp_path).event([]), "results/runs") == (
        "warm start: no earlier trial of the same data in results/runs"
    )
    write_sweep(tmp_path, "a", "2026-01-02", [0.1, 0.02])
    write_sweep(tmp_path, "b", "2026-01-03", [0.03])
    event = look(tmp_path).event([{"epochs": 1}] * 3)
    assert sentence(event, "r") == (
        "warm start: 3 trials of sweeps b, a count as rivals at the rungs; their best 3 "
        "configurations are tried first"
    )
    assert sentence(look(tmp_path).event([]), "r", halves=False) == (
        "warm start: 3 trials of sweeps b, a; no further configuration of them is tried first"
    )


def test_a_configuration_of_another_seed_is_the_same_configuration(tmp_path):
    write_sweep(tmp_path, "a", "2026-01-02", [0.1])
    space = SearchSpace({"learning_rate": Real(0.01, 1), "epochs": Constant(EPOCHS)})
    assert look(tmp_path).first(space, BASE) == []
    (first,) = look(tmp_path).first(space, dataclasses.replace(BASE, seed=5))
    assert first["learning_rate"] == 0.1
