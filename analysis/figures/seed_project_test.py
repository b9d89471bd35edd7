from analysis.figures import seed_project
from analysis.figures.sample_sweeps import record, sweep
from analysis.figures.sweep_tables import SweepTables


def test_the_seed_project_s_figures_stand_beside_ours_for_photographs_alone():
    made = sweep(3, "completed")
    frame = seed_project.data(SweepTables(**made))
    ours = frame[frame["who"] == "ours"]
    assert set(ours["name"]) == {"ours: 5-layer CNN", "ours: CPCPCPFFF"}
    theirs = frame[frame["who"] == "theirs"]
    assert sorted(theirs["binary"].dropna()) == [0.8852, 0.8912]
    assert theirs.loc[theirs["binary"].notna(), "accuracy"].isna().all()
    assert "Not finished or not in this sweep: VGG16, CCPCCPCCPFF" in seed_project.caption(frame)
    drawn = made | {"record": record(embedded=6000)}
    assert seed_project.data(SweepTables(**drawn)).empty
    assert seed_project.data(SweepTables(**made | {"record": record(("x", "y"))})).empty
