from analysis.figures import accuracy
from analysis.figures.sample_sweeps import CASES, frames, trial
from analysis.figures.sweep_tables import SweepTables


def test_a_pruned_trial_competes_only_where_nothing_finished():
    tables = SweepTables(
        **frames(
            trials=[
                trial("a", "completed", 0.5),
                trial("b", "pruned", 0.9),
                trial("c", "pruned", 0.3, architecture="vgg"),
            ]
        )
    )
    frame = accuracy.data(tables, "architecture")
    best = frame[frame["best"]]
    assert best["value"].tolist() == ["vgg", "cnn5"]
    assert best["accuracy"].tolist() == [0.3, 0.5]
    assert len(frame) == 3
    assert "vgg 30.0 % (20.0 % to 40.0 %) (pruned)" in accuracy.caption(frame)


def test_one_kind_alone_is_no_comparison():
    assert accuracy.data(CASES["one trial"], "architecture").empty
