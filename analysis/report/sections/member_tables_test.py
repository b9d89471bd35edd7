import pytest

from analysis.report.conftest import TRIALS, write
from analysis.report.sections.member_tables import ALONE, member_blocks
from analysis.report.sweep_contents import read

SWEEP = [TRIALS[0] | {"trial": name, "seed": i, "dropout": 0.3} for i, name in enumerate("abc")]


def test_members_come_first_and_those_left_out_are_folded(full):
    inside, outside = member_blocks(read(full))
    assert [row[inside.heads.index("trial")] for row in inside.rows] == ["aaa"]
    assert inside.rows[0][inside.heads.index("coefficient")] == "1.000"
    assert [row[outside.heads.index("trial")] for row in outside.rows] == ["bbb"]
    assert outside.folded


def test_a_best_single_outside_the_ensemble_is_shown_below_the_members(full):
    write(full, "trials", SWEEP)
    rows = [
        {"trial": "c", "role": "best single", "validation_accuracy": 0.9},
        {"trial": "a", "role": "member", "rank": 1, "coefficient": 1.0},
    ]
    write(full, "members", rows)
    (inside,) = member_blocks(read(full))
    assert inside.heads[:3] == ("seed", "role", "coefficient")  # the seed alone varied
    assert [row[:2] for row in inside.rows] == [("0", "member"), ("2", "best single")]


def test_accuracy_without_copies_stands_where_there_are_some(full):
    write(full, "trials", SWEEP)
    row = {"trial": "a", "role": "member", "rank": 1, "validation_accuracy": 0.9}
    row |= {"validation_accuracy_clean": 0.9, "accuracy": 0.8, "accuracy_clean": 0.7}
    write(full, "members", [row])
    (inside,) = member_blocks(read(full))
    assert "without copies" not in inside.heads
    assert inside.rows[0][inside.heads.index("test, without copies")] == "0.700"
    write(full, "members", [row | {"validation_accuracy_clean": 0.6, "accuracy_clean": 0.8}])
    (inside,) = member_blocks(read(full))
    assert inside.rows[0][inside.heads.index("without copies")] == "0.600"
    assert "test, without copies" not in inside.heads


@pytest.mark.parametrize(
    ("rule", "members", "caption"),
    [
        ("greedy", 2, "2 members; coefficients sum to 1"),
        ("greedy", 1, "1 member"),
        ("best single", 1, ALONE),
    ],
)
def test_the_caption_says_what_the_members_are(full, rule, members, caption):
    rows = [
        {"trial": name, "role": "member", "rank": i + 1, "coefficient": 1 / members}
        for i, name in enumerate("abc"[:members])
    ]
    write(full, "trials", SWEEP)
    write(full, "members", rows)
    record = full.read_json("postprocess.json")
    full.write_json("postprocess.json", record | {"ensemble": {"rule": rule}})
    (inside,) = member_blocks(read(full))
    assert inside.caption == caption
