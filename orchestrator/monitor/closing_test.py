import pytest

from orchestrator.monitor.closing import closing_lines, leaderboard, run_name
from orchestrator.monitor.monitor_test import Show


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))


def test_the_leaderboard_is_best_first(tmp_path):
    show = Show(tmp_path).play()
    rows = leaderboard(show.ledger).splitlines()
    assert rows[0].count("|") == rows[1].count("|") == rows[2].count("|")
    assert [row.split("|")[4].strip() for row in rows[2:]] == ["0.09", "0.05", "0.01"]
    assert len(leaderboard(show.ledger, most=1).splitlines()) == 3


def test_the_last_words_give_counts_intervals_and_failures(tmp_path):
    show = Show(tmp_path).play()
    lines = closing_lines(show.plan, show.ledger).splitlines()
    n = show.plan.question.validation_n
    best = next(e for e in show.ledger.entries.values() if e.config["learning_rate"] == 0.09)
    assert lines[0] == "4 trials: 2 completed, 1 failed, 1 pruned"
    assert lines[1] == f"validation accuracy (7 classes, n = {n}):"
    assert lines[2].startswith("  0.9000 (")
    assert run_name(best) in lines[2]
    assert lines[-1].endswith("ValueError: no such layer")


def test_last_words_before_anything_was_measured(tmp_path):
    show = Show(tmp_path)
    assert closing_lines(show.plan, show.ledger) == "0 trials: none was begun"
