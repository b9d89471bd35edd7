"""Does illumination correction help? The seed project's second experiment.

python -m orchestrator.sweep illumination --data fer2013.zip --results /data/fer
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Uncorrected images against four corrections, two nets, three seeds, nothing stopped early."""
    return Sweep(
        name="illumination",
        question="Does illumination correction help, beyond the spread between seeds?",
        space={
            "preprocessing": tune.grid_search(
                ["plain", "histogram", "clahe", "plane", "isotropic"]
            ),
            "architecture": tune.grid_search(["cnn5", "CCPCCPCCPFF"]),
            "seed": tune.grid_search([0, 1, 2]),
            "learning_rate": 0.03,
            "schedule": "cosine",
            "augmentation_strength": 0.5,
            "epochs": 18,
        },
        budget=Budget(trials=30, early_stopping=False),
        search="grid",
    )
