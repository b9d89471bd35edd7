import pytest

from analysis.report.conftest import CLASSES, score, write
from analysis.report.sweep_contents import mapping, objects, read


def test_a_table_that_is_absent_has_columns_and_no_rows(empty):
    table = read(empty).table("scores")
    assert table.empty
    assert "metric" in table.columns


def test_what_is_absent_is_no_problem_and_what_is_damaged_is_one(empty):
    assert read(empty).problems == []
    empty.write_bytes("scores.parquet", b"PAR1 torn")
    empty.write_bytes("sweep.json", b"{")
    contents = read(empty)
    assert contents.sweep == {}
    assert contents.table("scores").empty
    assert len(contents.problems) == 2


@pytest.mark.parametrize(
    ("scored", "requested", "split"),
    [
        ([], "test", "test"),
        ([], None, ""),
        (["validation", "test"], "validation", "validation"),
        (["validation", "test"], None, "test"),
        (["validation"], "test", "validation"),
    ],
)
def test_the_split_is_the_requested_one_where_it_was_scored(empty, scored, requested, split):
    write(empty, "scores", [score("a", "ece", 0.1) | {"split": name} for name in scored])
    empty.write_json("postprocess.json", {"split": requested})
    assert read(empty).split == split


def test_a_class_without_a_name_is_called_by_its_number(full, empty):
    contents = read(full)
    assert contents.class_name(0) == CLASSES[0]
    assert contents.class_name(7) == "7"
    full.delete("sweep.json")
    assert read(full).class_name(0) == "0"


def test_json_of_another_type_is_nothing():
    assert mapping({"a": 1}) == {"a": 1}
    assert mapping([1]) == {}
    assert objects([{"a": 1}, 2]) == [{"a": 1}]
    assert objects({"a": 1}) == []
