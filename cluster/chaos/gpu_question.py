"""What `gpu_check` has trained on a GPU: one shape, eight rates, as a user's sweep would."""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Rungs at 5, 15 and 45 epochs: some trials are pruned, the best runs to its end."""
    return Sweep(
        name="gpu",
        question="Which rate suits vgg on a GPU?",
        space={
            "architecture": "vgg",
            "learning_rate": tune.grid_search([0.05, 0.1, 0.02, 0.2, 0.01, 0.005, 0.4, 0.002]),
            "schedule": "cosine",
            "batch_size": 256,
            "augmentation": "flip shift rotation zoom erasing",
            "augmentation_strength": 1.0,
            "label_smoothing": 0.1,
            "weight_decay": 5e-4,
            "ema": 0.999,
            "epochs": 60,
            "precision": "auto",
        },
        budget=Budget(trials=8, grace_epochs=5, reduction_factor=3),
        search="grid",
        embedded=6000,
    )
