"""Does it all work here? Four small nets on the embedded faces.

    python -m orchestrator.sweep

No data, no GPU, no cluster needed; at most 3 minutes on 4 cores.
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Architecture, learning rate and illumination correction on drawn faces."""
    return Sweep(
        name="quickstart",
        question="Which small net, learning rate and illumination correction suit drawn faces?",
        space={
            "architecture": tune.choice(["cnn5", "CPCPCPFFF", "CCPCCPCCPFF", "CPCPFF"]),
            "learning_rate": tune.loguniform(3e-3, 3e-1),
            "preprocessing": tune.choice(["plain", "plane", "clahe"]),
            "width": 0.5,
            "schedule": "cosine",
            "epochs": 9,
            "batch_size": 64,
        },
        budget=Budget(trials=16, grace_epochs=1, reduction_factor=3),
        embedded=6000,
        quick=True,
    )
