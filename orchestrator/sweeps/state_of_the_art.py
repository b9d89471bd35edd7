"""The seed project's long experiment: 600 epochs at learning rate 0.1, batches of 128.

    python -m orchestrator.sweep state_of_the_art --data fer2013.zip --results /data/fer

The seed project's run stopped at epoch 25 and overfitted; its rule for stopping is not known, ours
is `patience`, three times what the falling rate waits for. Its plan follows the protocol reported
for Pramerdorfer & Kampel (2016), whose learning rate is halved whenever validation accuracy stands
still; the seed project trained at a constant rate, so both are here, and the verdict column says
which of them overfits.
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Their VGG, with and without augmentation, at a constant and at a falling rate."""
    return Sweep(
        name="state_of_the_art",
        question="Does the published 600-epoch protocol at learning rate 0.1 hold up or overfit?",
        space={
            "schedule": tune.grid_search(["constant", "plateau"]),
            "augmentation_strength": tune.grid_search([0.0, 1.0]),
            "architecture": "vgg",
            "learning_rate": 0.1,
            "batch_size": 128,
            "momentum": 0.9,
            "weight_decay": 1e-4,
            "dropout": 0.5,
            "epochs": 600,
            "patience": 30,
        },
        budget=Budget(trials=4, early_stopping=False),
        search="grid",
    )
