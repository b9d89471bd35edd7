from orchestrator.scheduling.schedulers.first_epochs import first_rung_alone
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup


def test_all_reductions_come_at_the_first_rung():
    alone = first_rung_alone(Setup(RungEpochs((1, 3, 9), 27), 3, 27, 54))
    assert alone.rungs == RungEpochs((1,), 27)
    assert alone.reduction_factor == 27  # 3 at each of three rungs
    assert (alone.trials, alone.epochs) == (54, 27)


def test_without_a_rung_nothing_is_reduced_more_often_than_asked():
    alone = first_rung_alone(Setup(RungEpochs(()), 3, 2, 6))
    assert (alone.rungs.epochs, alone.reduction_factor) == ((), 3)
