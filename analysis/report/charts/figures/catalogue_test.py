"""What every drawing of a figure has in common, over every kind of sweep; and what each shows."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.figures import importance
from analysis.figures.figure_catalogue import FIGURES
from analysis.figures.sample_sweeps import (
    CASES,
    answered,
    epoch,
    explained,
    frames,
    record,
    scored,
    trial,
)
from analysis.figures.sweep_tables import SweepTables
from analysis.report.charts import svg
from analysis.report.charts.figures.catalogue import DRAWINGS, chart
from analysis.report.charts.figures.confusion import MOST_CLASSES

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True, scope="module")
def few_shuffles():
    """Importances are drawn here; what they are is tested where they are computed."""
    importance.importances.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importance, "SHUFFLES", 1)
        yield
    importance.importances.cache_clear()


def roots(made):
    """The drawings of a chart."""
    return list(ElementTree.fromstring(f"<div>{made.svg}</div>"))


def narrow_roots(made):
    """The same for a screen of 420 pixels."""
    return list(ElementTree.fromstring(f"<div>{made.narrow}</div>"))


def classes(made, tag):
    return [e.get("class") for root in roots(made) for e in root.iter(f"{SPACE}{tag}")]


def words(made):
    return [e.text for root in roots(made) for e in root.iter(f"{SPACE}text")]


def titles(made):
    return [e.text for root in roots(made) for e in root.iter(f"{SPACE}title")]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", DRAWINGS)
def test_it_is_drawn_where_the_picture_is_and_all_of_it_lies_inside(name, case):
    figure, tables = FIGURES[name], CASES[case]
    made = chart(name, tables)
    if tables.missing(figure.needs) or (frame := figure.data(tables)).empty:
        assert made is None
        return
    assert (made.caption, made.title) == (figure.caption(frame), figure.title)
    drawn = [*roots(made), *(narrow_roots(made) if DRAWINGS[name].adapts else [])]
    for root in drawn:
        width, height = float(root.get("width")), float(root.get("height"))
        for element in root.iter():
            for ends, most in ((("x", "x1", "x2", "cx"), width), (("y", "y1", "y2", "cy"), height)):
                assert all(0 <= float(element.get(end, 0)) <= most for end in ends)
        lines = [e for tag in ("polyline", "polygon") for e in root.iter(f"{SPACE}{tag}")]
        points = " ".join(line.get("points") for line in lines)
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
        for box in root.iter(f"{SPACE}rect"):
            assert float(box.get("width")) >= 0
            assert float(box.get("height")) >= 0
            assert float(box.get("x")) + float(box.get("width")) <= width
            assert float(box.get("y")) + float(box.get("height")) <= height
    assert not re.search(r"style=|<script|onload|href|nan", str(made.svg))


@pytest.mark.parametrize("name", [name for name in DRAWINGS if DRAWINGS[name].adapts])
def test_on_a_narrow_screen_it_fits_and_shows_the_same(name):
    made = chart(name, CASES["everything"])
    assert len(narrow_roots(made)) == len(roots(made))
    for usual, narrow in zip(roots(made), narrow_roots(made), strict=True):
        assert float(narrow.get("width")) <= svg.NARROW
        titles = [[title.text for title in root.iter(f"{SPACE}title")] for root in (usual, narrow)]
        assert titles[0] == titles[1]


@pytest.mark.parametrize("name", ["parallel_coordinates", "rungs", "ensemble_against_members"])
def test_every_trial_in_it_lights_up_with_the_rest_of_the_page(name):
    tables = CASES["everything"]
    frame = FIGURES[name].data(tables)
    trials = frame["trial"] if "trial" in frame else frame.loc[frame["kind"] == "member", "who"]
    groups = [
        g.get("data-trial") for root in roots(chart(name, tables)) for g in root.iter(f"{SPACE}g")
    ]
    assert set(filter(None, groups)) == set(trials)


def test_names_with_markup_stay_text():
    made = chart("recall", CASES["hostile"])
    assert "&lt;b&gt;&amp;" in str(made.svg)
    assert "<b>&" in " ".join(words(made))


def test_confusion_has_counts_shares_and_the_accuracy_of_each_matrix():
    right = [0] * 8 + [1] * 2  # ten images of class 0, two of them taken for class 1
    rows = answered(("x", "y"), 12)["answers"].assign(
        label=[0] * 10 + [1] * 2, prediction=[*right, 1, 1], best_single=[0] * 10 + [1, 0]
    )
    made = chart("confusion", SweepTables(answers=rows, record=record(("x", "y"))))
    assert [root.get("aria-label").split(".")[0] for root in roots(made)] == [
        "ensemble",
        "best single",
    ]
    assert [w for w in words(made) if w in ("8", "80 %", "2", "20 %", "100 %")] == [
        *("8", "80 %", "2", "20 %", "2", "100 %"),  # 8 of 10, 2 of 10, 2 of 2
        *("100 %",),  # 10 of 10; then 1 and 1 of 2
    ]
    assert words(made)[0] == "ensemble: 0.833 [0.552, 0.953] right, n = 12"
    assert "x taken for y: 2 of 10" in titles(made)
    assert made.folded


def test_more_classes_than_fit_are_left_to_the_picture_file():
    names = [f"class {i}" for i in range(MOST_CLASSES + 1)]
    made = SweepTables(**answered(names, 200), record=record(names))
    assert chart("confusion", made) is None
    assert chart("recall", made) is not None


def test_recall_of_one_model_alone_needs_no_second_mark():
    alone = [{"rule": "best single", "accuracy": 0.5, "members": 1, "chosen": True}]
    both = chart("recall", SweepTables(**answered()))
    one = chart("recall", SweepTables(**answered(), choice=alone))
    assert {"dot", "dot second"} == set(classes(both, "circle"))
    assert {"dot second"} == set(classes(one, "circle"))
    assert "ensemble" not in words(one)


def test_rules_stand_with_the_one_taken_filled_and_a_line_at_the_highest():
    made = chart("ensemble_rules", CASES["everything"])
    assert titles(made) == ["best single: 0.5000", "soft vote: 0.6000, taken"]
    dots = [c for c in classes(made, "circle") if c.startswith("dot")]
    assert dots == ["dot hollow", "dot", "dot", "dot hollow"]  # two rules, then the key
    assert classes(made, "line").count("axis stopped") == 1


def test_gains_show_clean_images_only_where_they_are_fewer():
    made = scored()["scores"]
    assert "without copies" not in words(
        chart("ensemble_against_members", SweepTables(scores=made))
    )
    fewer = made.assign(n=np.where(made["images"] == "clean", 90, 100))
    drawn = chart("ensemble_against_members", SweepTables(scores=fewer))
    assert "without copies" in words(drawn)
    assert "ensemble, without copies: 0.600 [0.400, 0.700] (n = 90)" in titles(drawn)


def test_importance_is_a_bar_a_setting_and_a_line_for_chance():
    tables = CASES["200 trials"]
    frame = FIGURES["importance"].data(tables)
    made = chart("importance", tables)
    filled = [c for c in classes(made, "rect") if c == "bar"]
    beyond = int(frame["beyond"].sum())
    assert len(filled) == beyond + (beyond > 0)  # and in the key
    assert classes(made, "line").count("bound") == len(frame) + 1


def test_what_takes_seconds_is_computed_once_for_page_and_picture():
    tables = CASES["everything"]
    first = FIGURES["importance"].data(tables)
    before = importance.importances.cache_info()
    again = FIGURES["importance"].data(tables)
    after = importance.importances.cache_info()
    assert first.equals(again)
    assert after.misses == before.misses
    assert after.hits > before.hits


def test_of_equally_accurate_trials_the_leader_of_the_leaderboard_is_drawn_as_the_best():
    rows = [
        trial("a", validation_loss=0.9, preprocessing="plain"),
        trial("b", validation_loss=0.4, preprocessing="clahe"),
        trial("c", "pruned", 0.3, preprocessing="clahe"),
    ]
    made = chart("parallel_coordinates", SweepTables(**frames(trials=rows)))
    assert "the best, 0.500, had preprocessing clahe" in made.caption
    ways = {
        g.get("data-trial"): g.find(f"{SPACE}polyline").get("class")
        for g in roots(made)[0].iter(f"{SPACE}g")
    }
    assert ways == {"c": "way stopped", "a": "way", "b": "way best"}


def test_a_line_is_interrupted_where_a_trial_has_no_such_setting():
    rows = [
        trial(f"{i}", accuracy=0.1 * i, momentum=m, number=i, optimizer=o)
        for i, (m, o) in enumerate(
            [(0.1 * j, "sgd") for j in range(8)] + [(None, "adam"), (None, "adam")]
        )
    ]
    made = chart("parallel_coordinates", SweepTables(**frames(trials=rows)))
    pieces = {
        g.get("data-trial"): len(g.findall(f"{SPACE}polyline"))
        for g in roots(made)[0].iter(f"{SPACE}g")
    }
    assert pieces["9"] == 2
    assert pieces["0"] == 1


def test_rungs_say_who_went_on():
    rows = [
        trial(str(i), "completed" if i else "pruned", 0.5 + 0.1 * i, number=i)
        | {"epochs_trained": 2 if i else 1}
        for i in range(3)
    ]
    made = [epoch(str(i), 1, 0.5 + 0.1 * i) for i in range(3)]
    drawn = chart("rungs", SweepTables(**frames(trials=rows, epochs=made), record=record()))
    assert "after epoch 1: 2 of 3 went on" in words(drawn)
    assert "0.500 after epoch 1, ended here" in titles(drawn)
    assert "not ended" not in words(drawn)


def regions(**changes):
    """The shares of class x, answered rightly 9 times and wrongly 4 times: 0.3 on the mouth."""
    base = {"member": "ensemble", "method": "hirescam", "rule": "prediction", "label": 0}
    base |= {"region": "mouth", "low": 0.2, "high": 0.4, "uniform": 0.1, "centre": 0.15}
    rows = [
        base | {"correct": correct, "n": n, "share": share, "masks": "drawn"} | changes
        for correct, n, share in ((True, 9, 0.3), (False, 4, 0.25))
    ]
    return SweepTables(**frames(regions=rows), record=record(("x",)))


def test_regions_have_a_bar_for_right_and_one_for_wrong_answers_and_both_baselines():
    made = chart("regions", regions())
    assert titles(made) == [
        "x, mouth, 4 wrong answers: 0.250 [0.200, 0.400]",
        "x, mouth, 9 right answers: 0.300 [0.200, 0.400]",
        "mouth: uniform map 0.100, Gaussian at the centre 0.150",
    ]
    assert {"9 right", "4 wrong"} <= set(words(made))
    assert classes(made, "rect") == ["bar", "bar hollow", "bar hollow", "bar"]  # the key first
    heights = [float(b.get("height")) for b in roots(made)[0].iter(f"{SPACE}rect")][2:]
    assert heights[1] / heights[0] == pytest.approx(0.3 / 0.25, abs=0.01)  # bars begin at 0
    assert "HiResCAM maps" in made.caption


def test_regions_without_interval_or_baseline_are_bars_alone():
    made = chart("regions", regions(low=None, high=None, uniform=None, centre=None))
    assert classes(made, "line").count("error") == 0
    assert classes(made, "polygon") == []
    assert "x, mouth, 9 right answers: 0.300" in titles(made)


def test_the_regions_of_more_classes_than_fit_are_left_to_the_picture_file():
    names = [f"class {i}" for i in range(MOST_CLASSES + 1)]
    assert chart("regions", SweepTables(**explained(names), record=record(names))) is None


def test_trust_is_a_panel_a_measure_with_the_better_baseline_as_its_line():
    rows = [
        {"image_id": image, "split": "test", "label": 0, "member": "ensemble", "method": method}
        | {"deletion": value + step}
        for method, value in (("hirescam", 0.2), ("random", 0.7), ("centre", 0.5))
        for image, step in (("i", 0.0), ("j", 0.1))
    ]
    made = chart("faithfulness", SweepTables(**frames(faithfulness=rows)))
    assert len(roots(made)) == 1
    assert {"deletion", "mean, n = 2", "HiResCAM", "random cells"} <= set(words(made))
    assert titles(made)[-1] == "HiResCAM: 0.250 [0.152, 0.348] (n = 2)"  # +-1.96 sd / sqrt 2
    (line,) = (e for e in roots(made)[0].iter(f"{SPACE}line") if e.get("class") == "axis stopped")
    centre = list(roots(made)[0].iter(f"{SPACE}circle"))
    at = {c.get("cx") for c in centre if c.get("class") == "dot second hollow"}
    assert line.get("x1") in at
    assert float(line.get("x1")) == min(map(float, at))  # of deletion, the lower is the better
    assert "Best deletion: HiResCAM 0.25 (baselines: " in made.caption


def test_numbers_of_images_stand_beside_methods_where_they_differ():
    rows = [
        {"image_id": str(i), "split": "test", "label": 0, "member": "m", "method": method}
        | {"insertion": 0.5}
        for method, n in (("gradcam", 3), ("occlusion", 2))
        for i in range(n)
    ]
    made = chart("faithfulness", SweepTables(**frames(faithfulness=rows)))
    assert "mean, n = 2 to 3" in words(made)
    assert {"2", "3"} <= set(words(made))


def test_the_seed_project_s_binary_accuracies_are_squares_and_their_estimate_a_bar():
    tables = SweepTables(**frames(trials=[trial("a", accuracy=0.583)]), record=record())
    made = chart("seed_project", tables)
    boxes = classes(made, "rect")
    assert boxes.count("bar second") == 1 + 2  # the key, then two figures
    assert boxes.count("bar hollow other") == 1 + 2
    assert classes(made, "circle").count("dot second") == 1 + 4
    assert "seed: VGG16, origin model: 0.50 to 0.53 (estimated), binary accuracy 0.885" in titles(
        made
    )
    assert "ours: 5-layer CNN: 0.583 [0.483, 0.683]" in titles(made)
