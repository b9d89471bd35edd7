"""How little a command loads before it has read its words: `--help` and bad words answer at once.

Imports are counted rather than seconds: they are the same on every machine, however busy.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("orchestrator", "results", "analysis", "jobs", "cluster")

NO_COMMANDS = {
    "jobs.benchmarks.side_by_side.child",
    "orchestrator.training.throughput.child",
    "orchestrator.training.throughput.measure",
}
"""What is run by others of ours and reads a task instead of words."""

HEAVY = {
    "keras",
    "matplotlib",
    "numpy",
    "optuna",
    "pandas",
    "PIL",
    "pyarrow",
    "pytest",
    "ray",
    "rich",
    "scipy",
    "skimage",
    "sklearn",
    "tensorboard",
    "tensorboardX",
    "tensorflow",
}
"""Packages that take from 0.03 s (rich) to 5 s (TensorFlow) of CPU to import."""

MOST_MODULES = 200
"""Python itself and argparse are about 75; 200 take about 0.1 s."""


def module_of(file: Path) -> str:
    parts = file.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__main__" else parts)


COMMANDS = sorted(
    {
        module_of(file)
        for room in ROOMS
        for file in (REPOSITORY / room).rglob("*.py")
        if not file.name.endswith("_test.py")
        if 'if __name__ == "__main__":' in file.read_text()
    }
    - NO_COMMANDS
)


def run(*words: str) -> tuple[int, str, list[str]]:
    """Exit code, standard output, and every module that was imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    modules = re.findall(r"^import time: +\d+ \| +\d+ \| *(\S+)$", done.stderr, re.MULTILINE)
    return done.returncode, done.stdout, modules


def heavy(modules: list[str]) -> set[str]:
    return HEAVY & {module.partition(".")[0] for module in modules}


def test_imports_are_counted():
    code, _, modules = run("-c", "import numpy")
    assert (code, heavy(modules)) == (0, {"numpy"})
    assert len(modules) > len(run("-c", "")[2])


def test_commands_are_not_overlooked():
    assert {"orchestrator.sweep", "jobs.prepare", "cluster.chaos", "cluster.submit"} <= {*COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_reads_its_words_before_it_loads_what_is_heavy(command):
    code, text, modules = run("-m", command, "--help")
    assert code == 0
    assert "usage: " in text
    assert (heavy(modules), len(modules) <= MOST_MODULES) == (set(), True)
    words = {2: ["--frobnicate"]}
    if "--list" in text:
        words[0] = ["--list"]
    for expected, given in words.items():
        code, _, modules = run("-m", command, *given)
        assert (code, heavy(modules)) == (expected, set())
        assert len(modules) <= MOST_MODULES


@pytest.mark.parametrize("command", ["orchestrator.sweep", "jobs.sweep", "jobs.pipeline"])
def test_a_question_that_is_not_there_is_refused_as_fast(command):
    code, _, modules = run("-m", command, "quikstart")
    assert (code, heavy(modules)) == (2, set())
