import pytest

from results.settings import SETTINGS


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_s_default_is_among_what_it_may_be(name):
    setting = SETTINGS[name]
    words = setting.default.split() if setting.blank_separated else [setting.default]
    assert not setting.choices or set(words) <= set(setting.choices)
    low = setting.default if setting.low is None else setting.low
    high = setting.default if setting.high is None else setting.high
    assert low <= setting.default <= high


@pytest.mark.parametrize("name", [name for name, s in SETTINGS.items() if s.in_force])
def test_what_a_setting_hangs_on_is_a_setting_with_these_names(name):
    other, values = SETTINGS[name].in_force
    assert values
    assert set(values) < set(SETTINGS[other].choices)


def test_momentum_and_what_is_vgg16_s_own_are_not_always_in_force():
    assert {name: s.in_force for name, s in SETTINGS.items() if s.in_force} == {
        "momentum": ("optimizer", ("sgd", "muon")),
        "weights": ("architecture", ("vgg16",)),
        "fine_tune": ("architecture", ("vgg16",)),
        "head": ("architecture", ("vgg16",)),
    }


def test_numbers_have_ranges_and_words_have_none():
    for setting in SETTINGS.values():
        number = type(setting.default) in (int, float)
        assert (setting.low is not None) == (setting.high is not None) == number
