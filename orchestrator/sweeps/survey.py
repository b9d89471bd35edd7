"""The three nets of Pramerdorfer & Kampel's survey, by the protocol that they report.

    python -m orchestrator.sweep survey --data fer2013.zip --results /data/fer

Source: https://arxiv.org/abs/1612.02903: 72.7, 71.6 and 72.4 % on the held-back test for VGG,
Inception and ResNet: 300 epochs, learning rate 0.1, batches of 128, momentum 0.9, weight decay
1e-4. As replications report it, the rate is halved where accuracy stands still, and images are
mirrored and cut, 48x48 out of 54x54, which is a shift of up to 3 pixels: strength 0.625 here.
Dropout came from a search that is not published; 0.5 is a replication's.
"""

from ray import tune

from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    """Each net once, for all of its epochs; then the ensemble of the three."""
    return Sweep(
        name="survey",
        question="How far do the survey's VGG, Inception and ResNet come by their own protocol?",
        space={
            "architecture": tune.grid_search(["vgg", "inception", "resnet"]),
            "learning_rate": 0.1,
            "schedule": "plateau",
            "batch_size": 128,
            "momentum": 0.9,
            "weight_decay": 1e-4,
            "dropout": 0.5,
            "augmentation": "flip shift",
            "augmentation_strength": 0.625,
            "epochs": 300,
        },
        budget=Budget(trials=3, early_stopping=False),
        search="grid",
    )
