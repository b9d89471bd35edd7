import numpy as np
import pytest
from ray import tune

from orchestrator.errors import BadInput
from orchestrator.search.axes import Categorical, Constant, Integer, Real
from orchestrator.search.tune_words import axis_from_text, axis_of

WORDS = {
    "constant": ("epochs", 5, Constant(5)),
    "choice": ("optimizer", tune.choice(["sgd", "adam"]), Categorical(("sgd", "adam"))),
    "grid_search": ("seed", tune.grid_search([0, 1, 2]), Categorical((0, 1, 2))),
    "uniform": ("dropout", tune.uniform(0.1, 0.5), Real(0.1, 0.5)),
    "loguniform": ("learning_rate", tune.loguniform(1e-4, 0.1), Real(1e-4, 0.1, log=True)),
    "quniform": ("dropout", tune.quniform(0.1, 0.5, 0.1), Real(0.1, 0.5, step=0.1)),
    "qloguniform": ("width", tune.qloguniform(0.5, 4, 0.5), Real(0.5, 4.0, True, 0.5)),
    "quniform, whole": ("batch_size", tune.quniform(32, 128, 32), Integer(32, 128, False, 32)),
    "randint": ("epochs", tune.randint(5, 10), Integer(5, 9)),
    "lograndint": ("batch_size", tune.lograndint(16, 257), Integer(16, 256, log=True)),
    "qrandint": ("batch_size", tune.qrandint(16, 64, 16), Integer(16, 64, step=16)),
    "qlograndint": ("batch_size", tune.qlograndint(16, 64, 16), Integer(16, 64, True, 16)),
    "a choice of one": ("optimizer", tune.choice(["sgd"]), Constant("sgd")),
    "a range of one value": ("dropout", tune.uniform(0.2, 0.2), Constant(0.2)),
    "randint on a real field": ("width", tune.randint(1, 4), Real(1.0, 3.0, step=1)),
}


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_tune_becomes_the_axis_it_means(word):
    key, given, expected = WORDS[word]
    assert axis_of(key, given) == expected


@pytest.mark.parametrize("word", WORDS)
def test_samples_lie_on_their_axis_and_in_the_type_of_their_field(word):
    key, given, _ = WORDS[word]
    axis = axis_of(key, given)
    rng = np.random.default_rng(0)
    drawn = [axis.sample(rng) for _ in range(200)]
    assert {type(value) for value in drawn} <= {int, float, str}
    assert all(axis.snap(value) == value for value in drawn)
    if axis.values is not None:
        assert set(drawn) == set(axis.values) or len(axis.values) > 100


def test_constants_take_the_type_of_their_field():
    assert axis_of("learning_rate", 1) == Constant(1.0)
    assert isinstance(axis_of("learning_rate", 1).value, float)
    assert axis_of("epochs", 3.0) == Constant(3)
    assert axis_of("batch_normalisation", "no") == Constant(False)


@pytest.mark.parametrize(
    ("key", "word", "sentence"),
    [
        ("learningrate", 0.1, "unknown setting 'learningrate'; known: architecture,"),
        ("optimizer", "adamm", "unknown optimizer 'adamm'; known: sgd, adam, adamw, muon"),
        ("optimizer", tune.choice(["sgd", "rms"]), "unknown optimizer 'rms'"),
        ("architecture", "CPX", "architecture 'CPX' is none of cnn5"),
        ("epochs", "many", "epochs='many' is no int"),
        ("epochs", tune.uniform(1, 5), "epochs takes whole numbers"),
        ("optimizer", tune.uniform(1, 5), "optimizer takes str values"),
        ("batch_normalisation", tune.randint(0, 2), "takes bool values"),
        ("learning_rate", {"low": 1}, "learning_rate is given"),
        ("learning_rate", [0.1, 0.2], "expected a constant"),
        ("learning_rate", None, "expected a constant"),
        ("learning_rate", float("nan"), "out of range"),
        ("learning_rate", tune.sample_from(lambda _: 0.1), "is given by tune.sample_from"),
        ("learning_rate", tune.randn(0, 1), "normal distribution"),
        ("learning_rate", tune.uniform(0.5, 0.1), "nothing lies between"),
        ("epochs", tune.randint(5, 5), "nothing lies between"),
        ("seed", tune.choice([]), "empty list"),
        ("seed", tune.grid_search([1, 1]), "lists 1 twice"),
        ("optimizer", tune.choice(["sgd", tune.choice(["adam"])]), "plain numbers"),
        ("optimizer", {"grid_search": "sgd"}, "expected a list"),
    ],
)
def test_what_is_no_space_is_refused_in_one_sentence(key, word, sentence):
    with pytest.raises(BadInput, match=sentence.replace("(", r"\(")):
        axis_of(key, word)


def test_any_valid_layer_notation_is_an_architecture():
    assert axis_of("architecture", "CPCPFF") == Constant("CPCPFF")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("learning_rate=0.1", Constant(0.1)),
        ("learning_rate=1e-4..1e-1", Real(1e-4, 0.1, log=True)),
        ("learning_rate=0.01..0.1", Real(0.01, 0.1)),
        ("dropout=0..0.5", Real(0.0, 0.5)),
        ("epochs=5..10", Integer(5, 10)),
        ("batch_size=16..256", Integer(16, 256, log=True)),
        ("optimizer=sgd, adam", Categorical(("sgd", "adam"))),
        ("batch_normalisation=yes,no", Categorical((True, False))),
        ("weights=../models/vgg.h5", Constant("../models/vgg.h5")),
        ("augmentation=flip shift", Constant("flip shift")),
        ("architecture=CPCPFF,cnn5", Categorical(("CPCPFF", "cnn5"))),
    ],
)
def test_a_setting_on_the_command_line_is_an_axis_too(setting, expected):
    key, _, text = setting.partition("=")
    assert axis_from_text(key, text) == expected


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("learningrate", "0.1", "unknown setting 'learningrate'; known: architecture"),
        ("optimizer", "sgd,rms", "unknown optimizer 'rms'"),
        ("epochs", "5..x", "epochs='x' is no int"),
        ("epochs", "9..5", "nothing lies between"),
        ("epochs", "1.5", "is no int"),
        ("seed", "1,1", "lists 1 twice"),
    ],
)
def test_a_bad_setting_is_refused_with_what_is_known(key, text, sentence):
    with pytest.raises(BadInput, match=sentence):
        axis_from_text(key, text)
