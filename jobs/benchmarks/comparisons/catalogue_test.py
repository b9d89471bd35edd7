"""The contract of every comparison: that it runs, and that its sides come to the same."""

import ast
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.benchmarks import comparisons
from jobs.benchmarks.comparisons.catalogue import COMPARISONS
from jobs.benchmarks.side_by_side.compare import Wish, compare
from jobs.benchmarks.side_by_side.comparison import chosen
from orchestrator.errors import BadInput
from orchestrator.process.exit_code import DONE

FOLDER = Path(__file__).parent

QUICK_ONES = ("csv-cold", "csv-bytes", "csv-cached", "zip", "light-", "ensemble-search")
"""Those that load no framework; the others take seconds to import, each side."""


def names_in(module: str) -> set[str]:
    """What a module defines at its top."""
    body = ast.parse((FOLDER / f"{module}.py").read_text()).body
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    targets = [t for node in body if isinstance(node, ast.Assign) for t in node.targets]
    return functions | {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


@pytest.mark.parametrize("name", COMPARISONS)
def test_sides_are_functions_and_there_is_something_to_reach(name):
    comparison = COMPARISONS[name]
    for path in filter(None, (comparison.ours, comparison.theirs, comparison.prepare)):
        module, _, function = path.partition(".")
        assert function in names_in(module), path
    assert bool(comparison.against) == bool(comparison.theirs)
    assert comparison.goal.ratio or comparison.goal.cost
    assert comparison.theirs or not comparison.goal.ratio
    assert comparison.rounds >= 1


def test_names_and_beginnings_of_names_choose():
    every = chosen((), COMPARISONS)
    assert "asha-sweep" in COMPARISONS
    assert "asha-sweep" not in every  # it takes long: by name only
    assert list(chosen(("zip", "asha-sweep", "csv-cold"), COMPARISONS)) == [
        *("csv-cold", "zip", "asha-sweep")
    ]
    assert set(chosen(("csv-",), COMPARISONS)) == {"csv-cold", "csv-bytes", "csv-cached"}
    for wrong in ("cs", "csv", "", "-", "gpu"):
        with pytest.raises(BadInput, match="no such benchmark; there are gpu, trial-float32, "):
            chosen((wrong,), COMPARISONS)


def quickly(names, out, data=None):
    """Runs them at small sizes; the rows of their runs."""
    wish = Wish(quick=True, out=out, data=data)
    code = compare(chosen(names, COMPARISONS), comparisons.__name__, wish)
    rows = pq.read_table(out).to_pylist()
    return code, rows


@pytest.mark.long
def test_those_without_a_framework_run_and_both_sides_come_to_the_same(tmp_path, capsys):
    code, rows = quickly(QUICK_ONES, tmp_path / "out.parquet")
    shown = capsys.readouterr().out
    assert code == DONE, shown
    assert {row["name"] for row in rows} == set(chosen(QUICK_ONES, COMPARISONS))
    assert "not the same answer" not in shown
    assert [row["fault"] for row in rows if row["fault"]] == []
    assert all(row["cost"] > 0 for row in rows)


OTHERS = sorted(set(COMPARISONS) - set(chosen(QUICK_ONES, COMPARISONS)))


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.parametrize("name", OTHERS)
def test_every_other_runs_and_both_sides_come_to_the_same(name, tmp_path, capsys):
    comparison = COMPARISONS[name]
    code, rows = quickly((name,), tmp_path / "out.parquet")
    shown = capsys.readouterr().out
    assert code == DONE, shown
    assert "not the same answer" not in shown
    assert [row["side"] for row in rows] == ["ours", "theirs"][: 1 + bool(comparison.theirs)]
    assert [row["fault"] for row in rows if row["fault"]] == []
