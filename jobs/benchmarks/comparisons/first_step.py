"""From a command to the end of the first epoch, which is short: mostly imports and compiling."""

import os
import subprocess
import sys

from jobs.benchmarks.comparisons.sweep_command import Question, run_sweep
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.process.surroundings import own_packages

FACES = 400

SCRIPT = "from jobs.benchmarks.comparisons.plain_script import train_once; train_once({})"

SPACE = (
    '{"architecture": "cnn5", "batch_size": 128, "epochs": 1, "optimizer": "sgd", '
    '"learning_rate": 0.01, "precision": "float32"}'
)
ONE_TRIAL = Question(SPACE, "trials=1", embedded=FACES)


def warm_up(case: Case) -> None:
    """The faces into the cache, all files into the system's."""
    script(case)
    sweep(case)


def sweep(case: Case) -> Measured:
    """Ours: one trial, to the first row in the journal."""
    times = run_sweep(case.folder, ONE_TRIAL, "--concurrency", "1")
    return Measured(times.epochs[0].after, note=f"{times.seconds:.1f} s to its end")


def script(case: Case) -> Measured:
    """TensorFlow alone, to the end of the script."""
    with stopwatch() as watch:
        subprocess.run(
            [sys.executable, "-P", "-c", SCRIPT.format(FACES)],
            check=True,
            env=own_packages.child_environment(os.environ),
        )
    return Measured(watch.clock)
