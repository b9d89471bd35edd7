"""A longer trial goes on from what a shorter one has left, and equals one trained at once."""

import dataclasses
import json

import pytest

from orchestrator.on_ray.conftest import CONFIG, checkpoints, predictions, trained, trial
from orchestrator.training.storing.checkpoint import Checkpoints
from results.paths import Paths
from results.store import Store

pytestmark = [pytest.mark.usefixtures("long_epochs"), pytest.mark.long]

AUGMENTED = dataclasses.replace(CONFIG, augmentation="flip shift", optimizer="adam")


def lasting(epochs, config=CONFIG):
    return dataclasses.replace(config, epochs=epochs)


def to_its_end(context, config):
    """The numbers of each step of a trial, and from which trial it says that it went on."""
    one, steps, last = trial(context, config), [], {}
    while "stop" not in last:
        assert "failure" not in last, last
        last = one.train()
        steps.append(last)
    Checkpoints(Store(context.place), Paths().checkpoint(config.signature())).retire()
    return steps


def weights(context, config):
    return Store(context.place).read_bytes(Paths().weight(config.signature()))


def elsewhere(context):
    return dataclasses.replace(context, place=f"{context.place}-at-once")


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        AUGMENTED,
        dataclasses.replace(CONFIG, schedule="plateau"),
        dataclasses.replace(CONFIG, schedule="warm_restarts", cycle=2, mixup=0.5),
    ],
    ids=["constant", "augmented, adam", "plateau", "restarts, mixup"],
)
def test_2_then_4_then_6_epochs_are_6_at_once_bit_for_bit(context, config):
    for epochs in (2, 4, 6):
        steps = to_its_end(context, lasting(epochs, config))
        assert len(steps) == (2 if epochs == 2 else 3)  # what is there is told again in one step
    longest, at_once = lasting(6, config), elsewhere(context)
    uninterrupted = to_its_end(at_once, longest)
    assert weights(context, longest) == weights(at_once, longest)
    assert predictions(context, longest).equals(predictions(at_once, longest))
    assert [row["epoch"] for row in steps[0]["earlier"]] == [1, 2, 3]
    rows = [*steps[0]["earlier"], *steps]
    for name in ("train_loss", "validation_loss", "validation_accuracy", "learning_rate"):
        assert [row[name] for row in rows] == [row[name] for row in uninterrupted]
    assert steps[-1]["continued_from"] == lasting(4, config).signature()
    assert uninterrupted[-1]["continued_from"] is None


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_where_the_schedule_knows_when_it_ends_the_longer_trial_begins_at_its_start(
    context, schedule
):
    config = dataclasses.replace(CONFIG, schedule=schedule)
    to_its_end(context, lasting(2, config))
    steps = to_its_end(context, lasting(3, config))
    assert [row["epoch"] for row in steps] == [1, 2, 3]
    assert {row["continued_from"] for row in steps} == {None}


def damage(folder):
    for file in folder.glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-1])


def by_other_code(folder):
    (file,) = folder.glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"code": "other"}))


def remove(folder):
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.mark.parametrize("fault", [remove, damage, by_other_code])
def test_without_a_state_of_the_same_code_the_longer_trial_begins_at_its_start(context, fault):
    to_its_end(context, lasting(2))
    fault(checkpoints(context, lasting(2)))
    steps = to_its_end(context, lasting(3))
    assert [row["epoch"] for row in steps] == [1, 2, 3]
    assert {row["continued_from"] for row in steps} == {None}
    at_once = elsewhere(context)
    to_its_end(at_once, lasting(3))
    assert weights(context, lasting(3)) == weights(at_once, lasting(3))


def test_a_longer_trial_that_is_interrupted_still_says_from_which_it_went_on(context):
    to_its_end(context, lasting(2))
    trained(trial(context, lasting(4)), 2)  # two epochs told again, and one trained
    steps = to_its_end(context, lasting(4))
    assert [len(row.get("earlier", ())) for row in steps] == [2, 0]
    assert steps[-1]["continued_from"] == lasting(2).signature()


def test_the_longest_of_several_shorter_trials_is_gone_on_from(context):
    for epochs in (1, 3, 2):  # the second was there before the third was asked for
        to_its_end(context, lasting(epochs))
    steps = to_its_end(context, lasting(5))
    assert steps[-1]["continued_from"] == lasting(3).signature()
    assert len(steps) == 3


def test_another_configuration_is_none_to_go_on_from(context):
    to_its_end(context, lasting(2))
    steps = to_its_end(context, dataclasses.replace(lasting(3), learning_rate=0.5))
    assert steps[-1]["continued_from"] is None
