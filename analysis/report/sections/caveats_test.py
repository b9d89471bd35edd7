import pandas as pd
import pytest

from analysis.report.conftest import SCORES, parts, write
from analysis.report.sections.caveats import caveats_section
from analysis.report.sweep_contents import read
from results.statuses import STATUSES, UNDER_WAY

ONCE = {"when": "a", "members": ["x", "y"], "best_single": "x", "flip": False, "data": "z"}

ONCE_MORE = {
    "the same again": ({"when": "later"}, False),
    "other members": ({"members": ["x"]}, True),
    "another best single": ({"best_single": "y"}, True),
    "otherwise combined": ({"combiner": "stack"}, True),
    "mirrored": ({"flip": True}, True),
}


def general(store, reads):
    """Caveats without a heading, of a record with these readings."""
    contents = read(store)
    contents.post["test_reads"] = reads
    return parts(caveats_section(contents))[""][0].items


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


@pytest.mark.parametrize("case", ONCE_MORE)
def test_only_a_changed_choice_makes_a_second_reading_a_second_look(full, case):
    change, flatters = ONCE_MORE[case]
    items = general(full, [ONCE, ONCE | change])
    assert any("only the first choice" in item for item in items) is flatters


def test_scores_on_validation_are_said_to_flatter(full):
    frame = pd.DataFrame([*SCORES]).assign(split="validation")
    write(full, "scores", frame.astype(object).where(frame.notna(), None).to_dict("records"))
    items = parts(caveats_section(read(full)))[""][0].items
    assert any("flatter" in item for item in items)


@pytest.mark.parametrize(
    ("split", "how", "rule", "flatters", "folds"),
    [
        ("validation", "cross-validated", "stacking", True, True),
        ("validation", "measured", "best single", True, False),
        ("test", "measured", "stacking", False, False),
        ("validation", None, "stacking", False, False),
    ],
    ids=["by folds", "too few for folds", "test", "nothing scored"],
)
def test_what_scores_owe_to_the_choice_is_said_where_there_are_such(
    full, split, how, rule, flatters, folds
):
    rows = [] if how is None else [row | {"split": split, "how": how} for row in SCORES]
    write(full, "scores", rows)
    record = full.read_json("postprocess.json")
    full.write_json("postprocess.json", record | {"split": split, "ensemble": {"rule": rule}})
    text = " ".join(parts(caveats_section(read(full)))[""][0].items)
    assert ("so these flatter" in text) is flatters
    assert ("called cross-validated do so less" in text) is folds
    assert ("the single trial were chosen" in text) is (flatters and rule == "best single")


@pytest.mark.parametrize("status", STATUSES)
def test_trials_that_had_not_ended_and_those_that_failed_are_counted(full, status):
    contents = read(full)
    contents.tables["trials"] = contents.table("trials").assign(status=[status] * 2)
    text = " ".join(parts(caveats_section(contents))[""][0].items)
    assert ("2 of 2 trials had not ended when this page was made" in text) == (status in UNDER_WAY)
    assert ("2 of 2 trials failed" in text) == (status == "failed")


def test_who_was_left_out_stands_here_only_where_no_table_has_it(full):
    contents = read(full)
    contents.post["left_out"] = {"aaa": "in the table of members", "zzz": "nowhere else"}
    items = parts(caveats_section(contents))["Left out of the ensemble"][0].items
    assert items == ("zzz: nowhere else.",)
