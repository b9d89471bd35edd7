"""The figures that earlier projects reported, as data: experiment, figure, value, source."""

from dataclasses import dataclass

SEED_PROJECT = "README of the seed project, a student project on FER2013"
SURVEY = "Pramerdorfer & Kampel 2016, https://arxiv.org/abs/1612.02903"

FER2013_TRAINING = 28_709
"""Images of FER2013's Training."""

ENSEMBLE = "ensemble"
"""What stands in place of an architecture where several nets answer together."""


@dataclass(frozen=True)
class Reported:
    """A run, or a net, as somebody reported it; None where nothing was said.

    Attributes:
        what: which of their nets or runs.
        architecture: ours for it, `ENSEMBLE`, or "" where a run of any of ours stands beside it.
        epochs: after which it stopped.
        loss: there, nats.
        learning_rate: there.
        accuracy: over all classes, in [0, 1].
        binary: what was called accuracy, but is binary accuracy; see `analysis.decode`.
        verdict: how it had been trained, in the words of `trials.verdict`.
    """

    what: str
    architecture: str = ""
    epochs: int | None = None
    loss: float | None = None
    learning_rate: float | None = None
    accuracy: float | None = None
    binary: float | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Original:
    """An experiment that somebody else made.

    Attributes:
        source: who, and where.
        epochs: that were asked for; None where that is not known.
        split: whose images the figures are about, in words.
        figures: what was reported.
    """

    source: str
    epochs: int | None
    split: str
    figures: tuple[Reported, ...]


UNKNOWN_SPLIT = "images that are not named"

ORIGINALS: dict[str, Original] = {
    "transfer": Original(
        SEED_PROJECT,
        300,
        UNKNOWN_SPLIT,
        (
            Reported(
                "VGG16, origin model",
                "vgg16",
                epochs=203,
                loss=1.2933,
                learning_rate=0.0005,
                binary=0.8852,
            ),
        ),
    ),
    "seed_models": Original(
        SEED_PROJECT,
        None,
        UNKNOWN_SPLIT,
        (
            Reported("5-layer CNN", "cnn5", accuracy=0.6339),
            Reported("CPCPCPFFF", "CPCPCPFFF", accuracy=0.5598),
            Reported("CCPCCPCCPFF", "CCPCCPCCPFF", accuracy=0.5929),
            Reported("ensemble", ENSEMBLE, accuracy=0.6863),
        ),
    ),
    "state_of_the_art": Original(
        SEED_PROJECT,
        600,
        UNKNOWN_SPLIT,
        (Reported("experiment 1", epochs=25, verdict="overfit"),),
    ),
    "illumination": Original(
        SEED_PROJECT,
        None,
        UNKNOWN_SPLIT,
        (
            Reported(
                "experiment 2, corrected",
                epochs=164,
                loss=1.1461,
                binary=0.8912,
                verdict="good fit",
            ),
        ),
    ),
    "survey": Original(
        SURVEY,
        300,
        "the held-back test (PrivateTest)",
        (
            Reported("VGG", "vgg", accuracy=0.727),
            Reported("Inception", "inception", accuracy=0.716),
            Reported("ResNet", "resnet", accuracy=0.724),
            Reported("ensemble of 8", ENSEMBLE, accuracy=0.752),
        ),
    ),
}
"""Named sweep -> what it repeats; one entry adds one."""
