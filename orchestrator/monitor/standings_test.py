from orchestrator.monitor.standings import Standings
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal


def test_the_standing_follows_the_ledger_also_where_the_best_falls_back():
    ledger = Ledger(ListJournal())
    standing = Standings(ledger)
    ledger.listen(standing.note)

    def stands():
        same = Standings(ledger)  # made from the ledger as a whole
        for own, its in zip(figures(standing), figures(same), strict=True):
            assert own == its
        return standing.best and standing.best.trial, set(standing.running), standing.mean_seconds

    def figures(one):
        return one.best, set(one.running), one.mean_seconds

    for ticket, trial in enumerate("abc"):
        ledger.asked(trial, {"epochs": 3}, ticket)
        ledger.started(trial)
    assert stands() == (None, {"a", "b", "c"}, None)
    ledger.epoch("b", row(1, 0.5), {})
    ledger.epoch("a", row(1, 0.5), {})
    assert stands()[0] == "a"  # equal, but asked for earlier
    ledger.epoch("c", row(1, 0.4), {})
    ledger.epoch("c", row(2, 0.7), {})
    assert stands()[0] == "c"
    ledger.epoch("c", row(1, 0.4), {})  # back to a checkpoint: its second epoch is gone
    assert stands()[0] == "a"
    ledger.ended("c", "rung", "rung 1")
    ledger.ended("a", "failure", "raised an error", error="ValueError")
    assert stands() == ("a", {"b"}, 2.0)  # only c was trained to its end, in one epoch of 2 s
    ledger.epoch("b", row(2, 0.6), {})
    ledger.ended("b", "time", "time is up", resumable=True)
    assert stands() == ("b", set(), 3.0)
    ledger.started("b")
    assert stands() == ("b", {"b"}, 2.0)
