"""A sentence that names a flag names one of the command that shows it."""

import ast
import importlib
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")

COMMANDS = {
    "sweep": "orchestrator.request",
    "prepare": "jobs.prepare",
    "postprocess": "analysis.pipeline.postprocess_request",
    "compare": "jobs.compare",
    "refit": "jobs.refit",
    "pipeline": "jobs.pipeline",
    "benchmark": "jobs.benchmarks.comparisons.request",
    "benchmark gpu": "jobs.benchmarks.request",
    "decode": "analysis.decode.request",
    "backtest": "jobs.execution.backtest_request",
    "submit": "cluster.submit",
}

SHOWN_BY = {
    "orchestrator": ("sweep",),
    "orchestrator/data": ("sweep", "prepare"),
    "orchestrator/training/inputs.py": ("sweep",),
    "analysis": ("postprocess",),
}
"""Part of the tree -> the commands that show its sentences: each of them has to have the flag."""

OTHERS = {
    "--head": "ray start",
    "--logdir": "tensorboard",
    "--untracked-files": "git",
    "--porcelain": "git",
    "--xla": "XLA",
}
"""Flags of other programs -> theirs."""

NAMED = {
    ("analysis/report/page.py", "--resume"): "sweep",
    ("analysis/sweep_folder.py", "--resume"): "sweep",
    ("analysis/sweep_folder.py", "--data"): "refit",
    ("orchestrator/driver/execution.py", "--split"): "postprocess",
    ("analysis/report/sections/trials/binary_accuracy.py", "--loss"): "decode",
    ("analysis/report/sections/trials/binary_accuracy.py", "--accuracy"): "decode",
    ("analysis/decode/curve.py", "--results"): "decode",
    ("analysis/decode/reading.py", "--classes"): "decode",
    ("analysis/decode/reading.py", "--results"): "decode",
}
"""Sentences about another command, which they name or which alone shows them -> that command."""


def flags_of(command: str) -> set[str]:
    parser = importlib.import_module(COMMANDS[command]).COMMAND.parser()
    return set(parser._option_string_actions)


def docstrings(tree: ast.AST) -> set[int]:
    """What stands alone as a statement, too."""
    return {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}


def sentences(file: Path) -> list[str]:
    """Texts of a file with a flag in them, but for the words of a command line."""
    tree = ast.parse(file.read_text())
    passed = docstrings(tree)
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in passed
    ]
    return [text for text in texts if FLAG.search(text) and not re.fullmatch(r"--[\w-]+=?", text)]


def files(part: str) -> list[Path]:
    path = REPOSITORY / part
    python = [path] if path.is_file() else sorted(path.rglob("*.py"))
    tests = ("_test.py", "conftest.py", "testing.py")
    return [f for f in python if not f.name.endswith(tests) and "testing" not in f.parts]


@pytest.mark.parametrize("part", SHOWN_BY)
def test_every_flag_that_a_sentence_names_is_one_of_the_commands_that_show_it(part):
    unknown = []
    for file in files(part):
        name = str(file.relative_to(REPOSITORY))
        for text in sentences(file):
            for flag in set(FLAG.findall(text)) - set(OTHERS):
                commands = NAMED.get((name, flag))
                for command in (commands,) if commands else SHOWN_BY[part]:
                    if flag not in flags_of(command):
                        unknown.append((name, flag, command))
    assert not unknown


def test_what_a_job_or_the_cluster_says_names_flags_that_some_command_of_ours_has():
    ours = set().union(*map(flags_of, COMMANDS))
    texts = [(file, text) for file in files("jobs") for text in sentences(file)]
    texts += [
        (f, t)
        for name in ("submit", "preflight", "job_command")
        for f in files(f"cluster/{name}.py")
        for t in sentences(f)
    ]
    assert len(texts) > 20
    for file, text in texts:
        unknown = (
            set(FLAG.findall(text))
            - ours
            - {"--help", "--working-dir", "--runtime-env-json", "--submission-id"}
        )
        assert not unknown, (file.name, text)
