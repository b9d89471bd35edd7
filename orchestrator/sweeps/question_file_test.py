"""A question's file is read as Python reads a script; whatever it does ends in a sentence."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator import sweeps
from orchestrator.config import Sweep
from orchestrator.errors import BadInput
from orchestrator.search.axes import Categorical, Constant
from orchestrator.search.space import SearchSpace
from orchestrator.search.tune_words import MOST_VALUES

HEAD = """
import numpy as np
from ray import tune
from orchestrator.config import Budget, Sweep
"""

DATACLASS = f"""
from __future__ import annotations
from dataclasses import dataclass
{HEAD}

@dataclass
class Point:
    rate: float

POINTS = [Point(0.01), Point(0.1)]

def sweep() -> Sweep:
    return Sweep("points", "?", {{"learning_rate": tune.choice([p.rate for p in POINTS])}})
"""


def question(space: str, more: str = "") -> str:
    return f"{HEAD}\ndef sweep():\n    return Sweep('q', '?', {space}{more})\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Writes a file, reads it from another folder, gives its space; no module stays behind."""

    def load(text, name="my_question.py"):
        file = tmp_path / "questions" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        monkeypatch.chdir(elsewhere)
        made = sweeps.load(str(file))
        return SearchSpace.of(made.space, made.configurations)

    before = set(sys.modules)
    yield load
    for name in set(sys.modules) - before:
        if name.partition(".")[0] not in ("ray", "numpy"):
            del sys.modules[name]


def refusal(read, text, name="my_question.py"):
    with pytest.raises(BadInput) as refused:
        read(text, name)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_dataclasses_with_postponed_annotations(read):
    assert read(DATACLASS).axes["learning_rate"] == Categorical((0.01, 0.1))
    assert sys.modules["my_question"].Point(0.5).rate == 0.5


def test_a_neighbour_is_imported_from_wherever_the_command_is_called(read, tmp_path):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "my_rates.py").write_text("RATES = [0.2, 0.3]\n")
    before = list(sys.path)
    text = question("{'learning_rate': tune.choice(RATES)}")
    assert read(f"from my_rates import RATES\n{text}").axes["learning_rate"].values == (0.2, 0.3)
    late = text.replace("    return", "    from my_rates import RATES\n    return")
    assert read(late).axes["learning_rate"].values == (0.2, 0.3)
    assert sys.path == before


def test_a_file_with_a_name_of_the_standard_library_leaves_it_alone(read):
    import random

    read(question("{'seed': 3}"), "random.py")
    assert sys.modules["random"] is random


def test_a_file_that_fails_leaves_no_half_of_it(read):
    refusal(read, "x = 1\n1 / 0\n")
    assert "my_question" not in sys.modules


def test_ctrl_c_while_a_file_is_read_is_no_fault_of_it(read):
    with pytest.raises(KeyboardInterrupt):
        read("raise KeyboardInterrupt\n")


@pytest.mark.parametrize(
    ("word", "axis"),
    [
        ("np.bool_(True)", ("batch_normalisation", Constant(True))),
        ("np.int64(32)", ("batch_size", Constant(32))),
        ("np.uint8(32)", ("batch_size", Constant(32))),
        ("np.array(32)", ("batch_size", Constant(32))),
        ("np.float64(0.5)", ("width", Constant(0.5))),
        ("np.float16(0.5)", ("width", Constant(0.5))),
        ("np.longdouble(0.5)", ("width", Constant(0.5))),
        ("np.str_('adam')", ("optimizer", Constant("adam"))),
        ("np.array('adam')", ("optimizer", Constant("adam"))),
        ("tune.choice([np.bool_(True), np.False_])", ("batch_normalisation", (True, False))),
        ("tune.grid_search(np.arange(3))", ("seed", (0, 1, 2))),
        ("tune.grid_search(range(3))", ("seed", (0, 1, 2))),
    ],
)
def test_scalars_of_numpy_of_every_kind(read, word, axis):
    name, value = axis
    expected = value if isinstance(value, Constant) else Categorical(value)
    got = read(question(f"{{'{name}': {word}}}")).axes[name]
    assert got == expected
    assert {type(v) for v in got.values} == {type(v) for v in expected.values}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise SystemExit\n", "line 1: SystemExit, without a word; a question's file defines"),
        ("import sys\nsys.exit('no')\n", "line 2: SystemExit: no; a question's file defines"),
        ("from .my_rates import RATES\n", "line 1: ImportError: attempted relative import"),
        ("raise BaseException('odd')\n", "line 1: BaseException: odd"),
        (
            "class E(Exception):\n    def __str__(self):\n        1/0\nraise E\n",
            "line 4: E, without",
        ),
        ("x = 'a\0b'\n", ": SyntaxError: source code string cannot contain null bytes"),
        (f"x = {'9' * 5000}\n", "line 1: SyntaxError: Exceeds the limit"),
        (question("None"), ": space=None: expected a dictionary of settings"),
        (question("[]"), r": space=\[\]: expected a dictionary of settings"),
        (question("{}", ", None"), ": budget=None: expected a Budget"),
        (question("{}", ", Budget('3')"), ": budget.trials='3': expected a whole number"),
        (question("{}", ", Budget(True)"), ": budget.trials=True: expected a whole number"),
        (question("{}", ", Budget(finalists=-1)"), ": -1 finalists; expected 0 or more"),
        (question("{}", ", Budget(rungs='time')"), ": budget.rungs='time': expected epochs or f"),
        (question("{}", ", Budget(scheduler=3)"), ": budget.scheduler=3: expected a text"),
        (question("{}", ", embedded='many'"), ": embedded='many': expected a whole number"),
        (question("{}", ", configurations=(1,), search='grid'"), ": configuration 1 is 1: expect"),
        (question("{}").replace("'q'", "None"), ": name=None: expected a text"),
        (question("{}").replace("'q'", "'../q'"), ": name='../q': expected letters"),
        (question("{'seed': range(3)}"), r"seed is given range\(0, 3\); expected a constant"),
        (question("{'seed': tune.grid_search(tune.randint(0, 3))}"), "seed chooses from <ray"),
        (question("{'momentum': tune.sample_from(lambda s: 1)}"), "momentum is given by tune.samp"),
        (question(f"{{'seed': 10 ** {5000}}}"), "seed=a value of type int that cannot be written"),
        (
            question("{'seed': tune.grid_search(range(10**9))}"),
            f"seed chooses from more than {MOST_VALUES:,} values",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(read, text, sentence):
    assert re.search(sentence, refusal(read, text))


def test_a_neighbour_with_a_name_of_ours_is_named(read, tmp_path):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "analysis.py").write_text("RATES = [0.2]\n")
    sentence = refusal(read, "from analysis import RATES\n")
    assert "analysis.py beside it has a name of this product's own packages" in sentence
    assert read(question("{'seed': 3}")).axes["seed"] == Constant(3)


@pytest.mark.ray
def test_a_ray_that_a_file_starts_is_ended(tmp_path):
    file = tmp_path / "mine.py"
    start = "import ray\nray.init(num_cpus=1, include_dashboard=False, logging_level='ERROR')\n"
    file.write_text(start + question("{'seed': 3}"))
    program = (
        "import sys, ray\n"
        "from orchestrator import sweeps\n"
        "print(sweeps.load(sys.argv[1]).name, ray.is_initialized())\n"
    )
    words = [sys.executable, "-c", program, str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "q False"
    assert "starts a Ray; it was ended" in done.stderr


@given(st.binary(max_size=200) | st.text(alphabet="def sweep():\n return[]{}=1,'\"\\", max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_sweep_or_a_sentence(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any_bytes.py"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        result = sweeps.load(str(file))
    except BadInput as refused:
        result = refused
    sys.modules.pop("any_bytes", None)
    assert isinstance(result, Sweep) or 0 < len(str(result)) < 2000
