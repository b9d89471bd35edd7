"""Which small net reads faces best? The first of these is kept in results/nets/small.

    python -m orchestrator.sweep small --data fer2013.zip --results /data/fer

141,199 and 58,423 parameters; the second is the net of PyPI's `fer`. Little dropout and no erasing,
as small nets lack capacity and not restraint; settings were chosen beforehand and not searched.
"""

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """A narrow vgg and mini_xception, both trained to their end."""
    return Sweep(
        name="small",
        question="Which net of at most 150,000 parameters reads faces best?",
        space={
            "preprocessing": "plain",
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "batch_size": 128,
            "schedule": "cosine",
            "weight_decay": 2e-4,
            "dropout": 0.05,
            "label_smoothing": 0.1,
            "ema": 0.999,
            "augmentation": "flip shift rotation zoom",
            "augmentation_strength": 0.7,
            "epochs": 60,
        },
        configurations=(
            {"architecture": "vgg", "width": 0.28},
            {"architecture": "mini_xception", "width": 1.0},
        ),
        budget=Budget(trials=2, early_stopping=False),
        search="grid",
    )
