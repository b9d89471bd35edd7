import numpy as np
import pytest
from ray import tune

from orchestrator.errors import BadInput
from orchestrator.search.space import (
    Choice,
    Constant,
    Real,
    Whole,
    axes,
    describe,
    grid,
    override,
    sample,
    size,
    snap,
)

WORDS = {
    "constant": ("epochs", 5, Constant(5)),
    "choice": ("optimizer", tune.choice(["sgd", "adam"]), Choice(("sgd", "adam"))),
    "grid_search": ("seed", tune.grid_search([0, 1, 2]), Choice((0, 1, 2))),
    "uniform": ("dropout", tune.uniform(0.1, 0.5), Real(0.1, 0.5)),
    "loguniform": ("learning_rate", tune.loguniform(1e-4, 0.1), Real(1e-4, 0.1, log=True)),
    "quniform": ("dropout", tune.quniform(0.1, 0.5, 0.1), Real(0.1, 0.5, step=0.1)),
    "qloguniform": ("width", tune.qloguniform(0.5, 4, 0.5), Real(0.5, 4.0, True, 0.5)),
    "quniform, whole": ("batch_size", tune.quniform(32, 128, 32), Whole(32, 128, False, 32)),
    "randint": ("epochs", tune.randint(5, 10), Whole(5, 9)),
    "lograndint": ("batch_size", tune.lograndint(16, 257), Whole(16, 256, log=True)),
    "qrandint": ("batch_size", tune.qrandint(16, 64, 16), Whole(16, 64, step=16)),
    "qlograndint": ("batch_size", tune.qlograndint(16, 64, 16), Whole(16, 64, True, 16)),
    "a choice of one": ("optimizer", tune.choice(["sgd"]), Constant("sgd")),
    "a range of one value": ("dropout", tune.uniform(0.2, 0.2), Constant(0.2)),
    "randint on a real field": ("width", tune.randint(1, 4), Real(1.0, 3.0, step=1)),
}


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_tune_becomes_the_axis_it_means(word):
    key, given, expected = WORDS[word]
    assert axes({key: given}) == {key: expected}


@pytest.mark.parametrize("word", WORDS)
def test_samples_lie_on_their_axis_and_in_the_type_of_their_field(word):
    key, given, _ = WORDS[word]
    described = axes({key: given})
    rng = np.random.default_rng(0)
    drawn = [sample(described, rng)[key] for _ in range(200)]
    assert {type(value) for value in drawn} <= {int, float, str}
    assert all(snap(described[key], value) == value for value in drawn)
    if size(described) is not None:
        assert set(drawn) == {row[key] for row in grid(described)} or size(described) > 100


def test_constants_take_the_type_of_their_field():
    described = axes({"learning_rate": 1, "epochs": 3.0, "batch_normalisation": "no"})
    assert [axis.value for axis in described.values()] == [1.0, 3, False]
    assert isinstance(described["learning_rate"].value, float)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"learningrate": 0.1}, "unknown setting 'learningrate'; known: architecture,"),
        ({"optimizer": "adamm"}, "unknown optimizer 'adamm'; known: sgd, adam, adamw, muon"),
        ({"optimizer": tune.choice(["sgd", "rms"])}, "unknown optimizer 'rms'"),
        ({"architecture": "CPX"}, "architecture 'CPX' is none of cnn5"),
        ({"epochs": "many"}, "epochs='many' is no int"),
        ({"epochs": tune.uniform(1, 5)}, "epochs takes whole numbers"),
        ({"optimizer": tune.uniform(1, 5)}, "optimizer takes str values"),
        ({"batch_normalisation": tune.randint(0, 2)}, "takes bool values"),
        ({"learning_rate": {"low": 1}}, "learning_rate is given"),
        ({"learning_rate": [0.1, 0.2]}, "expected a constant"),
        ({"learning_rate": None}, "expected a constant"),
        ({"learning_rate": float("nan")}, "out of range"),
        ({"learning_rate": tune.sample_from(lambda _: 0.1)}, "expected a constant"),
        ({"learning_rate": tune.randn(0, 1)}, "normal distribution"),
        ({"learning_rate": tune.uniform(0.5, 0.1)}, "nothing lies between"),
        ({"epochs": tune.randint(5, 5)}, "nothing lies between"),
        ({"seed": tune.choice([])}, "empty list"),
        ({"seed": tune.grid_search([1, 1])}, "lists 1 twice"),
        ({"optimizer": tune.choice(["sgd", tune.choice(["adam"])])}, "plain numbers"),
        ({"optimizer": {"grid_search": "sgd"}}, "expected a list"),
    ],
)
def test_what_is_no_space_is_refused_in_one_sentence(space, said):
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        axes(space)


def test_any_valid_layer_notation_is_an_architecture():
    assert axes({"architecture": "CPCPFF"}) == {"architecture": Constant("CPCPFF")}


def test_a_grid_varies_its_last_axis_fastest_in_written_order():
    described = axes(
        {
            "optimizer": tune.choice(["sgd", "adam"]),
            "epochs": 3,
            "dropout": tune.quniform(0.1, 0.3, 0.1),
        }
    )
    rows = list(grid(described))
    assert [(row["optimizer"], row["dropout"]) for row in rows] == [
        ("sgd", 0.1),
        ("sgd", 0.2),
        ("sgd", 0.3),
        ("adam", 0.1),
        ("adam", 0.2),
        ("adam", 0.3),
    ]
    assert {row["epochs"] for row in rows} == {3}
    assert size(described) == 6


def test_a_grid_refuses_a_continuous_axis_and_says_what_to_write():
    described = axes({"learning_rate": tune.loguniform(1e-3, 1)})
    assert size(described) is None
    with pytest.raises(BadInput, match="--set learning_rate=A,B,C"):
        grid(described)


def test_the_same_generator_gives_the_same_sample():
    described = axes({key: word for key, word, _ in WORDS.values()})
    assert sample(described, np.random.default_rng(7)) == sample(
        described, np.random.default_rng(7)
    )


def test_logarithmic_axes_give_each_decade_its_share():
    described = axes({"learning_rate": tune.loguniform(1e-4, 1e-2)})
    rng = np.random.default_rng(0)
    drawn = np.array([sample(described, rng)["learning_rate"] for _ in range(2000)])
    assert np.mean(drawn < 1e-3) == pytest.approx(0.5, abs=0.05)


def test_the_ends_of_a_stepped_axis_are_as_likely_as_the_middle():
    described = axes({"epochs": tune.randint(1, 5)})
    rng = np.random.default_rng(0)
    drawn = np.array([sample(described, rng)["epochs"] for _ in range(4000)])
    for value in (1, 2, 3, 4):
        assert np.mean(drawn == value) == pytest.approx(0.25, abs=0.04)


def test_descriptions_are_for_people():
    lines = describe(
        axes(
            {
                "learning_rate": tune.loguniform(1e-4, 3e-2),
                "optimizer": tune.choice(["sgd", "adam"]),
                "batch_size": tune.qrandint(32, 128, 32),
                "seed": 0,
            }
        )
    )
    assert lines == [
        "learning_rate  0.0001 .. 0.03, logarithmic",
        "optimizer      sgd | adam",
        "batch_size     32 .. 128, in steps of 32, whole numbers",
        "seed           0",
    ]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("learning_rate=0.1", Constant(0.1)),
        ("learning_rate=1e-4..1e-1", Real(1e-4, 0.1, log=True)),
        ("learning_rate=0.01..0.1", Real(0.01, 0.1)),
        ("dropout=0..0.5", Real(0.0, 0.5)),
        ("epochs=5..10", Whole(5, 10)),
        ("batch_size=16..256", Whole(16, 256, log=True)),
        ("optimizer=sgd, adam", Choice(("sgd", "adam"))),
        ("batch_normalisation=yes,no", Choice((True, False))),
        ("weights=../models/vgg.h5", Constant("../models/vgg.h5")),
        ("augmentation=flip shift", Constant("flip shift")),
        ("architecture=CPCPFF,cnn5", Choice(("CPCPFF", "cnn5"))),
    ],
)
def test_a_setting_on_the_command_line_replaces_the_word(setting, expected):
    key, _, text = setting.partition("=")
    space = {"epochs": 9, "learning_rate": 0.5}
    changed = override(space, {key: text})
    assert axes(changed)[key] == expected
    assert space == {"epochs": 9, "learning_rate": 0.5}
    assert list(changed)[:2] == ["epochs", "learning_rate"]


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("learningrate", "0.1", "unknown setting 'learningrate'; known: architecture"),
        ("optimizer", "sgd,rms", "unknown optimizer 'rms'"),
        ("epochs", "5..x", "epochs='x' is no int"),
        ("epochs", "9..5", "nothing lies between"),
        ("epochs", "1.5", "is no int"),
        ("seed", "1,1", "lists 1 twice"),
    ],
)
def test_a_bad_setting_is_refused_with_what_is_known(key, text, said):
    with pytest.raises(BadInput, match=said):
        override({}, {key: text})
