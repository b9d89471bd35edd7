"""Which architecture learns best at equal budget?

python -m orchestrator.sweep architectures --data fer2013.zip --results /data/fer
"""

from ray import tune

from orchestrator.config import Budget, Sweep

ARCHITECTURES = [
    "cnn5",
    "CPCPCPFFF",
    "CCPCCPCCPFF",
    "convnet4",
    "mini_xception",
    "vgg",
    "inception",
    "resnet",
]


def sweep() -> Sweep:
    """Every convolutional net that is trained from scratch, each with its own learning rate.

    The first rung is epoch 3: at epoch 1 fast starters beat every trial with augmentation, which
    pays off later (results/log.md, 2026-11-23).
    """
    return Sweep(
        name="architectures",
        question="Which architecture learns best at equal budget, each at its learning rate?",
        space={
            "architecture": tune.choice(ARCHITECTURES),
            "learning_rate": tune.loguniform(3e-3, 1e-1),
            "dropout": tune.choice([0.2, 0.4]),
            "augmentation_strength": tune.choice([0.0, 0.5, 1.0]),
            "schedule": "cosine",
            "epochs": 27,
        },
        budget=Budget(trials=40, grace_epochs=3, reduction_factor=3),
    )
