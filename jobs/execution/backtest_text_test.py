import math

from jobs.execution.backtest_text import goal_lines, summary_table
from orchestrator.backtest.runs import RAY
from orchestrator.backtest.summary import Spread, Summary


def spread(median, ninetieth=None, worst=None):
    ninetieth = median if ninetieth is None else ninetieth
    worst = median if worst is None else worst
    return Spread(median, median - 1, median + 1, median, ninetieth, worst, 30.0, math.nan)


def summary(name, epochs=(100, 150), share=0.1, lost=0.2, trials=24, slots=2):
    return Summary(
        *(name, trials, slots, 32),
        epochs=spread(epochs[0], worst=epochs[1]),
        share=spread(share),
        seconds=spread(61.0),
        regret=spread(0.0, ninetieth=lost),
        seen_regret=spread(0.0),
    )


def made(*summaries):
    return {(s.scheduler, s.trials, s.slots): s for s in summaries}


def cells(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_a_row_a_scheduler_beside_ray_s_epochs_and_the_goals_that_it_missed():
    ray = summary(RAY, epochs=(200, 500), share=0.3, lost=2.0)
    good, bad = summary("halving"), summary("asha", epochs=(160, 400), share=0.13, lost=0.31)
    table = summary_table(made(ray, good, bad, summary("other size", trials=9)), 24, 2)
    heads, rule, _, first, second = cells(table)
    assert len(set(map(len, table.splitlines()))) == 1
    assert set("".join(rule)) == {"-"}
    row = dict(zip(heads, first, strict=True))
    assert (row["scheduler"], row["of all"], row["of Ray's"]) == ("halving", "10.0%", "0.50")
    assert first[1] == "100 [99, 101]"
    assert first[4:7] == ["150", "30", "nan"]
    assert row["goals met"] == "4 of 4"
    # 13 % of all > 1/8; 160 > 200 / 1.5; 0.31 > 0.3; 400 > 2 * 160
    assert second[-1] == "0 of 4, not epochs Ray regret order"


def test_who_meets_all_goals_with_every_number_of_slots_is_named():
    both = [summary(name, slots=slots) for name in ("halving", "asha") for slots in (1, 2)]
    both[3] = summary("asha", slots=2, lost=0.5)
    lines = goal_lines(made(*both, summary("asha", trials=9, slots=4, share=0.5)))
    assert lines[0].startswith("goals: at most 12.5% of all epochs, 66.7% of those of Ray's")
    assert lines[1:] == ["24 trials, 1, 2 at once: halving", "9 trials, 4 at once: none"]
