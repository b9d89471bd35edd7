"""What every chart has in common, and what each computes."""

import math
from xml.etree import ElementTree

import pytest

from analysis.made_up_sweeps import MadeUpSweep
from analysis.report.charts import cost, curve_pair, curves, scale, setting_accuracy, svg
from analysis.report.charts.plot import Plot
from results.schema import EPOCHS, table
from results.statuses import FINISHED, STATUSES

VARIED = ("preprocessing", "learning_rate")


@pytest.fixture
def sweep():
    made = MadeUpSweep()
    made.add([0.5, 0.8], preprocessing="clahe", learning_rate=0.1, parameters=1000)
    made.add([0.4, 0.6], preprocessing="plain", learning_rate=0.001, parameters=200_000)
    made.add([0.3], status="pruned", preprocessing="plain", learning_rate=0.01, parameters=3000)
    made.add([], status="failed", preprocessing="clahe", learning_rate=9.0)
    return made


def drawings(sweep):
    trials, epochs = sweep.trials, sweep.epochs
    made = [setting_accuracy.points(trials, epochs, name, VARIED) for name in VARIED]
    return {
        "preprocessing": setting_accuracy.draw("preprocessing", made[0], 1),
        "learning_rate": setting_accuracy.draw("learning_rate", made[1], 1),
        "parameters": cost.draw("parameters", cost.points(trials, "parameters", VARIED)),
        "curves": curves.draw(curves.curves(trials, epochs, VARIED)),
    }


@pytest.mark.parametrize("name", ["preprocessing", "learning_rate", "parameters", "curves"])
def test_every_measured_trial_is_drawn_inside_and_named(sweep, name):
    root = ElementTree.fromstring(str(drawings(sweep)[name].svg))
    space = "{http://www.w3.org/2000/svg}"
    groups = root.findall(f"{space}g")
    assert {g.get("data-trial") for g in groups} == {f"{i:010x}" for i in range(3)}
    assert all(g.find(f"{space}title").text for g in groups)
    for circle in root.iter(f"{space}circle"):
        assert 0 <= float(circle.get("cx")) <= float(root.get("width"))
        assert 0 <= float(circle.get("cy")) <= float(root.get("height"))
    hollow = [
        g for g in groups if any("hollow" in c.get("class") for c in g.iter(f"{space}circle"))
    ]
    assert [g.get("data-trial") for g in hollow] == [f"{2:010x}"]


@pytest.mark.parametrize("name", ["preprocessing", "learning_rate", "parameters", "curves"])
def test_for_a_narrow_screen_it_is_drawn_anew_with_the_same_trials(sweep, name):
    made = drawings(sweep)[name]
    narrow = ElementTree.fromstring(str(made.narrow))
    assert float(narrow.get("width")) == svg.NARROW
    assert str(made.narrow).count("data-trial") == str(made.svg).count("data-trial") == 3


def level(places, words):
    """Whether names stand level below an axis with these pixels from one to the next."""
    plot = Plot(scale.names(words), scale.linear([0, 1]), "x", "y", 74 + places * len(words))
    drawn = str(plot.svg("", []))
    assert all(f">{word}</text>" in drawn for word in words)
    return "rotate(-40)" not in drawn


def test_names_that_would_run_into_one_another_are_turned():
    words = ("CPCPF", "CCPFF")  # five letters of 6.7 pixels each, and 8 between them: 41.5
    assert level(42, words)
    assert not level(41, words)


def test_numbers_that_would_run_into_one_another_are_written_at_every_other_tick():
    axis = scale.Scale(-0.5, 3.5, tuple((float(i), "100000") for i in range(4)))

    def written(width):  # six letters take 40.2 pixels and 8 between them; 74 are not the axis
        plot = Plot(axis, scale.linear([0, 1]), "x", "y", width)
        return str(plot.svg("", [])).count(">100000<")

    assert written(74 + 4 * 49) == 4
    assert written(74 + 4 * 48) == 2


def test_nothing_in_a_drawing_needs_a_style_or_a_script(sweep):
    for chart in drawings(sweep).values():
        assert not {"style=", "<script", "onload", "href"} & set(str(chart.svg).split())
        assert "style=" not in chart.svg


def test_text_is_escaped():
    made = MadeUpSweep()
    made.add([0.5], architecture="<script>alert(1)</script>")
    made.add([0.4], architecture="&amp;")
    points = setting_accuracy.points(made.trials, made.epochs, "architecture", ("architecture",))
    svg = str(setting_accuracy.draw("architecture", points, 1).svg)
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg
    assert "&amp;amp;" in svg


def test_points_are_at_the_common_epoch_and_at_the_best(sweep):
    assert setting_accuracy.common_epoch(sweep.trials) == 1
    points = setting_accuracy.points(sweep.trials, sweep.epochs, "learning_rate", VARIED)
    assert [(p.value, p.common, p.best, p.finished) for p in points] == [
        (0.1, 0.5, 0.8, True),
        (0.001, 0.4, 0.6, True),
        (0.01, 0.3, 0.3, False),
    ]
    assert points[0].name == "clahe, lr 0.1"


def test_a_trial_whose_common_epoch_is_not_recorded_is_drawn_without_it(sweep):
    points = setting_accuracy.points(sweep.trials, sweep.epochs.head(0), "preprocessing", VARIED)
    assert all(math.isnan(p.common) for p in points)
    assert "link" not in str(setting_accuracy.draw("preprocessing", points, 1).svg)


def test_curves_are_in_the_order_of_their_best(sweep):
    made = curves.curves(sweep.trials, sweep.epochs, VARIED)
    assert [(c.place, c.points) for c in made] == [
        (1, ((1, 0.5), (2, 0.8))),
        (2, ((1, 0.4), (2, 0.6))),
        (3, ((1, 0.3),)),
    ]


def test_a_cost_that_is_not_known_is_not_drawn(sweep):
    assert [p.cost for p in cost.points(sweep.trials, "parameters", VARIED)] == [
        1000,
        200_000,
        3000,
    ]
    assert cost.points(sweep.trials, "images_per_second", VARIED) == []


def test_two_trials_are_drawn_over_each_other_on_training_and_on_validation():
    tables = []
    for train in ((0.5, 0.9), (None, None)):
        rows = [
            {"trial": "t", "epoch": epoch, "validation_accuracy": 0.25 * epoch, "train_accuracy": t}
            for epoch, t in enumerate(train, 1)
        ]
        tables.append(table(EPOCHS, rows).to_pandas())
    made = curve_pair.curves(tables, ("t", "t"), ("one", "<two>"), "accuracy")
    assert [(c.name, c.part, c.points) for c in made] == [
        ("one", "validation", ((1, 0.25), (2, 0.5))),
        ("one", "train", ((1, 0.5), (2, 0.9))),
        ("<two>", "validation", ((1, 0.25), (2, 0.5))),
    ]
    chart = curve_pair.draw(made, "accuracy")
    root = ElementTree.fromstring(str(chart.svg))
    lines = [line.get("class") for line in root.iter("{http://www.w3.org/2000/svg}polyline")]
    assert lines == ["curve best", "curve best stopped", "curve best second"] * 2  # and their key
    assert "one in blue and <two> in orange" in chart.caption
    assert curve_pair.curves(tables, (None, "absent"), ("one", "two"), "accuracy") == []
    assert curve_pair.curves(tables, ("t", "t"), ("one", "two"), "loss") == []


DONE, PRUNED, RUNNING, FAILED = "completed", "pruned", "running", "failed"

CAPTIONS = {
    "one trial": ([DONE], ("1 measured trial",), ("trials", "strongly", "dashed", "hollow")),
    "all to their end": ([DONE] * 3, ("3 measured trials",), ("dashed", "hollow", "stopped")),
    "one was stopped": ([DONE, DONE, PRUNED], ("not trained to the end (1)",), ("stopped",)),
    "one runs, one failed": (
        [DONE, RUNNING, FAILED],
        ("not trained to the end (2)",),
        ("stopped early",),
    ),
}
"""Statuses -> what each caption says, and what none says."""


@pytest.mark.parametrize("situation", CAPTIONS)
def test_a_caption_speaks_of_what_is_drawn_alone(situation):
    statuses, printed, absent = CAPTIONS[situation]
    made = MadeUpSweep()
    for i, status in enumerate(statuses):
        rate = 0.01 * (i + 1)
        made.add([0.1 * i + 0.1], status, learning_rate=rate, parameters=1000)
    trials, epochs = made.trials, made.epochs
    points = setting_accuracy.points(trials, epochs, "learning_rate", VARIED)
    charts = [
        setting_accuracy.draw("learning_rate", points, 1),
        cost.draw("parameters", cost.points(trials, "parameters", VARIED)),
        curves.draw(curves.curves(trials, epochs, VARIED)),
    ]
    for chart in charts:
        assert [words for words in printed if words not in chart.caption] == []
        spoken = chart.caption.replace("every measured trial", "")
        assert [words for words in absent if words in spoken] == []


@pytest.mark.parametrize("status", STATUSES)
def test_what_was_not_trained_to_its_end_is_hollow_and_counted_whatever_its_status(status):
    made = MadeUpSweep()
    made.add([0.5, 0.6], learning_rate=0.1, parameters=10)
    made.add([0.4], status, learning_rate=0.2, parameters=20)
    points = setting_accuracy.points(made.trials, made.epochs, "learning_rate", VARIED)
    for chart in (
        setting_accuracy.draw("learning_rate", points, 1),
        cost.draw("parameters", cost.points(made.trials, "parameters", VARIED)),
        curves.draw(curves.curves(made.trials, made.epochs, VARIED)),
    ):
        assert ("hollow" in str(chart.svg)) == (status not in FINISHED)
        assert ("not trained to the end (1)" in chart.caption) == (status not in FINISHED)


def test_a_trial_that_time_ended_is_hollow():
    made = MadeUpSweep()
    made.add([0.5, 0.6], learning_rate=0.1, parameters=10)
    made.add([0.4], "stopped_early", learning_rate=0.2, parameters=20)
    made.trial_rows[1]["ended_by"] = "time"
    drawn = curves.draw(curves.curves(made.trials, made.epochs, VARIED))
    assert "not trained to the end (1)" in drawn.caption


def test_no_small_mark_is_explained_where_all_were_best_at_the_common_epoch():
    made = MadeUpSweep()
    made.add([0.5, 0.6], learning_rate=0.1)
    made.add([0.3, 0.4], learning_rate=0.2)
    points = setting_accuracy.points(made.trials, made.epochs, "learning_rate", VARIED)
    assert "small" not in setting_accuracy.draw("learning_rate", points, 2).caption


def test_a_trial_of_one_epoch_has_no_line_that_could_be_dashed_or_strong():
    made = MadeUpSweep()
    made.add([0.4], "pruned", learning_rate=0.1)
    made.add([0.5], "pruned", learning_rate=0.2)
    words = curves.draw(curves.curves(made.trials, made.epochs, VARIED)).caption
    assert words.endswith("2 measured trials; hollow: not trained to the end (2).")
    made.add([0.3, 0.6], "pruned", learning_rate=0.3)
    words = curves.draw(curves.curves(made.trials, made.epochs, VARIED)).caption
    assert "the best is drawn strongly; dashed, and hollow at the end: not trained" in words


def test_of_equally_accurate_trials_the_leader_of_the_leaderboard_is_drawn_strongly():
    made = MadeUpSweep()
    first, second = (made.add([0.4, 0.5], learning_rate=rate) for rate in (0.1, 0.2))
    made.trial_rows[1]["validation_loss"] = 0.1  # the other's is 0.5
    drawn = curves.curves(made.trials, made.epochs, VARIED)
    assert [curve.trial for curve in drawn] == [second, first]


def test_small_marks_are_explained_where_there_are_any(sweep):
    points = setting_accuracy.points(sweep.trials, sweep.epochs, "preprocessing", VARIED)
    assert "small: at epoch 1" in setting_accuracy.draw("preprocessing", points, 1).caption
    points = setting_accuracy.points(sweep.trials, sweep.epochs.head(0), "preprocessing", VARIED)
    assert "small" not in setting_accuracy.draw("preprocessing", points, 1).caption
