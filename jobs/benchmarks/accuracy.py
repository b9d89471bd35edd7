"""How soon vgg passes an accuracy, from the command's start."""

import time
from collections.abc import Iterator

from jobs.benchmarks.row import Row
from jobs.benchmarks.setup import Measurement, Setup

GOAL = 0.70
SETTINGS = {"batch_size": 256, "learning_rate": 0.1, "schedule": "cosine", "epochs": 120}
SMALL_EPOCHS = 3


def accuracy(setup: Setup) -> Iterator[Row]:
    """One trial to its end, on real faces; the validation images of FER2013 are PublicTest."""
    from orchestrator.training.training_run import TrainingRun

    changes = SETTINGS | ({"epochs": SMALL_EPOCHS} if setup.small else {})
    config = setup.config(**changes)
    began = time.perf_counter()
    passed = ""
    run = TrainingRun(setup.engine, config, setup.inputs)
    while run.stop is None:
        row = run.epoch(config.epochs)
        if not passed and row.validation_accuracy >= GOAL:
            passed = f"passed {GOAL} after {setup.elapsed:.1f} s of the command, epoch {row.epoch}"
    seconds = time.perf_counter() - began
    reached = [row.validation_accuracy for row in run.history]
    last = f"best {max(reached):.4f}, last {reached[-1]:.4f} on validation"
    yield Row(
        "accuracy",
        f"{config.epochs} epochs of vgg, batch {config.batch_size}",
        images_per_second=config.epochs * len(setup.inputs.training) / seconds,
        n=1,
        note=f"{passed or f'never passed {GOAL}'}; {last}; {seconds:.1f} s in all",
        more={"validation_accuracy": reached, "command_seconds": setup.elapsed},
    )


ROWS: dict[str, Measurement] = {"accuracy": accuracy}
