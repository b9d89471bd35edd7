import pandas as pd

from analysis.figures import ensembles
from analysis.figures.sample_sweeps import scored, sweep
from analysis.figures.sweep_tables import SweepTables


def test_rules_stand_in_their_order_with_one_standard_error():
    frame = ensembles.rules(SweepTables(**scored()))
    assert frame["rule"].tolist() == ["best single", "soft vote"]
    assert frame["low"].tolist() == [0.48, 0.6]
    assert frame["chosen"].tolist() == [False, True]
    assert "Taken: soft vote, 60.0 %." in ensembles.rules_caption(frame)


def test_the_gain_names_members_and_speaks_of_the_paired_test():
    frame = ensembles.gains(SweepTables(**sweep(2) | scored()))
    every = frame[frame["images"] == "all"]
    assert every["who"].tolist() == ["gone", "0000000000", "best single", "ensemble"]
    assert every["name"].iloc[1] == "cnn5, plain, lr 0.00346, batch norm False · 0000"
    assert "+10.0 points (+40.0 to +70.0); McNemar's p = 0.03" in ensembles.gains_caption(frame)


def test_the_test_split_is_drawn_where_it_was_scored():
    made = scored()["scores"]
    both = pd.concat([made, made.assign(split="test", value=made["value"] / 2)])
    frame = ensembles.gains(SweepTables(scores=both))
    assert set(frame["split"]) == {"test"}
    assert frame["accuracy"].max() == 0.3
