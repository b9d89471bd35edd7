"""The four models that the seed project compared and put into its ensemble.

    python -m orchestrator.sweep seed_models --data fer2013.zip --results /data/fer

They reported 0.6339, 0.5598, 0.5929 for the latter three and 0.6863 for the ensemble. VGG16 starts
from ImageNet's weights, which must be in the Keras cache or be named by `--set weights=FILE`;
`--set weights=none` trains it from scratch.
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """VGG16 transfer, the 5-layer CNN, CPCPCPFFF and CCPCCPCCPFF; nothing is stopped early."""
    return Sweep(
        name="seed_models",
        question="How good are the seed project's four models, each at two learning rates?",
        space={
            "architecture": tune.grid_search(["vgg16", "cnn5", "CPCPCPFFF", "CCPCCPCCPFF"]),
            "learning_rate": tune.grid_search([0.01, 0.05]),
            "schedule": "cosine",
            "augmentation_strength": 0.5,
            "epochs": 27,
        },
        budget=Budget(trials=8, early_stopping=False),
        search="grid",
    )
