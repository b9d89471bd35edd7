import numpy as np

from analysis.figures import parallel_coordinates
from analysis.figures.sample_sweeps import frames, trial
from analysis.figures.sweep_tables import SweepTables


def test_coordinates_are_settings_that_varied_at_their_heights():
    rates = [0.001, 0.01, 0.1, 0.002, 0.004, 0.02, 0.05]
    tables = SweepTables(
        **frames(
            trials=[
                trial(f"{i}", accuracy=0.1 * (i + 1), learning_rate=rate, preprocessing=p)
                for i, (rate, p) in enumerate(zip(rates, "aabbabb", strict=True))
            ]
        )
    )
    frame = parallel_coordinates.data(tables)
    assert frame["setting"].unique().tolist() == [
        "preprocessing",
        "learning rate",
        "validation accuracy",
    ]
    rate = frame[frame["setting"] == "learning rate"]
    assert set(rate["scale"]) == {"logarithmic"}
    np.testing.assert_allclose(rate["height"].iloc[:3], [0, 0.5, 1])
    named = frame[frame["setting"] == "preprocessing"].groupby("value")["height"]
    assert named.max()["a"] < 0.1
    assert named.min()["b"] > 0.9
    assert named.nunique().tolist() == [3, 4]  # bundled, not on one another


def test_a_setting_that_some_trials_lack_stands_apart():
    rows = [trial(f"{i}", dropout=d) for i, d in enumerate((0.1, 0.2, None))]
    frame = parallel_coordinates.data(SweepTables(**frames(trials=rows)))
    dropout = frame[frame["setting"] == "dropout"]
    assert dropout["value"].tolist() == ["0.1", "0.2", "not set"]
    assert dropout["height"].is_monotonic_increasing
