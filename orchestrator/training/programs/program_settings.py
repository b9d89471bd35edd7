"""The settings that a compiled program is specific to; loads no framework."""

from dataclasses import dataclass

from orchestrator.config import TrialConfig


@dataclass(frozen=True)
class ProgramSettings:
    """The part of a program's key that a configuration decides.

    Attributes:
        augmentation: names of transforms, sorted; empty where their strength is 0.
        averaging: whether an average of the weights is kept.
        mixing: whether images are mixed.
        views: of an image that is predicted.
        sharpness: whether a step follows the gradient of the worst place nearby.
    """

    architecture: str
    width: float
    pooling: str
    batch_normalisation: bool
    transfer: tuple[str, str, str]
    optimizer: str
    momentum: float
    precision: str
    augmentation: tuple[str, ...]
    averaging: bool
    mixing: bool
    views: str
    sharpness: bool

    @classmethod
    def of_trial(cls, config: TrialConfig) -> "ProgramSettings":
        """Those of a trial."""
        names = set(config.augmentation.split()) - {"none"}
        return cls(
            architecture=config.architecture,
            width=config.width,
            pooling=config.pooling,
            batch_normalisation=config.batch_normalisation,
            transfer=(config.weights, config.fine_tune, config.head),
            optimizer=config.optimizer,
            momentum=config.momentum,
            precision=config.precision,
            augmentation=tuple(sorted(names)) if config.augmentation_strength > 0 else (),
            averaging=config.ema > 0,
            mixing=config.mixup > 0,
            views=config.views,
            sharpness=config.sam_radius > 0,
        )
