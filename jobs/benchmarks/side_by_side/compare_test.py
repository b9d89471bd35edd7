"""Comparisons of small functions, in real processes."""

import os

import pyarrow.parquet as pq
import pytest

from jobs.benchmarks.side_by_side.compare import Wish, compare
from jobs.benchmarks.side_by_side.comparison import Comparison, Goal
from orchestrator.process.exit_code import DONE, FAILED

SIDES = """
import os
import time
from pathlib import Path

from jobs.benchmarks.side_by_side.comparison import Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch


def log(case, name):
    with (case.folder / "log.txt").open("a") as file:
        print(name, os.getpid(), file=file)


def prepare(case):
    log(case, "prepare")


def ours(case):
    print("what a library prints")
    log(case, "ours")
    lines = (case.folder / "log.txt").read_text().split("\\n")
    return Measured(1.0, 0.5, answer=[1.0], note="|".join(lines))


def theirs(case):
    log(case, "theirs")
    with stopwatch() as watch:
        sum(range(case.size(10**6, 10**5)))
    return watch.measured(1000 / watch.clock, answer=[1.0])


def needs_more(case):
    import surely_not_installed.at_all


def raises(case):
    raise ValueError("no room\\nfor more")


def ends(case):
    print("the last word", file=__import__("sys").stderr)
    os._exit(3)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "sides_of_a_test.py").write_text(SIDES)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.getcwd()]))
    return "sides_of_a_test"


def sides(ours="ours", theirs="theirs", **more):
    return Comparison(what="adding", ours=ours, against="counting", theirs=theirs, **more)


def test_each_side_has_processes_of_its_own_in_turns_and_every_run_is_filed(
    package, tmp_path, capsys
):
    out = tmp_path / "out.parquet"
    rounds = {"adding": sides(prepare="prepare", rounds=2, goal=Goal(ratio=0.01))}
    assert compare(rounds, package, Wish(out=out)) == DONE
    rows = pq.read_table(out).to_pylist()
    assert [(r["side"], r["round"]) for r in rows] == [
        *[("ours", 0), ("theirs", 0), ("ours", 1), ("theirs", 1)]
    ]
    names, processes = zip(
        *(line.split() for line in rows[2]["note"].strip("|").split("|")), strict=True
    )
    assert names == ("prepare", "ours", "theirs", "ours")
    assert len(set(processes)) == 4
    assert [r["cost"] for r in rows] == [1.0, pytest.approx(1000), 1.0, pytest.approx(1000)]
    assert all(r["hardware"] and r["date"] and r["cores"] >= 1 for r in rows)
    shown = capsys.readouterr().out
    assert "what a library prints" not in shown
    (line,) = [line for line in shown.splitlines() if line.startswith("adding")]
    assert " 0.001 " in line
    assert " yes " in line


def test_what_is_prepared_alike_is_prepared_once_and_quick_is_one_round(package, tmp_path):
    out = tmp_path / "out.parquet"
    comparison = sides(prepare="prepare", rounds=2)
    assert compare({"a": comparison, "b": comparison}, package, Wish(quick=True, out=out)) == DONE
    rows = pq.read_table(out).to_pylist()
    assert [(r["name"], r["side"]) for r in rows] == [
        *[("a", "ours"), ("a", "theirs"), ("b", "ours"), ("b", "theirs")]
    ]
    assert rows[2]["note"].count("prepare") == 1


@pytest.mark.parametrize(
    ("theirs", "state", "code"),
    [
        ("needs_more", "skipped: surely_not_installed is not installed", DONE),
        ("raises", "failed: ValueError: no room", FAILED),
        ("ends", "failed: the last word", FAILED),
    ],
)
def test_a_side_that_gives_no_answer_costs_its_own_row_alone(
    package, tmp_path, capsys, theirs, state, code
):
    out = tmp_path / "out.parquet"
    both = {"other": sides(theirs=theirs), "adding": sides()}
    assert compare(both, package, Wish(quick=True, out=out)) == code
    other, adding = capsys.readouterr().out.splitlines()[-2:]
    assert other.startswith("other")
    assert other.endswith(state)
    assert adding.startswith("adding")
    assert {row["name"] for row in pq.read_table(out).to_pylist()} == {"adding"}
