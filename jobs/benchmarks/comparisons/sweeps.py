"""Whole sweeps: how fast they train, and how soon they have picked."""

import csv
from pathlib import Path

import numpy as np

from jobs.benchmarks.comparisons.sweep_command import Question, SweepTimes, run_sweep
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.faces import Faces
from orchestrator.process import hardware
from orchestrator.scheduling.outcome import METRIC

TABLE, ARRAYS = "some.csv", "some.npz"
TRAINING, VALIDATION, TEST = 4096, 3589, 512
QUICK = 140
"""Images of each split, as FER2013's PublicTest has them; and where sizes are small."""

RATES = (0.0139, 0.001, 0.0518, 0.0037, 0.1, 0.0019, 0.0268, 0.0072)
"""From 0.001 to 0.1, evenly by their logarithm, in no order."""

EPOCHS, QUICK_EPOCHS = 9, 2

RECIPE = (
    '"architecture": "cnn5", "batch_size": 128, "optimizer": "sgd", "momentum": 0.9, '
    '"schedule": "constant", "patience": 0, "dropout": 0.0, "weight_decay": 0.0'
)


def write_some(case: Case) -> None:
    """So many faces of the user's data set, or drawn ones: a table, and arrays of the same."""
    sizes = [case.size(n, QUICK) for n in (TRAINING, VALIDATION, TEST)]
    embedded = case.size(12_000, 6 * QUICK)
    given = open_faces(Path(case.data) if case.data else None, embedded=embedded)
    every = (given.training, given.validation, given.test)
    parts = [_spread(faces, size) for faces, size in zip(every, sizes, strict=True)]
    with (case.folder / TABLE).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["emotion", "pixels", "Usage"])
        for usage, part in zip(("Training", "PublicTest", "PrivateTest"), parts, strict=True):
            for image, label in zip(part.images, part.labels, strict=True):
                table.writerow([int(label), " ".join(map(str, image.ravel())), usage])
    splits = open_faces(case.folder / TABLE)
    np.savez(
        case.folder / ARRAYS,
        x_train=splits.training.images,
        y_train=splits.training.labels,
        x_validation=splits.validation.images,
        y_validation=splits.validation.labels,
    )


def pick(case: Case) -> Measured:
    """Ours, by the default scheduler."""
    rates = RATES[: case.size(len(RATES), 2)]
    epochs = case.size(EPOCHS, QUICK_EPOCHS)
    space = f'{{{RECIPE}, "epochs": {epochs}, "learning_rate": tune.grid_search({list(rates)})}}'
    question = Question(space, f"trials={len(rates)}, grace_epochs=1, reduction_factor=3")
    times = _swept(case, question)
    best = max(float(epoch.row[METRIC]) for epoch in times.epochs)
    return Measured(
        times.seconds,
        quality=best,
        note=f"ours {len(times.epochs)} epochs of {len(rates) * epochs}, best {best:.4f}",
    )


def ray_pick(case: Case) -> Measured:
    """Ray Tune, its ASHA, Keras' `fit`."""
    from jobs.benchmarks.comparisons.plain_script import tune_rates

    rates = RATES[: case.size(len(RATES), 2)]
    epochs = case.size(EPOCHS, QUICK_EPOCHS)
    with stopwatch() as watch:
        results = tune_rates(case.folder / ARRAYS, rates, epochs, hardware.cores())
    if results.num_errors:
        raise RuntimeError(f"{results.num_errors} trials failed: {results.errors[0]}")
    histories = [result.metrics_dataframe["accuracy"] for result in results]
    trained, best = sum(map(len, histories)), float(max(history.max() for history in histories))
    return Measured(
        watch.clock,
        quality=best,
        note=f"theirs {trained} epochs of {len(rates) * epochs}, best {best:.4f}",
    )


def throughput(case: Case) -> Measured:
    """Ours: a trial a core, nobody stopped; between the first row and the last."""
    trials, epochs = 2 * hardware.cores(), case.size(EPOCHS, QUICK_EPOCHS)
    seeds = list(range(trials))
    space = f'{{{RECIPE}, "epochs": {epochs}, "seed": tune.grid_search({seeds})}}'
    times = _swept(case, Question(space, f"trials={trials}, early_stopping=False"))
    images = case.size(TRAINING, QUICK) // 128 * 128 * (len(times.epochs) - 1)
    rate = images / (times.epochs[-1].after - times.epochs[0].after)
    return Measured(1000 / rate, note=f"{rate:,.0f} images/s in all")


def fit_on_all_cores(case: Case) -> Measured:
    """Keras' `fit`: one trial, all cores, float32."""
    from jobs.benchmarks.comparisons.plain_fit import as_arrays
    from jobs.benchmarks.comparisons.plain_script import net

    arrays, epochs = np.load(case.folder / ARRAYS), case.size(EPOCHS, QUICK_EPOCHS)
    training = as_arrays(arrays["x_train"], arrays["y_train"])
    validation = as_arrays(arrays["x_validation"], arrays["y_validation"])
    model = net(0.01)
    more = {"batch_size": 128, "verbose": 0, "validation_data": validation}
    model.fit(*training, epochs=1, **more)
    with stopwatch() as watch:
        model.fit(*training, epochs=epochs, **more)
    images = epochs * len(training[0])
    return watch.measured(1000 / images, note=f"{images / watch.clock:,.0f} images/s by one")


def _swept(case: Case, question: Question) -> SweepTimes:
    words = ("--data", str(case.folder / TABLE), "--concurrency", str(hardware.cores()))
    return run_sweep(case.folder, question, *words)


def _spread(faces: Faces, n: int) -> Faces:
    rows = np.unique(np.linspace(0, len(faces.images) - 1, n).astype(int))
    return Faces(images=faces.images[rows], labels=faces.labels[rows], ids=faces.ids[rows])
