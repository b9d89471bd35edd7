import math

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution

from orchestrator.errors import BadInput
from orchestrator.search.axes import Constant, Real
from orchestrator.search.grid_random import RandomSearch
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup, TrialOutcome
from orchestrator.search.study import open_journal
from orchestrator.search.testing import CONTINUOUS, EVERY_AXIS, FINITE, bowl, exhaust, feed
from orchestrator.search.tpe import WARM_UP, TpeSearch


@pytest.mark.long
def test_tpe_beats_random_search_on_a_bowl():
    tpe = [feed(TpeSearch(Setup(CONTINUOUS, seed=s)), 40) for s in range(6)]
    random = [feed(RandomSearch(Setup(CONTINUOUS, seed=s)), 40) for s in range(6)]
    assert np.mean(tpe) > np.mean(random)


def test_the_study_is_told_the_truth(tmp_path):
    file = tmp_path / "optuna.journal"
    search = TpeSearch(Setup(CONTINUOUS, name="lr", file=file))
    for _ in range(6):
        search.ask()
    search.tell(0, TrialOutcome("completed", 0.8, [(1, 0.5), (2, 0.8), (3, 0.7)]))
    search.tell(1, TrialOutcome("pruned", 0.6, [(1, 0.6), (3, 0.4)]))
    search.tell(2, TrialOutcome("failed", None, [(1, 0.3)]))
    search.tell(3, TrialOutcome("completed", math.nan, [(1, 0.2), (2, math.nan), (3, None)]))
    search.tell(4, TrialOutcome("pruned"))

    trials = optuna.load_study(study_name="lr", storage=open_journal(file)).trials
    assert [t.state.name for t in trials] == [
        "COMPLETE",
        "PRUNED",
        "FAIL",
        "PRUNED",
        "PRUNED",
        "RUNNING",
    ]
    assert [t.value for t in trials] == [0.8, 0.4, None, 0.2, None, None]
    assert trials[0].intermediate_values == {1: 0.5, 2: 0.8, 3: 0.7}
    assert trials[1].intermediate_values == {1: 0.6, 3: 0.4}
    assert trials[3].intermediate_values == {1: 0.2}
    assert set(trials[0].params) == {"learning_rate", "dropout"}


def test_a_study_says_for_people_what_it_is(tmp_path):
    file = tmp_path / "optuna.journal"
    search = TpeSearch(Setup(CONTINUOUS, name="lr", file=file, question="Which rate?"))
    search.ask()
    attributes = {"trial": "1a2b", "run": "000-cnn5-1a2b", "reason": "all epochs", "best_epoch": 2}
    search.tell(0, TrialOutcome("completed", 0.8, [(1, 0.5)], attributes))
    study = optuna.load_study(study_name="lr", storage=open_journal(file))
    assert study.metric_names == ["best validation accuracy"]
    assert study.trials[0].user_attrs == attributes
    assert note(study).startswith("**Which rate?**")
    assert "ended by themselves" in note(study)


def note(study):
    """As optuna-dashboard puts a study's note together."""
    attributes = study._storage.get_study_system_attrs(study._study_id)
    assert attributes["dashboard:note_ver"] == 1
    parts = [key for key in attributes if key.startswith("dashboard:note_str:")]
    return "".join(attributes[f"dashboard:note_str:{i}"] for i in range(len(parts)))


def test_a_long_question_and_an_edited_note_are_kept_whole(tmp_path):
    file = tmp_path / "optuna.journal"
    setup = Setup(CONTINUOUS, name="lr", file=file, question="Which rate? " * 300)
    TpeSearch(setup)
    study = optuna.load_study(study_name="lr", storage=open_journal(file))
    assert note(study).startswith(f"**{setup.question}**")
    study._storage.set_study_system_attr(study._study_id, "dashboard:note_str:0", "edited")
    TpeSearch(setup)
    again = optuna.load_study(study_name="lr", storage=open_journal(file))
    assert note(again).startswith("edited")


def test_the_first_word_about_a_ticket_holds(tmp_path):
    search = TpeSearch(Setup(CONTINUOUS))
    search.ask()
    search.tell(0, TrialOutcome("pruned", None, [(1, 0.6)]))
    search.tell(0, TrialOutcome("completed", 0.9))
    assert search.open_tickets() == {}
    with pytest.raises(BadInput, match="no trial 5"):
        search.tell(5, TrialOutcome("failed"))


def test_a_reopened_study_asks_what_the_first_would_have(tmp_path):
    file = tmp_path / "optuna.journal"
    first = TpeSearch(Setup(CONTINUOUS, seed=5, file=file))
    feed(first, WARM_UP + 4)
    running = first.ask()
    again = TpeSearch(Setup(CONTINUOUS, seed=5, file=file))
    assert again.open_tickets() == {running.ticket: running.values}
    expected = first.ask()
    file.write_bytes(b"".join(file.read_bytes().splitlines(True)[: _lines_before(file, expected)]))
    assert TpeSearch(Setup(CONTINUOUS, seed=5, file=file)).ask() == expected


def _lines_before(file, suggestion):
    created = [i for i, line in enumerate(file.read_bytes().splitlines()) if b'"op_code":4' in line]
    return created[suggestion.ticket]


def test_a_trial_killed_while_it_was_drawn_by_an_earlier_version_teaches_nothing(tmp_path):
    """Version 0.1.0 wrote a suggestion value by value; now one line has them all."""
    file = tmp_path / "optuna.journal"
    search = TpeSearch(Setup(CONTINUOUS, file=file))
    search.ask()
    rate = {"learning_rate": FloatDistribution(1e-4, 1.0, log=True)}
    optuna.load_study(study_name="sweep", storage=open_journal(file)).ask(rate)
    again = TpeSearch(Setup(CONTINUOUS, file=file, lag=1))
    assert list(again.open_tickets()) == [0]
    again.tell(0, TrialOutcome("completed", 0.5))
    assert again.ready()
    assert again.ask().ticket == 2


def test_a_suggestion_stands_in_the_file_as_a_whole_or_not_at_all(tmp_path):
    file = tmp_path / "optuna.journal"
    search = TpeSearch(Setup(CONTINUOUS, file=file))
    search.ask()
    before = file.read_bytes()
    second = search.ask()
    (line,) = file.read_bytes()[len(before) :].splitlines()
    file.write_bytes(before + line[: len(line) // 2])
    again = TpeSearch(Setup(CONTINUOUS, file=file))
    assert list(again.open_tickets()) == [0]
    assert again.ask() == second


def test_a_study_of_another_space_is_refused(tmp_path):
    file = tmp_path / "optuna.journal"
    TpeSearch(Setup(CONTINUOUS, file=file)).ask()
    wider = SearchSpace({**CONTINUOUS.axes, "dropout": Real(0.0, 0.95)})
    with pytest.raises(BadInput, match="searched dropout"):
        TpeSearch(Setup(wider, file=file))
    narrower = SearchSpace({**CONTINUOUS.axes, "dropout": Constant(0.1)})
    with pytest.raises(BadInput, match="searched dropout"):
        TpeSearch(Setup(narrower, file=file))


def test_a_trial_that_the_study_does_not_hold_is_added():
    search = TpeSearch(Setup(FINITE))
    ended = {"optimizer": "sgd", "epochs": 5, "batch_size": 32}
    under_way = {**ended, "batch_size": 16}
    assert search.recall(7, ended, TrialOutcome("pruned", None, [(1, 0.3)])) == 0
    assert search.recall(0, under_way, None) == 1
    assert search.recall(0, ended, TrialOutcome("pruned")) is None
    assert search.open_tickets() == {1: under_way}
    rest = exhaust(search)
    assert len(rest) == 10
    assert not [s for s in rest if s.values in (ended, under_way)]


def test_optuna_keeps_quiet(tmp_path, capfd, recwarn):
    search = TpeSearch(Setup(EVERY_AXIS, file=tmp_path / "optuna.journal"))
    feed(search, WARM_UP + 2)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


# --- the order in which trials end -----------------------------------------------------------


def test_with_a_lag_of_three_a_suggestion_waits_for_the_third_before_it_alone():
    search = TpeSearch(Setup(CONTINUOUS, lag=3))
    for _ in range(3):
        assert search.ready()
        search.ask()
    for ticket in (2, 1):  # suggestion 3 knows what 0 came to, and 1 and 2 not yet
        search.tell(ticket, TrialOutcome("completed", 0.5))
        assert not search.ready()
    search.learn(0, TrialOutcome("pruned", None, [(1, 0.2)]))
    assert search.ready()
    search.ask()
    assert search.ready()  # suggestion 4 knows 1
    search.ask()
    search.ask()
    assert not search.ready()  # suggestion 6 has to know 3


def test_what_is_learnt_first_counts_and_the_study_is_told_the_end():
    """Two searches, of which one hears of rungs first; both draw the same, but at random."""

    def suggestions(first, end):
        search = TpeSearch(Setup(CONTINUOUS, lag=1))
        for _ in range(WARM_UP + 4):
            suggestion = search.ask()
            value = bowl(suggestion.values)
            if first:
                search.learn(suggestion.ticket, TrialOutcome("pruned", None, [(1, value)]))
            search.tell(suggestion.ticket, TrialOutcome("completed", end(value)))
            assert search.ready()
        return [trial.params for trial in search._trials()]

    assert suggestions(True, lambda value: value) == suggestions(True, lambda value: -value)
    assert suggestions(False, lambda value: value) != suggestions(False, lambda value: -value)
