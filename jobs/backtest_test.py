import math
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest

from jobs.backtest import main
from jobs.execution import backtest_picture
from orchestrator.backtest.recorded_grid import RecordedGrid
from orchestrator.backtest.summary import summaries
from orchestrator.backtest.testing import recorded, rising_grid
from results.backtest.tables import BACKTEST
from results.store import Store


@pytest.fixture
def curves(tmp_path):
    """Nine trials, rungs at 1 and 3; one diverges in its second epoch."""
    grid = rising_grid(8)
    dead = recorded(20, [0.01, math.nan], ended_by="diverged")
    made = RecordedGrid((*grid.trials, dead))
    Store(tmp_path / "made").write_table("curves.parquet", made.table())
    return tmp_path / "made" / "curves.parquet"


QUICK = ("--orders", "4", "--slots", "1,2", "--shown", "2")


def test_it_prints_a_row_a_scheduler_and_leaves_runs_and_a_picture(curves, capsys):
    assert main([str(curves), *QUICK, "--schedulers", "halving,asha,none"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == (
        "9 recorded trials of at most 9 epochs, 74 in all, best 0.7984; 4 orders of arrival, one "
        "ascending, one descending; first rung 1, one in 3 goes on"
    )
    assert lines[-1] == str(curves.parent / "backtest.parquet")
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    rows = {row[0]: row for row in table[2:]}
    # 9 first epochs, the best 3 to epoch 3, of these the best 2 to epoch 9: 9 + 3 x 2 + 2 x 6
    assert rows["halving"][1:3] == ["27 [27, 27]", "36.5%"]
    assert rows["none"][1:3] == ["74 [74, 74]", "100.0%"]
    assert rows["halving"][-1] == "2 of 3, not epochs"
    assert "9 trials, 1, 2 at once: none" in lines
    assert [line.partition(";")[0] for line in err.splitlines()] == [
        "replaying halving",
        "replaying asha",
        "replaying none",
    ]
    runs = pq.read_table(curves.parent / "backtest.parquet")
    assert runs.schema == BACKTEST
    assert runs.num_rows == 3 * 2 * 4
    root = ElementTree.fromstring((curves.parent / "backtest.svg").read_bytes())
    assert root.tag.endswith("svg")


def test_sizes_of_sweeps_have_a_table_each_and_files_go_where_they_are_wanted(
    curves, tmp_path, capsys
):
    words = ("--trials", "4,9", "--schedulers", "halving", "--out", str(tmp_path / "out"))
    alone = tmp_path / "alone.parquet"
    assert main([str(curves), *QUICK, *words, "--curves", str(alone)]) == 0
    out = capsys.readouterr().out
    assert "\n4 trials, 2 at once\n" in out
    assert "\n9 trials, 2 at once\n" in out
    assert not (curves.parent / "backtest.parquet").exists()
    assert pq.read_table(alone).to_pandas().equals(pq.read_table(curves).to_pandas())
    trials = pq.read_table(tmp_path / "out" / "backtest.parquet")["trials"].to_pylist()
    assert set(trials) == {4, 9}


def refusal(capsys, *words):
    assert main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_what_cannot_be_is_refused_in_one_sentence(curves, tmp_path, capsys):
    assert "does not exist" in refusal(capsys, tmp_path / "absent")
    assert "absent.parquet does not exist" in refusal(capsys, tmp_path / "absent.parquet")
    assert "unknown scheduler 'best'" in refusal(capsys, curves, "--schedulers", "best")
    assert "--trials 99: only 9 trials" in refusal(capsys, curves, "--trials", "4,99")
    assert "--slots '1,x': expected whole" in refusal(capsys, curves, "--slots", "1,x")
    assert "--slots '0': expected whole" in refusal(capsys, curves, "--slots", "0")
    assert "expected at least 3" in refusal(capsys, curves, "--orders", "2")
    assert "from 0" in refusal(capsys, curves, "--start-seconds", "-1")
    (tmp_path / "empty").mkdir()
    assert "trials.parquet does not exist" in refusal(capsys, tmp_path / "empty")


@pytest.mark.parametrize("flag", ["--out", "--curves"])
def test_a_place_that_cannot_be_written_is_named_with_its_flag(flag, curves, tmp_path, capsys):
    place = tmp_path / "place"
    if flag == "--out":
        (place / "backtest.parquet").mkdir(parents=True)  # a folder, where a file goes
    else:
        place.touch()
        place /= "curves.parquet"  # in a file
    assert main([str(curves), *QUICK, "--schedulers", "halving", flag, str(place)]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith(f"error: {place} cannot be written (")
    what = "a folder" if flag == "--out" else "a file"
    assert err.endswith(f"); give {flag} {what} where you may write")


ORDERS = (("random", 10, 0.0), ("ascending", 20, 1.0), ("descending", 30, 2.0))
"""Of a run each: its kind, epochs and regret."""


def test_a_mark_of_the_picture_is_the_scheduler_s_median_and_spread():
    rows = [
        {
            "scheduler": scheduler,
            "trials": 9,
            "slots": 2,
            "order": order,
            "epochs": epochs,
            "all_epochs": 100,
            "seconds": 1.0,
            "regret": regret,
            "seen_regret": 0.0,
        }
        for scheduler in ("halving", "none")
        for order, epochs, regret in ORDERS
    ]
    (mark,) = backtest_picture.marks(summaries(rows), trials=9, slots=2)
    assert mark.name == "halving"
    assert mark.share == pytest.approx((0.12, 0.2, 0.28))
    assert mark.regret == pytest.approx((0.2, 1.0, 1.8))
    assert (mark.ascending, mark.descending) == ((0.2, 1.0), (0.3, 2.0))


def test_the_picture_is_the_same_for_the_same_numbers_and_there_for_none():
    assert backtest_picture.picture({}, 9, 2) == backtest_picture.picture({}, 9, 2)
