"""Which learning rate, and for which optimizer?

python -m orchestrator.sweep learning_rates --data fer2013.zip --results /data/fer
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Four optimizers over four decades of learning rates, one architecture."""
    return Sweep(
        name="learning_rates",
        question="Which learning rate suits which optimizer and schedule?",
        space={
            "architecture": "cnn5",
            "optimizer": tune.choice(["sgd", "adam", "adamw", "muon"]),
            "learning_rate": tune.loguniform(1e-4, 1.0),
            "schedule": tune.choice(["constant", "plateau", "cosine", "one_cycle"]),
            "epochs": 27,
        },
        budget=Budget(trials=48, grace_epochs=1, reduction_factor=3),
    )
