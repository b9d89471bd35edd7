"""What a resumed sweep may be asked: the same, or more trials, longer ones, a smaller space."""

import pytest

from orchestrator import plan
from orchestrator.driver.sweep_record import extended_record, record
from orchestrator.errors import BadInput
from orchestrator.process.backend import BackendChoice
from orchestrator.request import parse
from orchestrator.resumption import Change, Overrides
from orchestrator.search.axes import Categorical, Constant, Real
from results.paths import Paths

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which rate suits a tiny net?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.loguniform(1e-3, 1e-1),
            "dropout": tune.choice([0.0, 0.2, 0.5]),
            "epochs": 27,
        },
        budget=Budget(trials=8),
        embedded=140,
    )
"""
RATES = "0.001 .. 0.1, logarithmic"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATOR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def asked(tmp_path):
    """Gives the plan for a command line, and writes what its sweep would."""
    file = tmp_path / "tiny.py"
    file.write_text(QUESTION)

    def ask(*words):
        more = ["--name", "tiny"] if "--resume" in words else []
        made = plan.make(parse([str(file), "--results", str(tmp_path / "r"), *more, *words]))
        if not made.resume:
            made = plan.with_backend(made, BackendChoice("tensorflow", ""))
            made = plan.with_precision(made, "float32")
        if made.changes:
            content = extended_record(made.store.read_json(Paths().sweep), made)
        else:
            content = record(made, None)
        if made.changes or not made.resume:
            made.store.write_json(Paths().sweep, content)
            made.store.write_bytes(Paths().journal, b"")
        return made

    ask.file = file
    return ask


def test_more_trials_are_an_extension_and_hold_from_then_on(asked):
    asked()
    made = asked("--resume", "--trials", "40")
    assert (made.trials, made.changes) == (40, (Change("trials", 8, 40),))
    assert not made.searches_elsewhere
    again = asked("--resume")
    assert (again.trials, again.changes) == (40, ())


def test_what_the_command_line_leaves_out_is_as_the_sweep_was_last_asked(asked):
    asked("--epochs", "9", "--trials", "3", "--set", "width=0.5")
    made = asked("--resume", "--trials", "5")
    assert made.space.axes["epochs"] == Constant(9)
    assert made.space.axes["width"] == Constant(0.5)
    assert made.overrides == Overrides(5, {"epochs": "9", "width": "0.5"})


def test_more_epochs_move_the_rungs(asked):
    asked()
    made = asked("--resume", "--epochs", "60")
    assert made.changes == (Change("epochs", "27", "60"),)
    assert (made.most_epochs, made.rungs.epochs) == (60, (1, 3, 9, 27))
    assert made.searches_elsewhere
    assert asked("--resume").most_epochs == 60
    assert asked("--resume", "--epochs", "81").changes == (Change("epochs", "60", "81"),)


def test_fewer_epochs_than_last_are_refused(asked):
    asked()
    with pytest.raises(BadInput, match="epochs is now 9, but the sweep began with 27;"):
        asked("--resume", "--epochs", "9")
    asked("--resume", "--epochs", "60")
    with pytest.raises(BadInput, match="epochs is now 40, but the sweep was last asked for 60;"):
        asked("--resume", "--epochs", "40")


@pytest.mark.parametrize(
    ("words", "axis"),
    [
        ("learning_rate=0.01..0.03", Real(0.01, 0.03)),
        ("learning_rate=0.01..0.1", Real(0.01, 0.1)),
        ("learning_rate=0.01,0.02", Categorical((0.01, 0.02))),
        ("learning_rate=0.02", Constant(0.02)),
        ("dropout=0.0,0.5", Categorical((0.0, 0.5))),
        ("dropout=0.2", Constant(0.2)),
    ],
)
def test_a_part_of_what_a_setting_could_be_is_an_extension(asked, words, axis):
    asked()
    made = asked("--resume", "--set", words)
    key = words.partition("=")[0]
    assert made.space.axes[key] == axis
    (change,) = made.changes
    assert (change.what, change.now) == (key, str(axis))


@pytest.mark.parametrize(
    ("words", "before"),
    [
        ("learning_rate=0.01..0.2", RATES),
        ("learning_rate=0.2", RATES),
        ("dropout=0.0,0.3", "0.0 | 0.2 | 0.5"),
        ("dropout=0.0..0.5", "0.0 | 0.2 | 0.5"),
        ("width=2", "none"),
    ],
)
def test_anything_else_is_refused_by_name(asked, words, before):
    asked()
    with pytest.raises(BadInput) as refusal:
        asked("--resume", "--set", words)
    assert f"but the sweep began with {before}; resume it with" in str(refusal.value)


def test_the_bound_is_what_the_sweep_began_with_and_not_the_last_extension(asked):
    asked()
    asked("--resume", "--set", "learning_rate=0.01..0.03")
    made = asked("--resume", "--set", "learning_rate=0.002..0.09")
    assert made.changes == (Change("learning_rate", "0.01 .. 0.03", "0.002 .. 0.09, logarithmic"),)
    with pytest.raises(BadInput, match=f"but the sweep began with {RATES};"):
        asked("--resume", "--set", "learning_rate=0.0005..0.09")


def test_a_setting_at_its_default_may_be_named(asked):
    asked()
    assert asked("--resume", "--set", "width=1").changes == ()


def test_a_question_that_was_rewritten_is_no_extension(asked):
    asked()
    asked.file.write_text(QUESTION.replace("27", "60"))
    with pytest.raises(BadInput, match="epochs is now 60, but the sweep began with 27;"):
        asked("--resume")


def test_a_sweep_of_an_earlier_version_is_extended_where_it_can_be_told_what_it_began_with(asked):
    made = asked("--epochs", "9", "--set", "learning_rate=0.01..0.02")
    content = record(made, None)
    del content["overrides"], content["extended"]
    made.store.write_json(Paths().sweep, content)
    same = ("--set", "learning_rate=0.01..0.02")
    with pytest.raises(BadInput, match="epochs is now 27, but the sweep began with 9;"):
        plan.make(parse([str(asked.file), "--results", made.results.root, "--resume", *same]))
    assert asked("--resume", "--epochs", "18", *same).most_epochs == 18
    with pytest.raises(BadInput, match=r"learning_rate is now 0\.015, but the sweep began with"):
        asked("--resume", "--epochs", "18", "--set", "learning_rate=0.015")


def test_words_of_an_earlier_version_that_say_no_value_are_held_against_and_refused(asked):
    made = asked()
    content = record(made, None)
    del content["overrides"], content["extended"]
    content["identity"]["space"]["dropout"] = "around 0.3"
    made.store.write_json(Paths().sweep, content)
    with pytest.raises(
        BadInput, match=r"dropout is now 0\.2, but the sweep began with around 0\.3"
    ):
        asked("--resume", "--set", "dropout=0.2")


def test_an_extension_stands_in_the_record_with_what_it_changed(asked):
    asked()
    asked("--resume", "--trials", "12")
    made = asked("--resume", "--epochs", "60", "--set", "dropout=0.2")
    content = made.store.read_json(Paths().sweep)
    first, second = content["extended"]
    assert first["changes"] == [{"what": "trials", "before": 8, "now": 12}]
    assert second["changes"] == [
        {"what": "dropout", "before": "0.0 | 0.2 | 0.5", "now": "0.2"},
        {"what": "epochs", "before": "27", "now": "60"},
    ]
    assert second["overrides"] == {"trials": 12, "settings": {"epochs": "60", "dropout": "0.2"}}
    assert content["overrides"] == {"trials": None, "settings": {}}  # as it began
    assert (content["trials"], content["rungs"]) == (12, [1])
    assert content["identity"] == made.identity()
    assert second["at"] >= first["at"] > "2026"
