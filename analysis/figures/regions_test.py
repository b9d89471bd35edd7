import pandas as pd

from analysis.figures import regions
from analysis.figures.sample_sweeps import NAMES, explained, record
from analysis.figures.sweep_tables import SweepTables


def test_regions_are_the_ensemble_s_grad_cam_where_there_is_one():
    made = explained()["regions"]
    others = made.assign(member="a", method="layercam")
    tables = SweepTables(regions=pd.concat([others, made]), record=record())
    frame = regions.data(tables)
    assert set(frame["member"]) == {"ensemble"}
    assert frame["name"].unique().tolist() == list(NAMES)
    assert set(regions.data(SweepTables(regions=others))["method"]) == {"layercam"}
