"""Which preprocessing variant helps, everything else equal?

python -m orchestrator.sweep preprocessing --data fer2013.zip --results /data/fer
"""

from ray import tune

from orchestrator.config import CHOICES, Budget, Sweep


def sweep() -> Sweep:
    """Every variant with one architecture and two seeds; nothing is stopped early."""
    return Sweep(
        name="preprocessing",
        question="Which preprocessing variant helps, everything else equal?",
        space={
            "preprocessing": tune.grid_search(list(CHOICES["preprocessing"])),
            "seed": tune.grid_search([0, 1]),
            "architecture": "cnn5",
            "learning_rate": 0.03,
            "schedule": "cosine",
            "augmentation_strength": 0.5,
            "epochs": 18,
        },
        budget=Budget(trials=18, early_stopping=False),
        search="grid",
    )
