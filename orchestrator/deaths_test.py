import pytest
from ray.exceptions import ActorDiedError, NodeDiedError, OutOfMemoryError, WorkerCrashedError

from orchestrator.deaths import CAUSES, cause_of
from orchestrator.scripted import completed, conduct
from orchestrator.testing import ListJournal


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
    said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    assert cause_of(said) == cause


def test_every_cause_has_words_and_at_least_one_more_life():
    for cause in CAUSES.values():
        assert cause.words
        assert cause.lives > 1
    assert CAUSES["node"].lives > CAUSES["process"].lives  # spot machines come and go
    assert list(CAUSES)[-1] == "process"


@pytest.mark.parametrize("cause", list(CAUSES))
def test_a_trial_whose_process_died_is_begun_again_until_its_lives_are_spent(cause):
    conductor = conduct(concurrency=1)
    trial = conductor.next_trial().signature()
    for life in range(1, CAUSES[cause].lives):
        conductor.started(trial)
        assert conductor.died(trial, cause, "gone")
        assert conductor.next_trial().signature() == trial  # before any new one
        assert conductor.ledger.entries[trial].deaths[cause] == life
    conductor.started(trial)
    assert not conductor.died(trial, cause, "gone for good")
    assert not conductor.died(trial, cause, "said twice")
    entry = conductor.ledger.entries[trial]
    assert (entry.status, entry.error) == ("failed", "gone for good")
    assert entry.reason == f"{CAUSES[cause].words} {CAUSES[cause].lives} times"
    assert conductor.next_trial().signature() != trial


def test_lives_are_counted_by_cause_and_outlast_the_driver():
    journal = ListJournal()
    conductor = conduct(journal, concurrency=1)
    trial = conductor.next_trial().signature()
    for cause in ("process", "memory", "node", "process"):
        assert conductor.died(trial, cause, "gone")
        conductor.next_trial()
    again = conduct(journal, concurrency=1)
    again.take_up()
    assert again.next_trial().signature() == trial
    assert not again.died(trial, "process", "the third time")


def test_the_last_trial_may_die_when_all_others_have_ended():
    conductor = conduct(trials=1, concurrency=2)
    trial = conductor.next_trial().signature()
    assert conductor.next_trial() is None
    assert not conductor.over  # the trial that runs may come back
    assert conductor.died(trial, "node", "gone")
    assert conductor.next_trial().signature() == trial
    for result in completed([0.1, 0.2]):
        conductor.goes_on(trial, result)
    assert conductor.over
