import pytest
from ray import tune

from orchestrator.errors import BadInput
from orchestrator.search.grid_random import GridSearch
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup, TrialOutcome
from orchestrator.search.testing import CONTINUOUS

PAIR = (
    {"optimizer": "adam", "learning_rate": 0.001, "width": 0.5},
    {"optimizer": "sgd", "learning_rate": 0.1, "width": 0.5},
)
SEEDS = {"seed": tune.grid_search([1, 2, 3]), "epochs": 4}


def test_a_grid_without_end_is_refused():
    with pytest.raises(BadInput, match="learning_rate"):
        GridSearch(Setup(CONTINUOUS))


@pytest.mark.parametrize("given", range(7))
def test_a_grid_goes_on_wherever_it_was_interrupted(given):
    space = SearchSpace.of(SEEDS, PAIR)
    search = GridSearch(Setup(space, given=given))
    suggested = []
    while (suggestion := search.ask()) is not None:
        suggested.append((suggestion.ticket, tuple(suggestion.values.values())))
        search.tell(suggestion.ticket, TrialOutcome("completed", 0.5))
    rows = [tuple(row.values()) for row in space.grid()]
    assert suggested == list(enumerate(rows))[given:]
