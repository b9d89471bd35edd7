import math

from results.varied import description, value_in_force, value_text, varied

CNN = {
    "architecture": "cnn5",
    "preprocessing": "clahe",
    "optimizer": "sgd",
    "learning_rate": 0.0391234,
    "momentum": 0.9,
    "augmentation": "flip shift",
    "augmentation_strength": 0.0,
    "weights": "imagenet",
    "seed": 0,
    "data": "abc",
}


def test_what_differs_varied_in_the_order_of_the_settings():
    other = CNN | {"seed": 1, "architecture": "vgg", "data": "def", "trial": "0123456789"}
    assert varied([CNN, other]) == ("architecture", "seed")
    assert varied([CNN]) == varied([]) == varied([CNN, dict(CNN)]) == ()


def test_a_setting_that_changes_nothing_did_not_vary():
    assert varied([CNN, CNN | {"weights": "none", "augmentation": "zoom"}]) == ()
    strong = CNN | {"augmentation_strength": 1.0}
    assert varied([strong, strong | {"augmentation": "zoom"}]) == ("augmentation",)


def test_only_trials_in_which_a_setting_counts_can_differ_in_it():
    adam = CNN | {"optimizer": "adam"}
    assert varied([CNN, adam]) == ("optimizer",)
    assert varied([CNN, adam, CNN | {"momentum": 0.5}]) == ("optimizer", "momentum")


def test_null_and_nan_are_one_value():
    assert varied([CNN | {"momentum": None}, CNN | {"momentum": math.nan}]) == ()
    assert value_in_force("momentum", CNN | {"momentum": math.nan}) is None


def test_a_trial_is_described_by_what_varied():
    assert description(CNN, ("architecture", "preprocessing", "learning_rate")) == (
        "cnn5, clahe, lr 0.0391"
    )
    assert description(CNN, ("optimizer", "seed")) == "sgd, seed 0"
    assert description(CNN, ("weights", "augmentation")) == ""
    assert description(CNN, ()) == "cnn5, clahe"


def test_numbers_are_short():
    assert [value_text(v) for v in (0.30000001, 1e-4, 128, True, "/a/b.h5", None)] == [
        "0.3",
        "0.0001",
        "128",
        "True",
        "b.h5",
        "",
    ]
