"""What is truly trained under faults: one convolution; an epoch takes long enough to be hit."""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Four rates, five epochs, halved at 1, 2 and 4; dropout and momentum have a state."""
    return Sweep(
        name="tiny",
        question="Which rate suits a tiny net?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.grid_search([0.003, 0.1, 0.0001, 0.03]),
            "dropout": 0.2,
            "width": 0.1,
            "batch_size": 16,
            "epochs": 5,
            "precision": "float32",
        },
        budget=Budget(trials=4, grace_epochs=1, reduction_factor=2, scheduler="halving"),
        search="grid",
        embedded=3000,
    )
