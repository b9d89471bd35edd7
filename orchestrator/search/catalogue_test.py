import pytest

from orchestrator.search.axes import Constant
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup, TrialOutcome
from orchestrator.search.testing import CONTINUOUS, EVERY_AXIS, FINITE, exhaust
from orchestrator.search.tpe import WARM_UP


@pytest.mark.parametrize("name", SEARCHES)
def test_a_finite_space_is_tried_whole_once_and_then_exhausted(name):
    suggestions = exhaust(SEARCHES[name](Setup(FINITE)))
    assert [s.ticket for s in suggestions] == list(range(12))
    assert len({tuple(s.values.items()) for s in suggestions}) == FINITE.size == 12
    assert all(list(s.values) == list(FINITE.axes) and s.values["epochs"] == 5 for s in suggestions)


@pytest.mark.parametrize("name", SEARCHES)
def test_asked_and_not_told_is_open(name):
    strategy = SEARCHES[name](Setup(FINITE))
    first, second = strategy.ask(), strategy.ask()
    strategy.tell(first.ticket, TrialOutcome("failed"))
    assert strategy.open_tickets() == {second.ticket: second.values}


@pytest.mark.parametrize("name", SEARCHES)
def test_an_interrupted_search_goes_on_where_it_was(name, tmp_path):
    uninterrupted = exhaust(SEARCHES[name](Setup(FINITE, seed=3, file=tmp_path / "whole")))
    file = tmp_path / "cut"
    before = SEARCHES[name](Setup(FINITE, seed=3, file=file))
    for expected in uninterrupted[:7]:
        assert before.ask() == expected
        before.tell(expected.ticket, TrialOutcome("completed", 0.1 * (expected.ticket % 3)))
    assert exhaust(SEARCHES[name](Setup(FINITE, seed=3, file=file, given=7))) == uninterrupted[7:]


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
        strategy.tell(suggestion.ticket, TrialOutcome("completed", values["dropout"] + i / 100))
        assert {type(v) for v in values.values()} == {str, int, float}
        assert values["width"] % 0.5 == 0
        assert values["batch_size"] in (16, 32, 48, 64)
        assert 1e-4 <= values["learning_rate"] <= 1
        assert 1 <= values["patience"] <= 100


def test_a_space_of_constants_is_one_trial():
    for search in SEARCHES.values():
        assert [s.values for s in exhaust(search(Setup(SearchSpace({"epochs": Constant(3)}))))] == [
            {"epochs": 3}
        ]
