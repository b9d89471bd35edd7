"""The command as a user types it, on the CPU's JAX."""

import json
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from jobs import benchmark
from jobs.benchmarks.comparisons.catalogue import COMPARISONS

NEEDED = ("jax", "keras", "numpy")
AMONG_THEIR_OWN = ("h5py", "packaging", "rich", "scipy")
"""What these need themselves."""

WITHOUT_A_GPU_MACHINE = ("IPython", "PIL")
"""What other packages bring along, and whatever would import it."""


def absent() -> list[str]:
    """Modules of everything that we need besides."""
    project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())
    ours = {Requirement(line).name for line in project["project"]["dependencies"]}
    left = {name.lower() for name in ours} - {*NEEDED, *AMONG_THEIR_OWN}
    modules = metadata.packages_distributions().items()
    theirs = {module for module, names in modules if left & {name.lower() for name in names}}
    return sorted({*theirs, *WITHOUT_A_GPU_MACHINE})


WITHOUT = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ImportError(f"{{name}} is not there")

sys.meta_path.insert(0, Refused())
from jobs import benchmark
sys.exit(benchmark.main({words!r}))
"""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cpu"], "cpu: no such benchmark; there are gpu, trial-float32, "),
        (["zip", "--quick", "--out", "/no/such/out.parquet"], "there is no folder /no/such"),
        (["gpu", "--only", "vgg-128,nothing"], "--only nothing: no such row; there are accuracy, "),
        (["gpu", "--accuracy"], "--accuracy trains on real faces; name them with --data PATH"),
        (["gpu", "--seconds", "0"], "--seconds 0: expected a number above 0"),
        (["gpu", "--only", "cnn5", "--data", "/no/such"], "/no/such"),
    ],
)
def test_words_that_cannot_be_are_refused_before_anything_is_measured(words, message, capsys):
    assert benchmark.main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.long
def test_it_can_be_imported_with_these_alone():
    code = WITHOUT.format(absent=absent(), words=["gpu", "--only", "no-such-row"])
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, "no such row" in done.stderr) == (2, True), done.stderr


def test_what_there_is_is_listed(capsys):
    assert benchmark.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(COMPARISONS)
    assert {line.split()[0] for line in lines if line.endswith("(only where it is named)")} == {
        *("sweep-throughput", "asha-sweep", "idle-slots", "no-op-trials")
    }


@pytest.mark.slow
def test_it_runs_with_jax_keras_and_numpy_alone(tmp_path):
    out = tmp_path / "gpu.jsonl"
    words = [
        "gpu",
        "--limit",
        "1000",
        "--only",
        "cnn5,trial,explain",
        "--seconds",
        "0.1",
        "--out",
        str(out),
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(absent=absent(), words=words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    circumstances, *rows = map(json.loads, out.read_text().splitlines())
    assert (circumstances["device"], circumstances["sizes"]) == ("CPU", "small")
    assert all(circumstances[package] for package in NEEDED)
    by_name = {row["row"]: row for row in rows}
    assert list(by_name) == ["trial", "explain", "cnn5"]  # in the order of the table
    assert by_name["cnn5"]["images_per_second"] > 0
    assert by_name["trial"]["more"]["ratio"] > 0
    assert [line.split()[0] for line in done.stdout.splitlines()[3:6]] == list(by_name)
