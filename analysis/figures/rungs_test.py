from analysis.figures import rungs
from analysis.figures.sample_sweeps import epoch, frames, record, trial
from analysis.figures.sweep_tables import SweepTables
from orchestrator.scheduling.schedulers.catalogue import BEFORE, SCHEDULERS


def test_a_rung_holds_who_reached_it_what_became_of_them_and_the_line():
    accuracies = {"a": 0.9, "b": 0.5, "c": 0.7, "d": 0.1}
    ended = {"a": 2, "b": 1, "c": 2, "d": 1}
    tables = SweepTables(
        **frames(
            trials=[
                trial(n, "completed" if ended[n] > 1 else "pruned", v, number=i)
                | {"epochs_trained": ended[n]}
                for i, (n, v) in enumerate(accuracies.items())
            ],
            epochs=[epoch(n, 1, v) for n, v in accuracies.items()],
        ),
        record=record(),
    )
    frame = rungs.data(tables)
    assert frame["fate"].tolist() == ["went on", "ended here", "went on", "ended here"]
    assert frame["cut"].tolist() == [0.7] * 4  # one in three of four, rounded up: two
    assert set(frame["rung"]) == {1}  # nobody reached epoch 3
    assert frame["x"].is_monotonic_increasing
    assert "2 of 4 went on" in rungs.caption(frame)


def test_the_schedulers_that_rank_are_schedulers():
    assert set(rungs.COMPARED) <= set(SCHEDULERS)
    assert rungs.BEFORE == BEFORE
