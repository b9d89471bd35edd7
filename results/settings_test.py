import pytest

from results.settings import SETTINGS, in_force


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_s_default_is_among_what_it_may_be(name):
    setting = SETTINGS[name]
    words = setting.default.split() if setting.blank_separated else [setting.default]
    assert not setting.choices or set(words) <= set(setting.choices)
    low = setting.default if setting.low is None else setting.low
    high = setting.default if setting.high is None else setting.high
    assert low <= setting.default <= high


@pytest.mark.parametrize("name", [name for name, s in SETTINGS.items() if s.in_force])
def test_what_a_setting_hangs_on_is_a_setting_with_such_values(name):
    condition = SETTINGS[name].in_force
    other = SETTINGS[condition.setting]
    if condition.above is None:
        assert condition.values
        assert set(condition.values) < set(other.choices)
    else:
        assert other.low <= condition.above < other.high


@pytest.mark.parametrize(
    ("name", "configuration", "counts"),
    [
        ("momentum", {"optimizer": "sgd"}, True),
        ("momentum", {"optimizer": "adam"}, False),
        ("weights", {"architecture": "vgg16"}, True),
        ("weights", {"architecture": "cnn5"}, False),
        ("head", {"architecture": "vgg"}, False),
        ("augmentation", {"augmentation_strength": 0.0}, False),
        ("augmentation", {"augmentation_strength": 0.1}, True),
        ("augmentation", {}, True),
        ("learning_rate", {"optimizer": "adam"}, True),
    ],
)
def test_a_setting_is_in_force_where_it_changes_something(name, configuration, counts):
    assert in_force(name, configuration) is counts


def test_numbers_have_ranges_and_words_have_none():
    for setting in SETTINGS.values():
        number = type(setting.default) in (int, float)
        assert (setting.low is not None) == (setting.high is not None) == number
