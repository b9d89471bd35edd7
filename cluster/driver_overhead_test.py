"""That a trial costs the same whether it is the tenth or the ten thousandth."""

import shutil
import time

import pytest

from cluster.chaos.sandbox import Sandbox
from cluster.driver_overhead import (
    COLUMNS,
    DriverOverhead,
    Sample,
    busy,
    cpu_at,
    heading,
    measure,
    row,
    tenths,
)
from orchestrator.search.axes import Categorical, Constant
from orchestrator.testing.scripted import Stage, completed, conduct

MANY = 10_000


def quality(seed):
    """Between 0.25 and 0.95, like no other seed's."""
    return 0.25 + 0.7 * (seed * 0.6180339887 % 1)


def script(config):
    return completed([quality(config.seed) * (1 - 0.6**t) for t in range(1, config.epochs + 1)])


def played(epochs, rungs):
    """A sweep of so many trials that has ended, and the CPU time at the end of each trial."""
    axes = {"seed": Categorical(tuple(range(MANY))), "epochs": Constant(epochs)}
    scheduler = conduct(axes=axes, rungs=rungs, trials=MANY)
    marks = [time.process_time()]
    scheduler.ledger.listen(
        lambda event, entry: (
            marks.append(time.process_time()) if event["event"] == "ended" else None
        )
    )
    Stage(script, slots=4).play(scheduler)
    return scheduler, axes, marks


@pytest.mark.long
@pytest.mark.parametrize(("epochs", "rungs"), [(1, ()), (3, (1,))])
def test_the_scheduler_decides_ten_thousand_trials_at_one_price_and_takes_them_up(epochs, rungs):
    first, axes, marks = played(epochs, rungs)
    assert len(marks) == MANY + 1
    cost = tenths(marks)
    assert cost[-1] <= 2 * cost[0], [f"{1e6 * step:.0f} us" for step in cost]
    began = time.process_time()
    again = conduct(first.ledger._journal, axes=axes, rungs=rungs, trials=MANY)
    again.take_up()
    assert time.process_time() - began < 2.0
    assert again.next_trial() is None
    assert again.over


def test_tenths_are_mean_steps():
    marks = [0.0, *range(1, 11), *range(12, 32, 2)]  # ten steps of 1, ten of 2
    assert tenths(marks) == (1.0,) * 5 + (2.0,) * 5


def test_cpu_time_is_read_off_between_two_samples():
    samples = [Sample(100.0, 1.0, 200.0), Sample(102.0, 2.0, 200.0), Sample(104.0, 2.0, 200.0)]
    assert [cpu_at(samples, at) for at in (99.0, 101.0, 102.0, 103.0, 200.0)] == [1, 1.5, 2, 2, 2]


def test_busy_slots_are_a_mean_over_time():
    def event(kind, trial, second):
        return {"event": kind, "trial": trial, "time": f"2026-01-01T00:00:{second:02}+00:00"}

    events = [
        event("started", "a", 0),
        event("started", "b", 2),
        event("died", "a", 4),
        event("ended", "b", 6),
        event("started", "a", 6),
        event("ended", "a", 10),
    ]
    assert busy(events) == pytest.approx((4 + 4 + 4) / 10)
    reused = event("ended", "c", 10)  # without a start
    assert busy([*events, reused]) == pytest.approx(1.2)


def test_every_column_has_its_figure():
    cost = DriverOverhead(
        trials=1000,
        results=2000,
        wall_s=50.0,
        first_result_s=5.0,
        last_words_s=3.0,
        cpu_ms=(5.0,) * 9 + (6.0,),
        busy=3.5,
        mib=250.0,
        journal_bytes=10**6,
        state_bytes=10**7,
        files=3000,
        resume_s=6.0,
    )
    cells = [cell.strip() for cell in row(cost).strip("|").split("|")]
    figures = dict(zip(COLUMNS, cells, strict=True))
    assert figures["ratio"] == "1.20"
    assert figures["journal bytes a trial"] == "1,000"
    assert figures["files a trial"] == "3.0"
    assert "4 slots" in heading(slots=4, epochs=1, grace=0)


@pytest.mark.slow
@pytest.mark.ray
def test_a_result_costs_the_driver_the_same_after_thousands_of_trials(tmp_path):
    sandbox = Sandbox(
        tmp_path / "sweep", trials=3000, slots=4, epochs=1, grace=0, epoch_seconds=0.0
    )
    cost = measure(sandbox)
    shutil.rmtree(sandbox.folder)
    assert (cost.trials, cost.results) == (3000, 3000)
    assert cost.growth <= 1.5, cost.cpu_ms
    assert cost.mib < 400
    assert cost.journal_bytes < 3000 * 3000
    assert cost.resume_s < 30
