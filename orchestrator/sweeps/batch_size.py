"""What does a larger batch cost?

    python -m orchestrator.sweep batch_size --data fer2013.zip --results /data/fer

A larger batch trains more images a second on a GPU. The learning rate grows with it, as that of
Goyal et al. 2017 (https://arxiv.org/abs/1706.02677); their warm-up is that of `one_cycle`.
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Four sizes and three seeds of one architecture; nothing is stopped early."""
    return Sweep(
        name="batch_size",
        question="What does a larger batch cost in accuracy?",
        space={
            "batch_size": tune.grid_search([128, 256, 512, 1024]),
            "seed": tune.grid_search([0, 1, 2]),
            "architecture": "vgg",
            "learning_rate": 0.05,
            "rate_scaling": "linear",
            "schedule": "one_cycle",
            "augmentation_strength": 0.5,
            "epochs": 60,
        },
        budget=Budget(trials=12, early_stopping=False),
        search="grid",
    )
