from analysis.made_up_sweeps import MadeUpSweep
from analysis.report.cross_table import Cell, cross, tables


def made():
    sweep = MadeUpSweep()
    sweep.add([0.9], architecture="cnn5", preprocessing="clahe")
    sweep.add([0.8], architecture="cnn5", preprocessing="clahe", seed=1)
    sweep.add([], status="running", architecture="cnn5", preprocessing="plain")
    sweep.add([0.7], architecture="vgg", preprocessing="clahe")
    return sweep


def test_every_pair_of_values_has_a_cell():
    cells = cross(made().trials, "architecture", "preprocessing")
    assert cells == {
        ("cnn5", "clahe"): Cell(2, 0.9),
        ("cnn5", "plain"): Cell(1, None),
        ("vgg", "clahe"): Cell(1, 0.7),
        ("vgg", "plain"): Cell(0, None),
    }


def test_the_table_says_never_where_nothing_was_tried():
    (table,) = tables(made().trials, ("architecture", "preprocessing", "seed"))
    assert table.heads == ("architecture", "clahe", "plain")
    assert table.rows == (("cnn5", "0.900 (2)", "\N{EN DASH} (1)"), ("vgg", "0.700 (1)", "never"))


def test_a_setting_with_many_values_has_no_table():
    sweep = MadeUpSweep()
    for i in range(9):
        sweep.add([0.5], learning_rate=0.01 * (1 + i), optimizer=("sgd", "adam")[i % 2])
    assert tables(sweep.trials, ("optimizer", "learning_rate")) == []
