"""Which trials make an ensemble: from stored probabilities, no net is asked."""

from analysis.ensemble.choose import choose
from analysis.ensemble.stored_predictions import read
from analysis.ensemble.synthetic_predictions import synthetic_predictions
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.data.faces import EMOTIONS
from results.paths import Paths
from results.schema import PREDICTIONS, table
from results.store import Store

TRIALS, QUICK_TRIALS = 200, 8
IMAGES, QUICK_IMAGES = 3_589, 200
MEMBERS = 7


def store_predictions(case: Case) -> None:
    """A file a trial, as trials leave them; half of their errors are shared."""
    made = synthetic_predictions(
        case.size(TRIALS, QUICK_TRIALS), case.size(IMAGES, QUICK_IMAGES), shared=0.5
    )
    store = Store(case.folder)
    for trial, probabilities in zip(made.trials, made.probabilities, strict=True):
        rows = [
            {
                "image_id": image,
                "split": "validation",
                "label": label,
                "label_name": EMOTIONS[label],
                "probability": row,
                "epoch": 1,
                "also_in_training": not clean,
            }
            for image, label, row, clean in zip(
                made.ids.tolist(), made.labels.tolist(), probabilities, made.clean, strict=True
            )
        ]
        store.write_table(Paths().prediction(trial), table(PREDICTIONS, rows))


def search(case: Case) -> Measured:
    """Read, and choose."""
    trials = [f"t{number:03d}" for number in range(case.size(TRIALS, QUICK_TRIALS))]
    with stopwatch() as watch:
        predictions, left_out = read(Store(case.folder), trials)
        choice = choose(predictions, MEMBERS)
    if left_out:
        raise RuntimeError(f"{len(left_out)} trials were left out, e.g. {min(left_out.values())}")
    return watch.measured(note=f"{choice.rule}, {len(choice.recipe.members)} members")
