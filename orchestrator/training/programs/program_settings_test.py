from orchestrator.testing.stand_ins import tiny
from orchestrator.training.programs.program_settings import ProgramSettings


def of(**changes):
    return ProgramSettings.of_trial(tiny(**changes))


def test_what_is_turned_while_a_program_runs_is_no_part_of_it():
    for changes in (
        {"learning_rate": 0.5},
        {"dropout": 0.9},
        {"label_smoothing": 0.1},
        {"weight_decay": 0.2},
        {"seed": 9},
        {"epochs": 99},
    ):
        assert of(**changes) == of()
    assert of(width=0.9) != of()
    assert of(optimizer="adam") != of()


def test_augmentation_counts_where_it_has_strength_whatever_its_order():
    assert of(augmentation="flip shift", augmentation_strength=0.5).augmentation == (
        "flip",
        "shift",
    )
    assert of(augmentation="shift flip", augmentation_strength=0.1).augmentation == (
        "flip",
        "shift",
    )
    assert of(augmentation="flip", augmentation_strength=0.0).augmentation == ()
    assert of(augmentation="none", augmentation_strength=0.5).augmentation == ()


def test_whether_weights_are_averaged_counts_and_not_how_slowly():
    assert of(ema=0.5) == of(ema=0.9)
    assert of(ema=0.5) != of(ema=0.0)
