import math

import numpy as np
import optuna
import pytest

from orchestrator.errors import BadInput
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.grid_random import GridSearch, RandomSearch
from orchestrator.search.space import Choice, Constant, Real, Whole, size
from orchestrator.search.study import open_journal
from orchestrator.search.tpe import WARM_UP, Outcome, Setup, TpeSearch

FINITE = {
    "optimizer": Choice(("sgd", "adam", "adamw")),
    "epochs": Constant(5),
    "batch_size": Whole(16, 64, step=16),
}
CONTINUOUS = {
    "learning_rate": Real(1e-4, 1.0, log=True),
    "dropout": Real(0.0, 0.9),
    "epochs": Constant(5),
}
EVERY_AXIS = {
    **FINITE,
    **CONTINUOUS,
    "width": Real(0.5, 4.0, log=True, step=0.5),
    "weight_decay": Real(0.0, 0.5, step=0.1),
    "patience": Whole(1, 100, log=True),
}


def bowl(values):
    return 1 - (math.log10(values["learning_rate"]) + 2) ** 2 / 10 - (values["dropout"] - 0.3) ** 2


def feed(strategy, n, value=bowl):
    """Ask and tell n trials, four at a time; gives the best value."""
    queue, best = [], -math.inf
    for i in range(n + 4):
        if i < n:
            queue.append(strategy.ask())
        if i >= 4:
            done = queue.pop(0)
            best = max(best, value(done.values))
            strategy.tell(done.ticket, Outcome("completed", value(done.values)))
    return best


def exhaust(strategy):
    found = []
    while (suggestion := strategy.ask()) is not None:
        found.append(suggestion)
        strategy.tell(suggestion.ticket, Outcome("completed", 0.1 * (suggestion.ticket % 3)))
    return found


@pytest.mark.parametrize("name", SEARCHES)
def test_a_finite_space_is_tried_whole_once_and_then_exhausted(name):
    found = exhaust(SEARCHES[name](Setup(FINITE)))
    assert [s.ticket for s in found] == list(range(12))
    assert len({tuple(s.values.items()) for s in found}) == size(FINITE) == 12
    assert all(list(s.values) == list(FINITE) and s.values["epochs"] == 5 for s in found)


@pytest.mark.parametrize("name", SEARCHES)
def test_asked_and_not_told_is_open(name):
    strategy = SEARCHES[name](Setup(FINITE))
    first, second = strategy.ask(), strategy.ask()
    strategy.tell(first.ticket, Outcome("failed"))
    assert strategy.open_tickets() == {second.ticket: second.values}


@pytest.mark.parametrize("name", SEARCHES)
def test_an_interrupted_search_goes_on_where_it_was(name, tmp_path):
    whole = exhaust(SEARCHES[name](Setup(FINITE, seed=3, file=tmp_path / "whole")))
    file = tmp_path / "cut"
    before = SEARCHES[name](Setup(FINITE, seed=3, file=file))
    for expected in whole[:7]:
        assert before.ask() == expected
        before.tell(expected.ticket, Outcome("completed", 0.1 * (expected.ticket % 3)))
    assert exhaust(SEARCHES[name](Setup(FINITE, seed=3, file=file, asked=7))) == whole[7:]


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_the_seed_decides(name):
    first, again, other = (
        [s.ask().values for _ in range(5)]
        for s in (SEARCHES[name](Setup(CONTINUOUS, seed=seed)) for seed in (1, 1, 2))
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_values_have_plain_types_and_lie_in_their_ranges(name):
    strategy = SEARCHES[name](Setup(EVERY_AXIS))
    for i in range(WARM_UP + 12):
        suggestion = strategy.ask()
        values = suggestion.values
        strategy.tell(suggestion.ticket, Outcome("completed", values["dropout"] + i / 100))
        assert {type(v) for v in values.values()} == {str, int, float}
        assert values["width"] % 0.5 == 0
        assert values["batch_size"] in (16, 32, 48, 64)
        assert 1e-4 <= values["learning_rate"] <= 1
        assert 1 <= values["patience"] <= 100


def test_a_grid_without_end_is_refused():
    with pytest.raises(BadInput, match="learning_rate"):
        GridSearch(Setup(CONTINUOUS))


def test_a_negative_seed_is_refused():
    with pytest.raises(BadInput, match="-1"):
        Setup(FINITE, seed=-1)


def test_tpe_beats_random_search_on_a_bowl():
    tpe = [feed(TpeSearch(Setup(CONTINUOUS, seed=s)), 40) for s in range(6)]
    random = [feed(RandomSearch(Setup(CONTINUOUS, seed=s)), 40) for s in range(6)]
    assert np.mean(tpe) > np.mean(random)


def test_the_study_is_told_the_truth(tmp_path):
    file = tmp_path / "optuna.journal"
    search = TpeSearch(Setup(CONTINUOUS, name="lr", file=file))
    for _ in range(6):
        search.ask()
    search.tell(0, Outcome("completed", 0.8, [(1, 0.5), (2, 0.8), (3, 0.7)]))
    search.tell(1, Outcome("pruned", 0.6, [(1, 0.6), (3, 0.4)]))
    search.tell(2, Outcome("failed", None, [(1, 0.3)]))
    search.tell(3, Outcome("completed", math.nan, [(1, 0.2), (2, math.nan), (3, None)]))
    search.tell(4, Outcome("pruned"))

    trials = optuna.load_study(study_name="lr", storage=open_journal(file)).trials
    assert [t.state.name for t in trials] == [
        "COMPLETE",
        "PRUNED",
        "FAIL",
        "PRUNED",
        "PRUNED",
        "RUNNING",
    ]
    assert [t.value for t in trials] == [0.8, 0.4, None, 0.2, None, None]
    assert trials[0].intermediate_values == {1: 0.5, 2: 0.8, 3: 0.7}
    assert trials[1].intermediate_values == {1: 0.6, 3: 0.4}
    assert trials[3].intermediate_values == {1: 0.2}
    assert set(trials[0].params) == {"learning_rate", "dropout"}


def test_the_first_word_about_a_ticket_holds(tmp_path):
    search = TpeSearch(Setup(CONTINUOUS))
    search.ask()
    search.tell(0, Outcome("pruned", None, [(1, 0.6)]))
    search.tell(0, Outcome("completed", 0.9))
    assert search.open_tickets() == {}
    with pytest.raises(BadInput, match="no trial 5"):
        search.tell(5, Outcome("failed"))


def test_a_reopened_study_asks_what_the_first_would_have(tmp_path):
    file = tmp_path / "optuna.journal"
    first = TpeSearch(Setup(CONTINUOUS, seed=5, file=file))
    feed(first, WARM_UP + 4)
    running = first.ask()
    again = TpeSearch(Setup(CONTINUOUS, seed=5, file=file))
    assert again.open_tickets() == {running.ticket: running.values}
    expected = first.ask()
    file.write_bytes(b"".join(file.read_bytes().splitlines(True)[: _lines_before(file, expected)]))
    assert TpeSearch(Setup(CONTINUOUS, seed=5, file=file)).ask() == expected


def _lines_before(file, suggestion):
    created = [i for i, line in enumerate(file.read_bytes().splitlines()) if b'"op_code":4' in line]
    return created[suggestion.ticket]


def test_a_trial_killed_while_it_was_asked_for_is_asked_for_again(tmp_path):
    file = tmp_path / "optuna.journal"
    search = TpeSearch(Setup(CONTINUOUS, file=file))
    search.ask()
    second = search.ask()
    lines = file.read_bytes().splitlines(True)
    assert b"dropout" in lines[-1]
    file.write_bytes(b"".join(lines[:-1]))
    again = TpeSearch(Setup(CONTINUOUS, file=file))
    assert list(again.open_tickets()) == [0]
    assert again.ask() == second


def test_a_study_of_another_space_is_refused(tmp_path):
    file = tmp_path / "optuna.journal"
    TpeSearch(Setup(CONTINUOUS, file=file)).ask()
    wider = {**CONTINUOUS, "dropout": Real(0.0, 0.95)}
    with pytest.raises(BadInput, match="searched dropout"):
        TpeSearch(Setup(wider, file=file))
    with pytest.raises(BadInput, match="searched dropout"):
        TpeSearch(Setup({**CONTINUOUS, "dropout": Constant(0.1)}, file=file))


def test_a_trial_that_the_study_does_not_hold_is_added():
    search = TpeSearch(Setup(FINITE))
    ended = {"optimizer": "sgd", "epochs": 5, "batch_size": 32}
    under_way = {**ended, "batch_size": 16}
    assert search.recall(7, ended, Outcome("pruned", None, [(1, 0.3)])) == 0
    assert search.recall(0, under_way, None) == 1
    assert search.recall(0, ended, Outcome("pruned")) is None
    assert search.open_tickets() == {1: under_way}
    rest = exhaust(search)
    assert len(rest) == 10
    assert not [s for s in rest if s.values in (ended, under_way)]


def test_a_space_of_constants_is_one_trial():
    for search in SEARCHES.values():
        assert [s.values for s in exhaust(search(Setup({"epochs": Constant(3)})))] == [
            {"epochs": 3}
        ]


def test_optuna_keeps_quiet(tmp_path, capfd, recwarn):
    search = TpeSearch(Setup(EVERY_AXIS, file=tmp_path / "optuna.journal"))
    feed(search, WARM_UP + 2)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
