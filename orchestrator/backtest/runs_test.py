import math

import pytest

from orchestrator.backtest.orders import orders
from orchestrator.backtest.replay import Conditions, Replayed
from orchestrator.backtest.runs import Bench, measures
from orchestrator.backtest.testing import recorded, rising_grid
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS

SLOW = recorded(0, [0.1, 0.3, 0.7])  # the best in the end
QUICK = recorded(1, [0.4, 0.6, 0.5])  # its best epoch is not its last
DEAD = recorded(2, [0.8, math.nan], ended_by="diverged")  # left no net
TRIALS = (SLOW, QUICK, DEAD)


def measured(*epochs):
    came_to = {t.trial: n for t, n in zip(TRIALS, epochs, strict=True)}
    return measures(TRIALS, Replayed(came_to, 12.5))


def test_where_all_were_trained_nothing_is_lost():
    made = measured(3, 3, 2)
    assert (made["epochs"], made["all_epochs"], made["seconds"]) == (8, 8, 12.5)
    assert (made["picked"], made["accuracy"], made["regret"]) == (SLOW.trial, 0.7, 0)
    assert made["finished"] == 2


def test_only_who_came_to_its_end_left_a_net():
    made = measured(2, 3, 1)
    assert (made["picked"], made["accuracy"]) == (QUICK.trial, 0.6)
    assert made["regret"] == pytest.approx(10)
    assert made["finished"] == 1
    nobody = measured(2, 2, 2)
    assert (nobody["picked"], nobody["accuracy"], nobody["finished"]) == (None, 0, 0)
    assert nobody["regret"] == pytest.approx(70)


def test_the_best_seen_is_judged_by_what_it_would_have_come_to():
    assert measured(1, 1, 0)["seen"] == QUICK.trial  # 0.4 against 0.1
    assert measured(1, 1, 0)["seen_regret"] == pytest.approx(10)
    assert measured(1, 1, 1)["seen"] == DEAD.trial  # 0.8, and leaves nothing
    assert measured(1, 1, 1)["seen_regret"] == pytest.approx(70)


def test_there_is_a_row_a_run_and_each_says_what_it_is():
    bench = Bench(
        makers={"halving": SCHEDULERS["halving"], "none": None},
        sizes=(4, 8),
        slots=(1, 2),
        orders=orders(3, seed=7),
        conditions=Conditions(grace=1, reduction_factor=3, finalists=1),
    )
    turns = []
    rows = bench.runs(rising_grid(), turns.append).to_pylist()
    assert turns == ["halving", "none"]
    assert len(rows) == 2 * 2 * 2 * 3
    keys = {(r["scheduler"], r["trials"], r["slots"], r["order"], r["seed"]) for r in rows}
    assert len(keys) == len(rows)
    assert {(r["order"], r["seed"]) for r in rows} == {
        ("random", 7),
        ("ascending", 8),
        ("descending", 9),
    }
    # 8 + 2 x 2 + 6 of eight trials, 4 + 2 + 6 of four
    by_halving = {r["trials"]: r["epochs"] for r in rows if r["scheduler"] == "halving"}
    assert by_halving == {4: 12, 8: 18}
    assert {r["all_epochs"] for r in rows if r["trials"] == 4} == {36}
    assert all(r["regret"] == 0 for r in rows if r["scheduler"] == "none")
    assert {(r["longest"], r["recorded"], r["grace_epochs"]) for r in rows} == {(9, 8, 1)}
