import pytest

from orchestrator.config import Budget, Sweep
from orchestrator.errors import BadInput
from orchestrator.request import SweepRequest, parse, resume_command
from orchestrator.resumption import Overrides
from orchestrator.search.space import SearchSpace
from orchestrator.seeds import refit_words, repeats_all, with_seeds

RATES = {"grid_search": [0.1, 0.2]}


def grid(trials=2, **space):
    budget = Budget(trials=trials, early_stopping=False)
    return Sweep("g", "Which?", {"learning_rate": RATES, **space}, budget, "grid")


def rows(sweep, overrides):
    space = SearchSpace.of(sweep.space, sweep.configurations).override(overrides.settings)
    return [(row["learning_rate"], row["seed"]) for row in space.grid()][: overrides.trials]


def test_a_grid_that_stops_nobody_is_asked_for_with_every_seed():
    made = with_seeds(SweepRequest(seeds=3), grid(), Overrides())
    assert rows(grid(), made) == [(rate, seed) for rate in (0.1, 0.2) for seed in (0, 1, 2)]


def test_trials_are_configurations_and_seeds_begin_where_the_sweep_s_does():
    made = with_seeds(SweepRequest(seeds=2, seed=5), grid(), Overrides(trials=1))
    assert rows(grid(), made) == [(0.1, 5), (0.1, 6)]


def test_seeds_of_the_question_itself_are_replaced_and_not_multiplied():
    own = grid(trials=6, seed={"grid_search": [0, 1, 2]})
    made = with_seeds(SweepRequest(seeds=5), own, Overrides())
    assert made.trials == 10
    assert len(set(rows(own, made))) == 10


def test_configurations_written_out_get_every_seed_too():
    listed = Sweep(
        "l",
        "Which?",
        {"epochs": 3},
        Budget(trials=2, early_stopping=False),
        "grid",
        configurations=({"learning_rate": 0.1}, {"learning_rate": 0.2}),
    )
    made = with_seeds(SweepRequest(seeds=2), listed, Overrides())
    assert sorted(rows(listed, made)) == [(0.1, 0), (0.1, 1), (0.2, 0), (0.2, 1)]


STOPPED = (
    Sweep("tpe", "Which?", {"learning_rate": RATES}, Budget(early_stopping=False)),
    Sweep("grid", "Which?", {"learning_rate": RATES}, search="grid"),
)


@pytest.mark.parametrize("sweep", STOPPED)
def test_another_search_or_one_that_stops_trials_is_left_alone(sweep):
    assert not repeats_all(sweep)
    before = Overrides(trials=4)
    assert with_seeds(SweepRequest(seeds=3), sweep, before) == before


def test_seeds_named_twice_are_refused():
    with pytest.raises(BadInput, match="both say which seeds; give one of them"):
        with_seeds(SweepRequest(seeds=2), grid(), Overrides(None, {"seed": "1,2"}))


def test_finalists_are_trained_again_as_the_sweep_was():
    words = "architectures --seeds=5 --concurrency=2 --backend=jax --data=/d --epochs=9"
    request = parse(words.split())
    assert refit_words(request, "/r/first", 3) == [
        "/r/first",
        "--top=3",
        "--seeds=5",
        "--concurrency=2",
        "--backend=jax",
        "--data=/d",
    ]
    assert refit_words(SweepRequest(), "/r/first", 3) is None


def test_the_resuming_command_asks_for_the_seeds_again():
    assert "--seeds=5" in resume_command(parse(["illumination", "--seeds", "5"]), "light")
