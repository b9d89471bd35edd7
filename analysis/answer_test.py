import math

import pytest

from analysis.answer import RangeAnswer, SettingAnswer, answer
from analysis.made_up_sweeps import MadeUpSweep


def answered(sweep):
    return answer(sweep.trials, sweep.epochs, sweep.right)


def values(part):
    return [value.value for value in part.values]


def test_a_clear_winner():
    sweep = MadeUpSweep()
    sweep.add([0.5, 0.80], preprocessing="clahe")
    sweep.add([0.4, 0.60], preprocessing="plain")
    sweep.add([0.3, 0.40], preprocessing="plane")
    result = answered(sweep)
    (part,) = result.settings
    assert result.varied == ("preprocessing",)
    assert values(part) == ["clahe", "plain", "plane"]
    assert [value.is_behind for value in part.values] == [False, True, True]
    assert result.leaders == result.ranking[:1]
    assert (part.in_a_row, part.epoch, part.leader_then) == (1, 2, "clahe")
    assert result.comparisons == 2


def test_a_tie():
    sweep = MadeUpSweep()
    sweep.add([0.801], architecture="cnn5")
    sweep.add([0.800], architecture="vgg")
    result = answered(sweep)
    (part,) = result.settings
    assert [value.is_behind for value in part.values] == [False, False]
    assert part.values[1].p == 1.0  # one image of 1,000 decides nothing
    assert len(result.leaders) == 2


def test_what_was_never_tried_together():
    sweep = MadeUpSweep()
    sweep.add([0.9], architecture="cnn5", preprocessing="clahe")
    sweep.add([0.8], architecture="cnn5", preprocessing="plain")
    sweep.add([0.7], architecture="vgg", preprocessing="plain")
    nets, variants = answered(sweep).settings
    assert nets.values[1].untried == (("preprocessing", "clahe"),)
    assert variants.values[1].untried == ()  # plain was tried with cnn5, as clahe was


def test_p_values_are_corrected_over_all_settings():
    sweep = MadeUpSweep()
    sweep.add([0.806], architecture="cnn5", preprocessing="clahe")
    sweep.add([0.800], architecture="vgg", preprocessing="plain")  # 6 images: p = 1/32
    nets, variants = answered(sweep).settings
    assert nets.values[1].behind.p == pytest.approx(1 / 32)
    assert nets.values[1].p == variants.values[1].p == pytest.approx(2 / 32)
    assert not nets.values[1].is_behind


def test_one_trial():
    sweep = MadeUpSweep()
    sweep.add([0.5, 0.8])
    result = answered(sweep)
    assert (result.varied, result.settings, result.comparisons) == ((), (), 0)
    assert len(result.ranking) == 1
    assert math.isnan(result.seed_sd)


def test_all_were_stopped_early():
    sweep = MadeUpSweep()
    sweep.add([0.5, 0.8], status="pruned", preprocessing="clahe")
    sweep.add([0.4], status="pruned", preprocessing="plain")
    result = answered(sweep)
    assert not result.ranking[0].finished
    assert result.settings[0].values[1].behind.epoch == 1
    assert result.settings[0].epoch == 1


def test_all_failed():
    sweep = MadeUpSweep()
    sweep.add([], status="failed", optimizer="adam")
    sweep.add([], status="failed", optimizer="sgd")
    result = answered(sweep)
    assert (result.ranking, result.settings) == ((), ())
    assert result.statuses == {"failed": 2}
    assert result.errors == ("the loss is not finite",)


def test_a_stopped_trial_that_was_better_then_is_ahead_and_leads_nothing():
    sweep = MadeUpSweep()
    sweep.add([0.3, 0.5, 0.9], optimizer="sgd")
    sweep.add([0.45], status="pruned", optimizer="adam")
    result = answered(sweep)
    adam = result.settings[0].values[1]
    assert (adam.is_ahead, adam.is_behind) == (True, False)
    assert len(result.leaders) == 1


def test_a_number_with_many_values_is_answered_by_a_range():
    sweep = MadeUpSweep()
    for rate, accuracy in zip(
        (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), (0.3, 0.6, 0.801, 0.802, 0.7, 0.2), strict=True
    ):
        sweep.add([accuracy], learning_rate=rate)
    (part,) = answered(sweep).settings
    assert part == RangeAnswer("learning_rate", 0.03, 0.01, 0.03, (0.001, 0.3), 2, 2)


def test_five_values_are_answered_one_by_one():
    sweep = MadeUpSweep()
    for rate in (0.001, 0.003, 0.01, 0.03, 0.1):
        sweep.add([rate], learning_rate=rate)
    (part,) = answered(sweep).settings
    assert isinstance(part, SettingAnswer)
    assert values(part) == [0.1, 0.03, 0.01, 0.003, 0.001]


def test_a_setting_that_counts_for_no_good_trial_has_no_range():
    sweep = MadeUpSweep()
    sweep.add([0.9], optimizer="adam", momentum=0.9)
    for i in range(6):
        sweep.add([0.5], optimizer="sgd", momentum=0.1 * i)
    part = answered(sweep).settings[-1]
    assert (part.setting, part.leading, part.inside) == ("momentum", 0, 0)


def test_the_best_configurations_in_a_row():
    sweep = MadeUpSweep()
    for accuracy, net, variant in (
        (0.94, "cnn5", "clahe"),
        (0.93, "vgg", "clahe"),
        (0.92, "resnet", "clahe"),
        (0.50, "cnn5", "plain"),
        (0.49, "resnet", "plain"),
    ):
        sweep.add([accuracy], architecture=net, preprocessing=variant)
    _, variants = answered(sweep).settings
    assert (variants.in_a_row, variants.with_best) == (3, 3)


def test_seeds_say_how_far_chance_alone_moves_accuracy():
    sweep = MadeUpSweep()
    for seed, accuracy in enumerate((0.50, 0.52)):
        sweep.add([accuracy], optimizer="sgd", seed=seed)
        sweep.add([accuracy + 0.1], optimizer="adam", seed=seed)
    result = answered(sweep)
    assert [part.setting for part in result.settings] == ["optimizer"]
    assert result.seeds == 2
    assert result.seed_sd == pytest.approx(math.sqrt(0.0002))  # (0.01^2 * 4) / 2 degrees
