"""VGG16 transfer, the seed project's origin model: Adam, 300 epochs at most.

    python -m orchestrator.sweep transfer --data fer2013.zip --results /data/fer

The seed project's run stopped at epoch 203, at a learning rate of 0.0005. Two settings of the
template that its plan follows (https://arxiv.org/abs/2004.11823) come to that rate: 0.001, halved
once where accuracy stood still, and 0.0005 throughout. Both are here. Its rule for stopping is not
known; ours is `patience`.

Where ImageNet's weights are in the Keras cache the base starts from them and stays as it is;
elsewhere the same net is trained from scratch, which the tables say (`weights`). `--set
weights=FILE` names a file of them.
"""

from orchestrator.config import Budget, Sweep
from orchestrator.errors import BadInput
from orchestrator.models.options import locate_weights


def sweep() -> Sweep:
    """VGG16 at two rates, nobody stopped by a rung."""
    return Sweep(
        name="transfer",
        question="What does VGG16 reach with Adam in 300 epochs, and when does it stop?",
        space={
            "architecture": "vgg16",
            "weights": weights_at_hand(),
            "optimizer": "adam",
            "batch_size": 128,
            "dropout": 0.5,
            "augmentation_strength": 1.0,
            "epochs": 300,
            "patience": 30,
        },
        configurations=(
            {"learning_rate": 0.001, "schedule": "plateau"},
            {"learning_rate": 0.0005, "schedule": "constant"},
        ),
        budget=Budget(trials=2, early_stopping=False),
        search="grid",
    )


def weights_at_hand() -> str:
    """What VGG16 can start from here: "imagenet" where Keras' cache has the file, else "none"."""
    try:
        locate_weights("imagenet")
    except BadInput:
        return "none"
    return "imagenet"
