"""Plans of sweeps that list configurations."""

import dataclasses
import json

import pytest
from ray import tune

from orchestrator import plan
from orchestrator.config import Budget, Sweep, TrialConfig
from orchestrator.errors import BadInput
from orchestrator.request import parse
from orchestrator.search.axes import Categorical, Constant
from results.paths import Paths

PAIR = (
    {"optimizer": "adam", "learning_rate": 0.001, "width": 0.5},
    {"optimizer": "sgd", "learning_rate": 0.1, "width": 0.5},
)
SEEDS = {"seed": tune.grid_search([1, 2, 3]), "epochs": 4}
FINAL = Sweep(
    name="final",
    question="Which of two?",
    space=SEEDS,
    budget=Budget(trials=100, early_stopping=False),
    search="grid",
    embedded=140,
    configurations=PAIR,
)


CROSSED = (PAIR[0] | {"learning_rate": 0.1}, PAIR[1] | {"learning_rate": 0.001})


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """Gives a plan for a sweep that stands in no file."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))

    def make(sweep=FINAL, *words, begun=False):
        request = parse(["--results", str(tmp_path / "results"), "--name", "final", *words])
        made = plan.make(dataclasses.replace(request, go_on=True), sweep)
        if begun:
            made = plan.with_precision(made, "float32")
            record = {"identity": made.identity(), "precision": "float32"}
            made.store.write_json(Paths().sweep, record)
        return made

    return make


def test_a_plan_counts_its_configurations_not_the_combinations_of_their_values(planned):
    made = planned()
    assert (made.trials, made.rungs.epochs, made.most_epochs) == (6, (), 4)
    assert made.space.values("learning_rate") == [0.001, 0.1]
    first = next(made.space.grid())
    expected = TrialConfig("cnn5", optimizer="adam", learning_rate=0.001, width=0.5, epochs=4)
    config = dataclasses.replace(made.base, **first)
    assert config == dataclasses.replace(expected, seed=1, data=made.splits.digest)


def test_the_identity_is_json_and_tells_which_values_belong_together(planned):
    other = planned(dataclasses.replace(FINAL, configurations=CROSSED)).identity()
    identity = planned().identity()
    assert json.loads(json.dumps(identity)) == identity
    assert identity["space"]["configuration 2"] == "optimizer=sgd, learning_rate=0.1"
    assert other["space"]["configuration 2"] == "optimizer=sgd, learning_rate=0.001"


def test_a_resumed_plan_must_list_what_it_listed(planned):
    planned(begun=True)
    assert planned().resume
    with pytest.raises(BadInput, match=r"optimizer is now adam, but the sweep began with adam \|"):
        planned(dataclasses.replace(FINAL, configurations=PAIR[:1]))


def test_the_same_values_in_other_company_are_another_sweep(planned):
    first = PAIR[0]
    planned(dataclasses.replace(FINAL, configurations=(*PAIR, CROSSED[1])), begun=True)
    other = (first, first | {"learning_rate": 0.1}, CROSSED[1])
    with pytest.raises(BadInput, match="configuration 2 is now optimizer=adam, learning_rate=0"):
        planned(dataclasses.replace(FINAL, configurations=other))


def test_auto_precision_is_settled_in_configurations_too(planned):
    rows = [{"width": 1.0, "precision": "auto"}, {"width": 1.0, "precision": "float32"}]
    made = planned(dataclasses.replace(FINAL, configurations=tuple(rows)))
    assert made.trials == 6
    fast = plan.with_precision(made, "mixed_bfloat16")
    assert [row["precision"] for row in fast.space.configurations] == ["mixed_bfloat16", "float32"]
    assert fast.space.axes["precision"] == Categorical(("mixed_bfloat16", "float32"))
    slow = plan.with_precision(made, "float32")
    assert slow.space.configurations == ({"width": 1.0, "precision": "float32"},)
    assert slow.trials == 3


def test_the_command_line_sets_what_is_not_listed_and_is_refused_what_is(planned):
    assert planned(FINAL, "--epochs", "9").space.axes["epochs"] == Constant(9)
    with pytest.raises(BadInput, match="width is set for the whole space, but"):
        planned(FINAL, "--set", "width=2")
