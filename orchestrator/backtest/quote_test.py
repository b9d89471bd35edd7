import pytest

from orchestrator.backtest.quote import SHIPPED, quote
from results.backtest.tables import BACKTEST, RUNS_FILE
from results.schema import table
from results.store import DamagedResults, Store


def row(scheduler, trials, slots, epochs, regret):
    return {
        "scheduler": scheduler,
        "trials": trials,
        "slots": slots,
        "order": "random",
        "recorded": 72,
        "longest": 27,
        "epochs": epochs,
        "all_epochs": 27 * trials,
        "seconds": 1.0,
        "regret": regret,
        "seen_regret": regret,
    }


@pytest.fixture
def store(tmp_path):
    rows = [row("halving", 72, 4, 194.4, regret) for regret in (0.0, 0.1, 0.2)]
    rows += [row("halving", 12, 4, 81, 1.0), row("halving", 72, 16, 243, 2.0)]
    rows = [{**each, "epochs": round(each["epochs"])} for each in rows]
    store = Store(tmp_path / "results")
    store.write_table(RUNS_FILE, table(BACKTEST, rows))
    return store


def test_the_stored_numbers_of_the_sweep_most_alike_are_told(store):
    # 194 of 1,944 epochs; of 0, 0.1 and 0.2 points the 90th percentile is 0.18
    assert quote([store], "halving", 60, 3) == (
        "halving, replayed over 3 orders of a recorded grid (72 of 72 trials, 27 epochs, 4 at "
        "once): 10.0% of the epochs, 0.1 points lost at the median, 0.2 at the 90th percentile"
    )
    assert "(12 of 72 trials, 27 epochs, 4 at once): 25.0% of" in quote([store], "halving", 20, 1)
    assert "16 at once): 12.5% of the epochs, 2.0 points" in quote([store], "halving", 500, 64)


def test_the_first_folder_that_has_one_is_quoted(store, tmp_path):
    empty = Store(tmp_path / "empty")
    assert quote([empty, store], "halving", 72, 4) == quote([store], "halving", 72, 4) != ""
    assert quote([empty], "halving", 72, 4) == ""


def test_of_a_scheduler_that_was_not_replayed_there_is_nothing_to_say(store):
    assert quote([store], "median", 72, 4) == ""
    assert quote([store], "", 72, 4) == ""


def test_a_damaged_table_is_reported(store):
    store.write_bytes(RUNS_FILE, b"no Parquet")
    with pytest.raises(DamagedResults):
        quote([store], "halving", 72, 4)


def test_what_comes_with_us_has_the_default_scheduler():
    assert quote([Store(SHIPPED)], "halving", 72, 4).startswith("halving, replayed over 32 orders")
