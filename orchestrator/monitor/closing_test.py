import pytest

from orchestrator.config import TrialConfig
from orchestrator.monitor.closing import closing_lines, leaderboard, run_name
from orchestrator.monitor.monitor_test import Show
from orchestrator.scheduling.ledger import Entry


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))


def test_the_leaderboard_is_best_first(tmp_path):
    show = Show(tmp_path).play()
    question = show.plan.question
    line, _, head, _, *rows = leaderboard(question, show.ledger).splitlines()
    assert line.startswith("All trials: CPF, plain, epochs 3, ")
    assert head.startswith("| rank | learning rate | accuracy |")
    assert [row.split("|")[2].strip() for row in rows] == ["0.09", "0.05", "0.01"]
    assert len(leaderboard(question, show.ledger, most=1).splitlines()) == 5


def test_the_last_words_give_counts_intervals_and_failures(tmp_path):
    show = Show(tmp_path).play()
    lines = closing_lines(show.plan, show.ledger).splitlines()
    n = show.plan.question.validation_n
    best = next(e for e in show.ledger.entries.values() if e.config["learning_rate"] == 0.09)
    assert lines[0] == "4 trials: 2 completed, 1 failed, 1 pruned"
    assert lines[1] == "All trials: CPF, plain, epochs 3, precision float32."
    assert lines[2] == f"validation accuracy (7 classes, n = {n}; 95 % interval):"
    assert lines[3].startswith("  1  lr 0.09  0.9000 (")
    assert lines[3].endswith(f")  epoch 3 of 3, completed  {best.trial}")
    assert lines[4].startswith("  2  lr 0.05  0.5000 (")
    assert lines[-1].endswith("ValueError: no such layer")


@pytest.mark.parametrize(
    ("most", "printed", "absent"),
    [
        (8, ("validation accuracy (7", "4 trials:"), (" of the best", "more that failed")),
        (3, ("validation accuracy (7",), (" of the best", "more that failed")),
        (2, ("validation accuracy of the best 2 of 3 measured trials (",), ("more that failed",)),
        (0, ("and 1 more that failed", "of the best 0 of 3"), ("no such layer",)),
    ],
)
def test_last_words_say_where_they_leave_trials_out(tmp_path, most, printed, absent):
    show = Show(tmp_path).play()
    text = closing_lines(show.plan, show.ledger, most)
    assert [words for words in printed if words not in text] == []
    assert [words for words in absent if words in text] == []


def test_last_words_before_anything_was_measured(tmp_path):
    show = Show(tmp_path)
    assert closing_lines(show.plan, show.ledger) == "0 trials: none was begun"


def test_a_run_is_named_by_what_varied_and_is_safe_as_a_folder():
    config = TrialConfig(weights="/home/a b/../net.h5", architecture="vgg16").to_flat()
    entry = Entry("0123456789", 7, config, ticket=7)
    assert run_name(entry, ("optimizer", "dropout", "seed")) == (
        "007-sgd-dropout_0.3-seed_0-0123456789"
    )
    assert run_name(entry, ()) == "007-vgg16-plain-0123456789"
    assert run_name(entry, ("weights",)) == "007-weights_net.h5-0123456789"
    entry.config["augmentation"] = "zoom"
    assert run_name(entry, ("augmentation",)) == "007-0123456789"  # not in force
    entry.config["architecture"] = "C" * 300
    assert len(run_name(entry, ())) < 150
