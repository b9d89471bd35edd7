"""What a sweep asks in which nothing is trained: trials that differ in their seeds alone."""

import os
from typing import Literal, cast

from ray import tune

from orchestrator.config import Budget, Sweep

TRIALS, EPOCHS, GRACE = "CHAOS_TRIALS", "CHAOS_EPOCHS", "CHAOS_GRACE"
SEARCH, SCHEDULER = "CHAOS_SEARCH", "CHAOS_SCHEDULER"
"""Variables of the environment; a grace of 0 stops nobody early, no scheduler is the default."""


FAR = 1000
"""Seeds among which a search that is no grid looks for good ones."""


def sweep() -> Sweep:
    """As the environment says; 12 trials of 9 epochs, with rungs at 1 and 3, if it is silent."""
    trials = int(os.environ.get(TRIALS, "12"))
    grace = int(os.environ.get(GRACE, "1"))
    search = os.environ.get(SEARCH, "grid")
    seeds = list(range(trials))
    return Sweep(
        name="chaos",
        question="Does the sweep come through?",
        space={
            "architecture": "CPF",
            "seed": tune.grid_search(seeds) if search == "grid" else tune.randint(0, FAR),
            "epochs": int(os.environ.get(EPOCHS, "9")),
            "batch_size": 64,
            "precision": "float32",
        },
        budget=Budget(
            trials=trials,
            grace_epochs=max(1, grace),
            early_stopping=grace > 0,
            scheduler=os.environ.get(SCHEDULER, ""),
        ),
        search=cast(Literal["grid", "random", "tpe"], search),
        embedded=420,
    )
