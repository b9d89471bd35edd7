import dataclasses

import pytest

from orchestrator.config import CHOICES, TrialConfig, convert
from orchestrator.errors import BadInput
from results.settings import SETTINGS


def test_the_vocabulary_mirrors_the_dictionaries_it_stands_for():
    from orchestrator.models.catalogue import MODELS
    from orchestrator.models.views import VIEWS
    from orchestrator.preprocess import VARIANTS
    from orchestrator.training.augmentation.augment import TRANSFORMS
    from orchestrator.training.optimizers import OPTIMIZERS
    from orchestrator.training.schedules import RATE_SCALINGS, SCHEDULES

    assert CHOICES["architecture"] == tuple(MODELS)
    assert CHOICES["preprocessing"] == tuple(VARIANTS)
    assert CHOICES["optimizer"] == tuple(OPTIMIZERS)
    assert CHOICES["schedule"] == tuple(SCHEDULES)
    assert CHOICES["rate_scaling"] == tuple(RATE_SCALINGS)
    assert CHOICES["views"] == tuple(VIEWS)
    assert set(SETTINGS["augmentation"].choices) == set(TRANSFORMS)


def test_a_configuration_is_flat_and_comes_back_from_its_scalars():
    config = TrialConfig(architecture="vgg", learning_rate=0.1, seed=3)
    flat = config.to_flat()
    assert all(isinstance(value, str | int | float | bool) for value in flat.values())
    assert TrialConfig.from_flat(flat) == config


def test_every_field_counts_in_the_signature():
    base = TrialConfig()
    other = {"str": "x", "int": 7, "float": 0.123, "bool": False}
    for field in dataclasses.fields(TrialConfig):
        value = other[type(getattr(base, field.name)).__name__]
        changed = dataclasses.replace(base, **{field.name: value})
        assert changed.signature() != base.signature(), field.name
    assert TrialConfig().signature() == base.signature()
    assert len(base.signature()) == 10


def test_signatures_are_those_of_the_results_that_lie_about():
    assert TrialConfig().signature() == "b8f174ac48"
    other = TrialConfig(
        architecture="CCPFF",
        optimizer="adamw",
        learning_rate=0.1,
        batch_normalisation=False,
        patience=5,
        seed=3,
        data="abc",
    )
    assert other.signature() == "0f33e81dd0"


def test_a_setting_that_came_later_changes_no_signature_of_before():
    """Both were computed before there was `rate_scaling`; see the test above."""
    assert TrialConfig(rate_scaling="none").signature() == "b8f174ac48"
    assert TrialConfig(rate_scaling="linear").signature() != "b8f174ac48"
    assert TrialConfig.from_flat({"batch_size": 256}).rate_scaling == "none"
    off = {"mixup": 0.0, "views": "one", "sam_radius": 0.0, "cycle": 10}
    off |= {"plateau_patience": 10, "plateau_factor": 0.5}
    assert TrialConfig(**off).signature() == "b8f174ac48"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("epochs", "12", 12),
        ("epochs", "1e2", 100),
        ("learning_rate", "1e-3", 0.001),
        ("batch_normalisation", "no", False),
        ("batch_normalisation", True, True),
        ("head", 256, "256"),
    ],
)
def test_text_becomes_the_field_s_type(key, text, value):
    converted = convert(key, text)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("epochs", "2.5", "is no int; its default is 10"),
        ("epochs", "many", "is no int"),
        ("epochs", float("inf"), "is no int"),
        ("epochs", 0, "out of range; expected 1 to 1e+06"),
        ("learning_rate", -0.1, "out of range"),
        ("learning_rate", float("nan"), "out of range"),
        ("dropout", 1.0, "out of range; expected 0 to 0.99"),
        ("batch_normalisation", "perhaps", "is no bool"),
        ("augmentation", "flip shear", "'shear' is unknown; known: flip, shift"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_expected(key, value, sentence):
    with pytest.raises(BadInput) as refused:
        convert(key, value)
    assert sentence in str(refused.value)


def test_every_default_can_be_given_by_hand():
    for key, setting in SETTINGS.items():
        assert (
            convert(key, setting.default) == convert(key, str(setting.default)) == setting.default
        )


def test_an_unknown_key_lists_the_known():
    with pytest.raises(BadInput, match="unknown setting 'lr'; known: architecture, preprocessing"):
        TrialConfig.from_flat({"lr": 0.1})
