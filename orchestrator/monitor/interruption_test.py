from orchestrator.monitor.interruption import interrupted_lines
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.stand_ins import ListJournal


def row(epoch, accuracy):
    return {
        "epoch": epoch,
        "validation_accuracy": accuracy,
        "validation_loss": 1 - accuracy,
        "seconds": 1.0,
    }


def begun(ledger, *rates):
    for number, rate in enumerate(rates):
        config = {"architecture": "CPF", "preprocessing": "plain", "learning_rate": rate}
        ledger.asked(f"t{number}", config, number)


def test_what_had_been_reached_is_counted_and_the_best_trial_named():
    ledger = Ledger(ListJournal())
    begun(ledger, 0.1, 0.2, 0.3, 0.4)
    for trial, accuracies in {"t0": (0.3, 0.5, 0.4), "t1": (0.25,), "t2": (0.35, 0.45)}.items():
        for epoch, accuracy in enumerate(accuracies, 1):
            ledger.epoch(trial, row(epoch, accuracy), {})
    ledger.ended("t0", "epochs", "all epochs done")
    ledger.ended("t1", "rung", "below the best third")
    assert interrupted_lines(ledger, "/r/first", 16, 185.0).splitlines() == [
        "interrupted after 3 min 5 s: 2 of 16 trials had ended (1 completed, 1 pruned), "
        "2 were under way",
        "best so far: validation accuracy 0.5000 after epoch 2: lr 0.1 (trial t0)",
        "tables: /r/first/trials.parquet, /r/first/epochs.parquet",
    ]


def test_a_trial_that_had_not_ended_may_be_the_best_so_far():
    ledger = Ledger(ListJournal())
    begun(ledger, 0.1, 0.2)
    ledger.epoch("t0", row(1, 0.2), {})
    ledger.ended("t0", "epochs", "all epochs done")
    ledger.epoch("t1", row(1, 0.6), {})
    assert "0.6000 after epoch 1: lr 0.2 (trial t1)" in interrupted_lines(ledger, "/r", 2, 1.0)


def test_before_the_first_epoch_there_are_no_tables_to_name():
    ledger = Ledger(ListJournal())
    begun(ledger, 0.1)
    assert interrupted_lines(ledger, "/r/first", 16, 4.0).splitlines() == [
        "interrupted after 4 s: 0 of 16 trials had ended, 1 were under way",
        "no accuracy had been measured",
    ]


def test_who_waits_at_a_rung_is_counted():
    ledger = Ledger(ListJournal())
    begun(ledger, 0.1, 0.2)
    ledger.epoch("t0", row(1, 0.3), {})
    ledger.paused("t0", 1, 0.3, "rung 1: 0.3 ranks 1 of 2, the best goes on")
    assert interrupted_lines(ledger, "/r/first", 2, 5.0).splitlines()[0] == (
        "interrupted after 5 s: 0 of 2 trials had ended, 1 were under way, 1 were paused at a rung"
    )
