import pytest

from analysis.report.conftest import CLASSES, SCORES, parts, write
from analysis.report.sections.ensemble_tables import ensemble_section
from analysis.report.sweep_contents import read

DASH = "\N{EN DASH}"
AGAINST = "Ensemble against best single model"


def test_the_chosen_rule_is_marked_and_an_unknown_figure_is_a_dash(full):
    sentence, rules = parts(ensemble_section(read(full)))["Rules compared"]
    assert sentence.words == "The simplest of the best."
    assert rules.rows[0][:2] == ("greedy", "0.7100")
    assert rules.rows[1][1] == DASH
    assert rules.marked == {0}


def test_scores_stand_side_by_side(full):
    by_title = parts(ensemble_section(read(full)))
    (scores,), (comparison,) = by_title["Scores"], by_title[AGAINST]
    assert scores.rows[0] == (
        "accuracy",
        "0.800 [0.700, 0.900]",
        "0.700 [0.600, 0.800]",
        "0.750 [0.600, 0.900]",
        "0.625 [0.500, 0.700]",
    )
    assert scores.caption == (
        "On the test split; all images: n = 10; clean images: n = 8; ensemble: measured; "
        "best single: measured"
    )
    assert comparison.rows == (
        ("gain in accuracy", "+0.100 [+0.010, +0.200]", DASH),
        ("McNemar's test, p", "0.032", DASH),
        ("images that only the ensemble gets right", "3", DASH),
    )


def test_calibration_before_and_after(full):
    (calibration,) = parts(ensemble_section(read(full)))["Calibration"]
    assert calibration.rows == (
        ("ECE, ensemble", "0.090", "0.020"),
        ("ECE, best single", DASH, DASH),
    )


def test_classes_and_further_measures_and_every_number(full):
    by_title = parts(ensemble_section(read(full)))
    classes, further, everything = by_title["More numbers"]
    assert classes.rows[1] == (CLASSES[1], "4", "0.500", DASH, "0.250", DASH)
    assert further.rows == (("disagreement", "0.120", "measured"),)
    assert len(everything.rows) == len(SCORES)


def test_where_no_image_is_a_copy_clean_images_have_no_columns(full):
    rows = [row | {"n": 10} for row in SCORES]
    write(full, "scores", rows)
    by_title = parts(ensemble_section(read(full)))
    (scores,), (comparison,) = by_title["Scores"], by_title[AGAINST]
    assert scores.heads == ("measure", "ensemble, all", "best single, all")
    assert scores.rows[0] == ("accuracy", "0.800 [0.700, 0.900]", "0.700 [0.600, 0.800]")
    assert comparison.heads == ("measure", "all images")


@pytest.mark.parametrize(("rule", "alone"), [("greedy", False), ("best single", True)])
def test_nothing_is_held_against_itself_where_the_single_model_was_taken(full, rule, alone):
    record = full.read_json("postprocess.json")
    full.write_json("postprocess.json", record | {"ensemble": {"rule": rule}})
    by_title = parts(ensemble_section(read(full)))
    (scores,) = by_title["Scores"]
    assert ("there is no ensemble" in scores.caption) is alone
    assert (AGAINST not in by_title) is alone
