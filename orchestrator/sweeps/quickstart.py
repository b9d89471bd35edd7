"""Does it all work here? Three small nets on the embedded faces.

    python -m orchestrator.sweep

No data, no GPU, no cluster needed; about two minutes on 2 cores, its report included.
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Architecture, learning rate and illumination correction on drawn faces."""
    return Sweep(
        name="quickstart",
        question="Which small net, learning rate and illumination correction suit drawn faces?",
        space={
            "architecture": tune.choice(["cnn5", "CPCPCPFFF", "CPCPFF"]),
            "learning_rate": tune.loguniform(3e-3, 3e-1),
            "preprocessing": tune.choice(["plain", "plane", "clahe"]),
            "width": 0.5,
            "schedule": "cosine",
            "epochs": 6,
            "batch_size": 64,
        },
        budget=Budget(trials=12, grace_epochs=1, reduction_factor=3),
        embedded=6000,
        quick=True,
    )
