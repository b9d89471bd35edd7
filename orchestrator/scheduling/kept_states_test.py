import pytest

from orchestrator.scheduling.kept_states import KeptStates
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal
from orchestrator.training.storing.checkpoint import OWNER, Checkpoints
from results.paths import Paths
from results.store import Store


@pytest.fixture
def sweep(tmp_path):
    """A folder with a ledger, and trials that have stored two states each."""
    store, ledger = Store(tmp_path), Ledger(ListJournal())

    def end(trial, accuracy, ended_by="epochs", schedule="constant", **metadata):
        ledger.asked(trial, {"epochs": 2, "schedule": schedule}, 0)
        ledger.epoch(trial, row(1, accuracy), metadata)
        ledger.ended(trial, ended_by, "...", resumable=ended_by == "time")
        states = Checkpoints(store, Paths().checkpoint(trial))
        states.claim()
        for epoch in (1, 2):
            states.save({}, {"epoch": epoch})

    return store, ledger, end


def states(store, trial):
    return [name.rpartition("/")[2] for name in store.list(Paths().checkpoint(trial))]


def test_of_a_trial_that_has_ended_by_itself_the_last_state_is_kept(sweep):
    store, ledger, end = sweep
    end("a", 0.5)
    assert OWNER in states(store, "a")
    KeptStates(store, ledger).settle("a")
    assert states(store, "a") == ["000002.json", "000002.safetensors"]


@pytest.mark.parametrize(
    ("ended_by", "schedule", "kept"),
    [
        ("epochs", "constant", True),
        ("patience", "plateau", True),
        ("extension", "constant", True),
        ("epochs", "cosine", False),
        ("epochs", "one_cycle", False),
        ("epochs", "warm_restarts", True),
        ("rung", "constant", False),
        ("diverged", "constant", False),
        ("failure", "constant", False),
    ],
)
def test_nothing_is_kept_of_what_no_trial_could_go_on_from(sweep, ended_by, schedule, kept):
    store, ledger, end = sweep
    end("a", 0.5, ended_by, schedule)
    KeptStates(store, ledger).tidy()
    assert bool(states(store, "a")) is kept


def test_what_a_resumed_sweep_goes_on_with_is_left_alone(sweep):
    store, ledger, end = sweep
    end("a", 0.5, "time")
    KeptStates(store, ledger).tidy()
    assert len(states(store, "a")) == 5


def test_no_more_bytes_are_kept_than_allowed_and_the_most_accurate_stay(sweep):
    store, ledger, end = sweep
    for trial, accuracy in (("a", 0.3), ("b", 0.5), ("c", 0.1), ("d", 0.4)):
        end(trial, accuracy)
    KeptStates(store, ledger).settle("a")
    size = sum(store.size(f"{Paths().checkpoint('a')}/{name}") for name in states(store, "a"))
    kept = KeptStates(store, ledger, most_bytes=2 * size)
    kept.settle("a")
    assert store.folders(Paths().checkpoints) == ["a", "b", "c", "d"]
    for trial in "bcd":
        kept.settle(trial)
    assert store.folders(Paths().checkpoints) == ["b", "d"]


def test_a_longer_trial_s_state_takes_the_place_of_that_which_it_went_on_from(sweep):
    store, ledger, end = sweep
    end("short", 0.5)
    end("long", 0.5, continued_from="short")
    KeptStates(store, ledger).tidy()
    assert store.folders(Paths().checkpoints) == ["long"]
