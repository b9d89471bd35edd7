from orchestrator.backtest.orders import ASCENDING, DESCENDING, RANDOM, Order, orders
from orchestrator.backtest.testing import rising_grid

TRIALS = rising_grid().trials


def test_all_but_two_are_random_and_no_two_alike():
    made = orders(32, seed=5)
    assert [order.kind for order in made] == [RANDOM] * 30 + [ASCENDING, DESCENDING]
    assert [order.seed for order in made] == list(range(5, 37))
    arranged = {tuple(t.trial for t in order.arrange(TRIALS, 8)) for order in made}
    assert len(arranged) == 32


def test_sorted_orders_go_by_what_a_trial_comes_to_at_its_end():
    assert Order(ASCENDING, 0).arrange(TRIALS, 8) == list(TRIALS)
    assert Order(DESCENDING, 0).arrange(TRIALS, 8) == list(reversed(TRIALS))


def test_a_smaller_sweep_draws_its_trials_and_the_seed_says_which():
    for kind in (RANDOM, ASCENDING):
        drawn = [Order(kind, seed).arrange(TRIALS, 3) for seed in range(20)]
        assert all(len(set(trials)) == 3 for trials in drawn)
        assert {trial for trials in drawn for trial in trials} == set(TRIALS)
        assert drawn == [Order(kind, seed).arrange(TRIALS, 3) for seed in range(20)]
    assert sorted(Order(RANDOM, 4).arrange(TRIALS, 3), key=lambda t: t.best) == Order(
        ASCENDING, 4
    ).arrange(TRIALS, 3)
