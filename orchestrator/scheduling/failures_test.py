import pytest
from ray.exceptions import ActorDiedError, NodeDiedError, OutOfMemoryError, WorkerCrashedError

from orchestrator.scheduling.failures import CAUSES, cause_of
from orchestrator.testing.scripted import completed, conduct
from orchestrator.testing.stand_ins import ListJournal


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ActorDiedError(), "process"),
        (WorkerCrashedError(), "process"),
        (NodeDiedError("The node is dead."), "node"),
        (OutOfMemoryError("Task was killed due to the node running low on memory."), "memory"),
        ("The actor died because its node has died. Node Id: 0e2f", "node"),
        ("The actor is temporarily unavailable: RpcError: RPC error: Socket closed", "node"),
        ("Worker exits with an exit code 137", "process"),
        # What Ray says of every process that somebody killed.
        ("Some common causes include: (1) the process was killed by the OOM killer", "process"),
        ("", "process"),
    ],
)
def test_the_cause_is_read_from_what_ray_says(error, cause):
    message = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    assert cause_of(message) == cause


def test_every_cause_has_words_and_at_least_one_more_life():
    for cause in CAUSES.values():
        assert cause.words
        assert cause.lives > 1
    assert CAUSES["node"].lives > CAUSES["process"].lives  # spot machines come and go
    assert list(CAUSES)[-1] == "process"


@pytest.mark.parametrize("cause", list(CAUSES))
def test_a_trial_whose_process_died_is_begun_again_until_its_lives_are_spent(cause):
    scheduler = conduct(concurrency=1)
    trial = scheduler.next_trial().signature()
    for life in range(1, CAUSES[cause].lives):
        scheduler.started(trial)
        assert scheduler.died(trial, cause, "gone")
        assert scheduler.next_trial().signature() == trial  # before any new one
        assert scheduler.ledger.entries[trial].deaths[cause] == life
    scheduler.started(trial)
    assert not scheduler.died(trial, cause, "gone for good")
    assert not scheduler.died(trial, cause, "said twice")
    entry = scheduler.ledger.entries[trial]
    assert (entry.status, entry.error) == ("failed", "gone for good")
    assert entry.reason == f"{CAUSES[cause].words} {CAUSES[cause].lives} times"
    assert scheduler.next_trial().signature() != trial


def test_lives_are_counted_by_cause_and_outlast_the_driver():
    journal = ListJournal()
    scheduler = conduct(journal, concurrency=1)
    trial = scheduler.next_trial().signature()
    for cause in ("process", "memory", "node", "process"):
        assert scheduler.died(trial, cause, "gone")
        scheduler.next_trial()
    again = conduct(journal, concurrency=1)
    again.take_up()
    assert again.next_trial().signature() == trial
    assert not again.died(trial, "process", "the third time")


def test_the_last_trial_may_die_when_all_others_have_ended():
    scheduler = conduct(trials=1, concurrency=2)
    trial = scheduler.next_trial().signature()
    assert scheduler.next_trial() is None
    assert not scheduler.over  # the trial that runs may come back
    assert scheduler.died(trial, "node", "gone")
    assert scheduler.next_trial().signature() == trial
    for result in completed([0.1, 0.2]):
        scheduler.goes_on(trial, result)
    assert scheduler.over
