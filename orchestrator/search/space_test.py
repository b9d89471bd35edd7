import numpy as np
import pytest
from ray import tune

from orchestrator.config import Sweep
from orchestrator.errors import BadInput
from orchestrator.search.axes import Categorical, Constant, Real
from orchestrator.search.space import SearchSpace
from orchestrator.search.testing import CONTINUOUS, EVERY_AXIS, FINITE

PAIR = (
    {"optimizer": "adam", "learning_rate": 0.001, "width": 0.5},
    {"optimizer": "sgd", "learning_rate": 0.1, "width": 0.5},
)
SEEDS = {"seed": tune.grid_search([1, 2, 3]), "epochs": 4}


def rows(space):
    return [tuple(row.values()) for row in space.grid()]


def test_a_grid_varies_its_last_axis_fastest_in_written_order():
    space = SearchSpace.of(
        {
            "optimizer": tune.choice(["sgd", "adam"]),
            "epochs": 3,
            "dropout": tune.quniform(0.1, 0.3, 0.1),
        }
    )
    combinations = list(space.grid())
    assert [(row["optimizer"], row["dropout"]) for row in combinations] == [
        ("sgd", 0.1),
        ("sgd", 0.2),
        ("sgd", 0.3),
        ("adam", 0.1),
        ("adam", 0.2),
        ("adam", 0.3),
    ]
    assert {row["epochs"] for row in combinations} == {3}
    assert space.size == 6


def test_a_grid_refuses_a_continuous_axis_and_says_what_to_write():
    space = SearchSpace.of({"learning_rate": tune.loguniform(1e-3, 1)})
    assert space.size is None
    with pytest.raises(BadInput, match="--set learning_rate=A,B,C"):
        space.grid()


def test_the_same_generator_gives_the_same_sample():
    first, again = (EVERY_AXIS.sample(np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert list(first) == list(EVERY_AXIS.axes)


def test_what_was_tried_is_never_drawn_and_a_finite_space_comes_to_its_end():
    rng, tried = np.random.default_rng(0), set()
    while values := FINITE.sample_untried(rng, tried):
        assert tuple(values.values()) not in tried
        tried.add(tuple(values.values()))
    assert len(tried) == FINITE.size == 12


def test_descriptions_are_for_people():
    words = {
        "learning_rate": tune.loguniform(1e-4, 3e-2),
        "optimizer": tune.choice(["sgd", "adam"]),
        "batch_size": tune.qrandint(32, 128, 32),
        "seed": 0,
    }
    assert SearchSpace.of(words).describe() == {
        "learning_rate": "0.0001 .. 0.03, logarithmic",
        "optimizer": "sgd | adam",
        "batch_size": "32 .. 128, in steps of 32, whole numbers",
        "seed": "0",
    }


def test_only_what_differs_among_trials_is_varied():
    assert FINITE.varied == ("optimizer", "batch_size")
    assert CONTINUOUS.varied == ("learning_rate", "dropout")
    assert SearchSpace.of(SEEDS, PAIR).varied == ("optimizer", "learning_rate", "seed")
    assert SearchSpace.of(SEEDS, PAIR[:1]).varied == ("seed",)
    assert SearchSpace({}).varied == ()


def test_values_and_the_highest_of_a_setting_that_is_searched_or_not():
    space = SearchSpace.of({**SEEDS, "width": tune.uniform(0.5, 2.0)})
    assert space.values("seed") == [1, 2, 3]
    assert space.values("epochs") == [4]
    assert space.values("width") == []
    assert space.values("pooling") == ["max"]
    assert [space.highest(key) for key in ("seed", "width", "batch_size")] == [3, 2.0, 128]


def test_what_is_overridden_stays_in_its_place_and_what_is_new_comes_last():
    space = SearchSpace.of({"epochs": 9, "learning_rate": 0.5})
    changed = space.override({"width": "0.5,1", "epochs": "5", "learning_rate": "0.1..0.3"})
    assert changed.axes == {
        "epochs": Constant(5),
        "learning_rate": Real(0.1, 0.3),
        "width": Categorical((0.5, 1.0)),
    }
    assert list(changed.axes) == ["epochs", "learning_rate", "width"]
    assert space.axes == {"epochs": Constant(9), "learning_rate": Constant(0.5)}


def test_an_open_value_is_settled_wherever_it_stands():
    both = SearchSpace.of({"precision": tune.choice(["auto", "float32"])})
    assert both.settle("precision", "auto", "mixed_bfloat16").values("precision") == [
        "mixed_bfloat16",
        "float32",
    ]
    assert both.settle("precision", "auto", "float32").axes == {"precision": Constant("float32")}
    assert FINITE.settle("precision", "auto", "float32") == FINITE


# --- values that belong together -------------------------------------------------------------


def test_configurations_take_their_fields_types_and_stand_once():
    space = SearchSpace.of({}, [{"epochs": 3.0, "width": 1}, {"width": "0.5", "epochs": "3"}])
    assert space.configurations == ({"epochs": 3, "width": 1.0}, {"epochs": 3, "width": 0.5})
    assert isinstance(space.configurations[0]["width"], float)
    assert SearchSpace.of({}, [{"width": 1}, {"width": 1.0}]).configurations == ({"width": 1.0},)


def test_listed_fields_become_the_values_that_occur_and_come_first():
    axes = SearchSpace.of(SEEDS, PAIR).axes
    assert axes == {
        "optimizer": Categorical(("adam", "sgd")),
        "learning_rate": Categorical((0.001, 0.1)),
        "width": Constant(0.5),
        "seed": Categorical((1, 2, 3)),
        "epochs": Constant(4),
    }
    assert list(axes) == ["optimizer", "learning_rate", "width", "seed", "epochs"]


def test_every_configuration_is_tried_at_every_point_and_varies_fastest():
    space = SearchSpace.of(SEEDS, PAIR)
    assert rows(space) == [
        ("adam", 0.001, 0.5, 1, 4),
        ("sgd", 0.1, 0.5, 1, 4),
        ("adam", 0.001, 0.5, 2, 4),
        ("sgd", 0.1, 0.5, 2, 4),
        ("adam", 0.001, 0.5, 3, 4),
        ("sgd", 0.1, 0.5, 3, 4),
    ]
    assert space.size == 6
    assert SearchSpace(space.axes).size == 12  # what its axes alone would have


def test_differences_name_what_tells_configurations_apart():
    assert SearchSpace.of({}, PAIR).differences() == [
        "optimizer=adam, learning_rate=0.001",
        "optimizer=sgd, learning_rate=0.1",
    ]
    assert SearchSpace.of({}, PAIR[:1]).differences() == [""]
    assert SearchSpace.of(SEEDS).differences() == []


def test_an_open_value_is_settled_in_configurations_too():
    space = SearchSpace.of({}, [{"width": 1.0, "precision": p} for p in ("auto", "float32")])
    fast = space.settle("precision", "auto", "mixed_bfloat16")
    assert [row["precision"] for row in fast.configurations] == ["mixed_bfloat16", "float32"]
    slow = space.settle("precision", "auto", "float32")
    assert slow.configurations == ({"width": 1.0, "precision": "float32"},)
    assert slow.size == 1


@pytest.mark.parametrize(
    ("configurations", "sentence"),
    [
        ([{"optimiser": "adam"}], "unknown setting 'optimiser'; known: architecture"),
        ([{"optimizer": "newton"}], "unknown optimizer 'newton'; known: sgd"),
        ([{"width": tune.choice([1, 2])}], "width is given .* in a listed configuration"),
        ([{"width": 1}, {"width": 1, "epochs": 2}], "number 1 or number 2 leaves out epochs"),
        ([{"width": 1, "epochs": 2}, {"width": 1}], "number 1 or number 2 leaves out epochs"),
    ],
)
def test_what_cannot_be_listed_is_refused(configurations, sentence):
    with pytest.raises(BadInput, match=sentence):
        SearchSpace.of({}, configurations)


def test_a_field_in_both_places_is_refused():
    with pytest.raises(BadInput, match="width is set for the whole space, but the listed"):
        SearchSpace.of({"width": 1.0}, PAIR)
    with pytest.raises(BadInput, match="width is set for the whole space, but the listed"):
        SearchSpace.of(SEEDS, PAIR).override({"width": "1"})


def test_a_continuous_axis_beside_configurations_is_refused_at_once():
    space = SearchSpace.of({"dropout": tune.uniform(0, 0.5)}, PAIR)
    assert space.size is None
    with pytest.raises(BadInput, match="dropout ranges continuously"):
        space.grid()


@pytest.mark.parametrize("search", ["tpe", "random"])
def test_only_a_grid_takes_configurations(search):
    with pytest.raises(BadInput, match=f"few lists configurations.*its search is '{search}'"):
        Sweep(name="few", question="?", space={}, search=search, configurations=PAIR)


def test_a_space_holds_what_it_could_have_suggested():
    space = SearchSpace.of({"dropout": tune.choice([0.0, 0.5]), "epochs": 9})
    assert space.holds({"dropout": 0.5, "epochs": 9, "width": 3.0})
    assert not space.holds({"dropout": 0.2, "epochs": 9})
    assert not space.holds({"dropout": 0.5, "epochs": 27})
    assert space.holds({"dropout": 0.5, "epochs": 27}, but=("epochs",))


def test_values_that_stand_in_different_configurations_are_not_held_together():
    rows = ({"optimizer": "adam", "width": 0.5}, {"optimizer": "sgd", "width": 1.0})
    space = SearchSpace.of({"epochs": 9}, rows)
    assert space.holds({**rows[0], "epochs": 9})
    assert not space.holds({"optimizer": "adam", "width": 1.0, "epochs": 9})
