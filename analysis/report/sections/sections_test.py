import dataclasses

import pandas as pd
import pytest

from analysis.report.conftest import CLASSES, SCORES, TRIALS, score, write
from analysis.report.sections.caveats import caveats_section
from analysis.report.sections.ensemble_tables import ensemble_section
from analysis.report.sections.headline import headline
from analysis.report.sections.run_record import SPEEDS, run_record_section
from analysis.report.sections.trial_tables import leaderboard_section, verdicts_section
from analysis.report.sweep_contents import read
from results.schema import PREDICTIONS, table

DASH = "\N{EN DASH}"


ONCE = {"when": "a", "members": ["x", "y"], "best_single": "x", "flip": False, "data": "z"}


def answer_of(store):
    """The headline's sentences and its note, which come last."""
    return [text.words for text in headline(read(store))[-2:]]


def general(store, reads):
    """Caveats without a heading, of a record with these readings."""
    contents = read(store)
    contents.post["test_reads"] = reads
    return parts(caveats_section(contents))[""][0].items


def parts(section):
    return {part.title: part.blocks for part in section.parts}


def test_members_come_first_and_those_left_out_are_folded(full):
    inside, outside = parts(ensemble_section(read(full)))["Members"]
    assert [row[0] for row in inside.rows] == ["aaa"]
    assert inside.rows[0][inside.heads.index("coefficient")] == "1.000"
    assert [row[0] for row in outside.rows] == ["bbb"]
    assert outside.folded


def test_a_best_single_outside_the_ensemble_is_shown_below_the_members(full):
    rows = [
        {"trial": "ccc", "role": "best single", "validation_accuracy": 0.9},
        {"trial": "aaa", "role": "member", "rank": 1, "coefficient": 1.0},
    ]
    write(full, "members", rows)
    (inside,) = parts(ensemble_section(read(full)))["Members"]
    assert [row[:2] for row in inside.rows] == [("aaa", "member"), ("ccc", "best single")]


def test_the_chosen_rule_is_marked_and_an_unknown_figure_is_a_dash(full):
    sentence, rules, _ = parts(ensemble_section(read(full)))["Rules compared"]
    assert sentence.words == "The simplest of the best."
    assert rules.rows[0][:2] == ("greedy", "0.7100")
    assert rules.rows[1][1] == DASH
    assert rules.marked == {0}


def test_scores_stand_side_by_side(full):
    scores, comparison = parts(ensemble_section(read(full)))["Scores"]
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
    assert calibration.rows == (("ECE", "0.090", "0.020", DASH, DASH),)


def test_classes_and_further_measures_and_every_number(full):
    by_title = parts(ensemble_section(read(full)))
    (classes,) = by_title["Class by class"]
    assert classes.rows[1] == (CLASSES[1], "4", "0.500", DASH, "0.250", DASH)
    further, everything = by_title["Diversity and further measures"]
    assert further.rows == (("disagreement", "0.120", "measured"),)
    assert len(everything.rows) == len(SCORES)


@pytest.mark.parametrize(
    ("gain", "p", "unsure"),
    [((0.01, 0.2), 0.03, False), ((-0.01, 0.2), 0.03, True), ((0.01, 0.2), 0.08, True)],
)
def test_the_headline_says_when_a_gain_may_be_chance(full, gain, p, unsure):
    rows = [*SCORES[:2], score("ensemble", "accuracy_gain", 0.1, ends=gain)]
    write(full, "scores", [*rows, score("ensemble", "mcnemar_p", p)])
    answer = answer_of(full)[0]
    assert answer.endswith("The difference may be chance.") is unsure


def test_the_headline_says_what_is_cross_validated(full):
    rows = [score("ensemble", "accuracy", 0.8, how="cross-validated"), SCORES[1]]
    write(full, "scores", rows)
    answer, note = answer_of(full)
    assert "the ensemble of 0.800 (cross-validated): a gain of +0.100." in answer
    assert "not looked at" in note


def test_the_headline_of_test_gives_the_gain_on_validation_too(full):
    gain = score("ensemble", "accuracy_gain", 0.05, how="cross-validated, paired with aaa")
    validation = [gain | {"split": "validation"}]
    validation.append(score("ensemble", "mcnemar_p", 0.4) | {"split": "validation"})
    write(full, "scores", [*SCORES, *validation])
    _, note = answer_of(full)
    assert "On validation (n = 10, cross-validated) the gain is +0.050" in note
    assert note.endswith("McNemar's test p = 0.400.")


def test_one_member_is_no_ensemble(full):
    record = full.read_json("postprocess.json")
    members = {"members": [{"trial": "aaa", "coefficient": 1.0}]}
    full.write_json("postprocess.json", record | {"ensemble": record["ensemble"] | members})
    answer, _ = answer_of(full)
    assert "the best single model has an accuracy of 0.700" in answer
    assert "There is no ensemble" in answer


def test_the_board_takes_the_accuracy_without_copies_from_predictions(full):
    rows = [
        {"label": 0, "probability": [0.9, 0.1], "also_in_training": True},
        {"label": 1, "probability": [0.9, 0.1], "also_in_training": False},
        {"label": 1, "probability": [0.1, 0.9], "also_in_training": False},
    ]
    full.write_table("predictions/aaa.parquet", table(PREDICTIONS, rows))
    (board, note) = leaderboard_section(read(full)).parts[0].blocks
    assert dict(zip(board.heads, board.rows[0], strict=True))["without copies"] == "0.500"
    assert note.words.startswith("Of 2 trials, 1 completed and 1 failed.")
    full.delete("scores.parquet")
    assert "Without exact copies of training images it is 0.500." in answer_of(full)[1]


def test_a_long_board_is_cut_and_says_so(full):
    rows = [TRIALS[0] | {"trial": f"t{i}", "number": i} for i in range(60)]
    write(full, "trials", rows)
    board = leaderboard_section(read(full)).parts[0].blocks[0]
    assert len(board.rows) == 50
    assert "the best 50 of 60, all are in leaderboard.md" in board.caption


def test_verdicts_with_their_evidence_and_failures(full):
    counts, judged = parts(verdicts_section(read(full)))[""]
    (failed,) = parts(verdicts_section(read(full)))["Failures"]
    assert counts.words == "1 \N{MULTIPLICATION SIGN} overfit."
    assert judged.rows[0][2:4] == ("overfit", "training 0.99 against 0.71")
    assert failed.rows[0][0] == "bbb"


@pytest.mark.parametrize(
    ("reads", "sentence"),
    [
        ([], "The test split was not read."),
        (
            [{"when": "a", "choice": "b"}, {"when": "c", "choice": "d"}],
            "The test split was looked at 2 times (a: b; c: d).",
        ),
        (
            [ONCE, ONCE | {"when": "c"}],
            "The test split was looked at 2 times (a: members x, y; best single "
            "x; c: members x, y; best single x).",
        ),
    ],
)
def test_readings_of_the_test_split_are_caveats(full, reads, sentence):
    assert sentence in general(full, reads)


ONCE_MORE = {
    "the same again": ({"when": "later"}, False),
    "other members": ({"members": ["x"]}, True),
    "another best single": ({"best_single": "y"}, True),
    "otherwise combined": ({"combiner": "stack"}, True),
    "mirrored": ({"flip": True}, True),
}


@pytest.mark.parametrize("case", ONCE_MORE)
def test_only_a_changed_choice_makes_a_second_reading_a_second_look(full, case):
    change, flatters = ONCE_MORE[case]
    items = general(full, [ONCE, ONCE | change])
    assert any("only the first choice" in item for item in items) is flatters


def test_what_was_timed_is_what_is_shown():
    from analysis.explain.evaluation.cost import Cost

    names = [field.name for field in dataclasses.fields(Cost)]
    assert ["prediction", *SPEEDS] == [name for name in names if not name.endswith("_ratio")]
    assert [f"{name}_ratio" for name in SPEEDS] == [n for n in names if n.endswith("_ratio")]


def test_an_older_or_odd_record_of_speed_is_no_line(full):
    for speed in ({}, {"predict": 5}, {"prediction": None}):
        contents = read(full)
        contents.post["speed"] = speed
        facts = run_record_section(contents).parts[2].blocks[0].pairs
        assert "speed" not in dict(facts)


def test_scores_on_validation_are_said_to_flatter(full):
    frame = pd.DataFrame([*SCORES]).assign(split="validation")
    write(full, "scores", frame.astype(object).where(frame.notna(), None).to_dict("records"))
    items = parts(caveats_section(read(full)))[""][0].items
    assert any("flatter" in item for item in items)
