import dataclasses
import json

import pytest
from ray import tune

from orchestrator import plan
from orchestrator.config import Budget, Sweep, TrialConfig
from orchestrator.errors import BadInput
from orchestrator.request import parse
from orchestrator.search.configurations import (
    differences,
    joint_axes,
    joint_grid,
    joint_size,
    listed,
)
from orchestrator.search.grid_random import GridSearch
from orchestrator.search.space import Choice, Constant, grid, size
from orchestrator.search.strategy import Outcome, Setup
from results.paths import Paths

PAIR = listed(
    [
        {"optimizer": "adam", "learning_rate": 0.001, "width": 0.5},
        {"optimizer": "sgd", "learning_rate": 0.1, "width": 0.5},
    ]
)
SEEDS = {"seed": tune.grid_search([1, 2, 3]), "epochs": 4}


def rows(axes, configurations):
    return [tuple(row.values()) for row in joint_grid(axes, configurations)]


def test_configurations_take_their_fields_types_and_stand_once():
    found = listed(
        [{"epochs": 3.0, "width": 1}, {"width": "0.5", "epochs": "3"}, {"epochs": 3}][:2]
    )
    assert found == ({"epochs": 3, "width": 1.0}, {"epochs": 3, "width": 0.5})
    assert isinstance(found[0]["width"], float)
    assert len(listed([{"width": 1}, {"width": 1.0}])) == 1


def test_listed_fields_become_the_values_that_occur_and_come_first():
    assert joint_axes(SEEDS, PAIR) == {
        "optimizer": Choice(("adam", "sgd")),
        "learning_rate": Choice((0.001, 0.1)),
        "width": Constant(0.5),
        "seed": Choice((1, 2, 3)),
        "epochs": Constant(4),
    }


def test_every_configuration_is_tried_at_every_point_and_varies_fastest():
    axes = joint_axes(SEEDS, PAIR)
    assert rows(axes, PAIR) == [
        ("adam", 0.001, 0.5, 1, 4),
        ("sgd", 0.1, 0.5, 1, 4),
        ("adam", 0.001, 0.5, 2, 4),
        ("sgd", 0.1, 0.5, 2, 4),
        ("adam", 0.001, 0.5, 3, 4),
        ("sgd", 0.1, 0.5, 3, 4),
    ]
    assert joint_size(axes, PAIR) == 6
    assert size(axes) == 12  # what its axes alone would have


def test_without_configurations_it_is_a_plain_grid():
    axes = joint_axes({**SEEDS, "optimizer": tune.choice(["adam", "sgd"])}, ())
    assert list(joint_grid(axes, ())) == list(grid(axes))
    assert joint_size(axes, ()) == 6
    assert joint_size(joint_axes({"dropout": tune.uniform(0, 0.5)}, ()), ()) is None


def test_differences_name_what_tells_them_apart():
    assert differences(PAIR) == [
        "optimizer=adam, learning_rate=0.001",
        "optimizer=sgd, learning_rate=0.1",
    ]
    assert differences(PAIR[:1]) == [""]
    assert differences(()) == []


@pytest.mark.parametrize("asked", range(7))
def test_a_grid_goes_on_wherever_it_was_interrupted(asked):
    axes = joint_axes(SEEDS, PAIR)
    search = GridSearch(Setup(axes, asked=asked, configurations=PAIR))
    found = []
    while (suggestion := search.ask()) is not None:
        found.append((suggestion.ticket, tuple(suggestion.values.values())))
        search.tell(suggestion.ticket, Outcome("completed", 0.5))
    assert found == list(enumerate(rows(axes, PAIR)))[asked:]


@pytest.mark.parametrize(
    ("configurations", "said"),
    [
        ([{"optimiser": "adam"}], "unknown setting 'optimiser'; known: architecture"),
        ([{"optimizer": "newton"}], "unknown optimizer 'newton'; known: sgd"),
        ([{"width": tune.choice([1, 2])}], "width is given .* in a listed configuration"),
        ([{"width": 1}, {"width": 1, "epochs": 2}], "number 1 or number 2 leaves out epochs"),
        ([{"width": 1, "epochs": 2}, {"width": 1}], "number 1 or number 2 leaves out epochs"),
    ],
)
def test_what_cannot_be_listed_is_refused(configurations, said):
    with pytest.raises(BadInput, match=said):
        listed(configurations)


def test_a_field_in_both_places_is_refused():
    with pytest.raises(BadInput, match="width is set for the whole space, but the listed"):
        joint_axes({"width": 1.0}, PAIR)


def test_a_continuous_axis_beside_them_is_refused_at_once():
    axes = joint_axes({"dropout": tune.uniform(0, 0.5)}, PAIR)
    assert joint_size(axes, PAIR) is None
    with pytest.raises(BadInput, match="dropout ranges continuously"):
        joint_grid(axes, PAIR)


@pytest.mark.parametrize("search", ["tpe", "random"])
def test_only_a_grid_takes_configurations(search):
    with pytest.raises(BadInput, match=f"few lists configurations.*its search is '{search}'"):
        Sweep(name="few", question="?", space={}, search=search, configurations=PAIR)


# --- in a plan -------------------------------------------------------------------------------


FINAL = Sweep(
    name="final",
    question="Which of two?",
    space=SEEDS,
    budget=Budget(trials=100, early_stopping=False),
    search="grid",
    embedded=140,
    configurations=PAIR,
)


CROSSED = listed([PAIR[0] | {"learning_rate": 0.1}, PAIR[1] | {"learning_rate": 0.001}])


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
    assert (made.trials, made.milestones, made.most_epochs) == (6, (), 4)
    assert made.values("learning_rate") == [0.001, 0.1]
    first = next(joint_grid(made.axes, made.sweep.configurations))
    expected = TrialConfig("cnn5", optimizer="adam", learning_rate=0.001, width=0.5, epochs=4)
    config = dataclasses.replace(made.base, **first)
    assert config == dataclasses.replace(expected, seed=1, data=made.splits.digest)


def test_the_identity_is_json_and_tells_which_values_belong_together(planned):
    other = planned(dataclasses.replace(FINAL, configurations=CROSSED)).identity()
    mine = planned().identity()
    assert json.loads(json.dumps(mine)) == mine
    assert mine["space"]["configuration 2"] == "optimizer=sgd, learning_rate=0.1"
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
    assert [row["precision"] for row in fast.sweep.configurations] == ["mixed_bfloat16", "float32"]
    assert fast.axes["precision"] == Choice(("mixed_bfloat16", "float32"))
    slow = plan.with_precision(made, "float32")
    assert slow.sweep.configurations == ({"width": 1.0, "precision": "float32"},)
    assert slow.trials == 3


def test_the_command_line_sets_what_is_not_listed_and_is_refused_what_is(planned):
    assert planned(FINAL, "--epochs", "9").axes["epochs"] == Constant(9)
    with pytest.raises(BadInput, match="width is set for the whole space, but"):
        planned(FINAL, "--set", "width=2")
