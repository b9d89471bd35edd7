import contextlib
import dataclasses

import pytest

from orchestrator import plan
from orchestrator.driver.upcoming import compile_upcoming, own_programs, upcoming
from orchestrator.on_ray.resources import TrialResources
from orchestrator.request import parse

HEAD = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep("tiny", "Is it?", {"precision": "float32", **SPACE}, Budget(trials=100),
                 embedded=140, SEARCH)
"""
GRID = 'search="grid"'
RANDOM = 'search="random"'


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A function: axes and search as Python text -> plan."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))

    def make(space, search=RANDOM, *words):
        file = tmp_path / "tiny.py"
        file.write_text(HEAD.replace("SPACE", space).replace("SEARCH", search))
        request = parse([str(file), "--results", str(tmp_path / "results"), *words])
        made = plan.make(request)
        return dataclasses.replace(made, backend="jax")

    return make


def shapes(made, *keys):
    return [tuple(getattr(config, key) for key in keys) for config in upcoming(made)]


def test_a_grid_needs_each_program_when_its_first_trial_comes(planned):
    made = planned(
        """{"batch_size": tune.grid_search([32, 16]), "dropout": tune.grid_search([0.0, 0.5]),
            "architecture": tune.grid_search(["CPF", "CCPF"])}""",
        GRID,
    )
    assert shapes(made, "batch_size", "architecture", "dropout") == [
        (32, "CPF", 0.0),
        (32, "CCPF", 0.0),
        (16, "CPF", 0.0),
        (16, "CCPF", 0.0),
    ]


def test_what_a_grid_does_not_reach_it_does_not_need(planned):
    space = '{"architecture": tune.grid_search(["CPF", "CCPF", "CPFF"])}'
    made = planned(space, GRID, "--trials=2")
    assert shapes(made, "architecture") == [("CPF",), ("CCPF",)]


def test_a_search_needs_what_its_names_and_lists_make_whatever_it_draws(planned):
    made = planned(
        """{"learning_rate": tune.loguniform(1e-3, 1.0), "epochs": tune.randint(2, 9),
            "optimizer": tune.choice(["sgd", "adam"]),
            "augmentation_strength": tune.uniform(0.0, 1.0),
            "preprocessing": tune.choice(["plain", "clahe", "gamma"])}"""
    )
    # clahe and gamma are stored alike; a strength of 0, which makes another program, is never drawn
    expected = [(o, p, 1.0) for o in ("sgd", "adam") for p in ("plain", "clahe")]
    assert shapes(made, "optimizer", "preprocessing", "augmentation_strength") == expected
    assert own_programs(made, upcoming(made)) == []


@pytest.mark.parametrize(
    ("axis", "own"),
    [
        ('"width": tune.uniform(0.5, 2.0)', ["width"]),
        ('"batch_size": tune.randint(16, 64)', ["batch_size"]),
        ('"ema": tune.uniform(0.0, 0.999)', []),
        ('"learning_rate": tune.loguniform(1e-3, 1.0)', []),
    ],
)
def test_a_range_in_which_each_value_makes_a_program_is_named(planned, axis, own):
    made = planned(f'{{{axis}, "architecture": tune.choice(["CPF", "CCPF"])}}')
    assert own_programs(made, upcoming(made)) == own


@pytest.mark.parametrize(("gpus", "backend"), [(0.0, "jax"), (1.0, "tensorflow")])
def test_on_processors_and_on_tensorflow_nothing_is_compiled_ahead(planned, gpus, backend):
    made = dataclasses.replace(planned('{"architecture": "CPF"}'), backend=backend)
    block = compile_upcoming(made, parse([]), TrialResources(1, gpus))  # there is no Ray here
    assert isinstance(block, contextlib.nullcontext)


def test_a_sweep_of_ranges_says_why_nothing_is_compiled_ahead(planned, capsys):
    made = planned('{"width": tune.uniform(0.5, 2.0), "momentum": tune.uniform(0.5, 0.9)}')
    block = compile_upcoming(made, parse([]), TrialResources(1, 1.0))
    assert isinstance(block, contextlib.nullcontext)
    assert capsys.readouterr().out.startswith(
        "nothing is compiled ahead: width and momentum come from a range"
    )
