"""Does illumination correction help? The seed project's second experiment.

    python -m orchestrator.sweep illumination --data fer2013.zip --results /data/fer

It stopped at epoch 164 with a loss of 1.1461 and no over- or underfitting; which correction it
used is not known. Budgets of 2 cores hold 18 epochs; `--epochs 164` is as long as theirs.
"""

from ray import tune

from orchestrator.config import Budget, Sweep

CORRECTIONS = ["histogram", "clahe", "plane", "isotropic", "diffusion", "dog", "gamma"]


def sweep() -> Sweep:
    """Plain images against every correction, two nets, three seeds, nothing stopped early."""
    return Sweep(
        name="illumination",
        question="Does illumination correction help, beyond the spread between seeds?",
        space={
            "preprocessing": tune.grid_search(["plain", *CORRECTIONS]),
            "architecture": tune.grid_search(["cnn5", "CCPCCPCCPFF"]),
            "seed": tune.grid_search([0, 1, 2]),
            "learning_rate": 0.03,
            "schedule": "cosine",
            "augmentation_strength": 0.5,
            "epochs": 18,
        },
        budget=Budget(trials=48, early_stopping=False),
        search="grid",
    )
