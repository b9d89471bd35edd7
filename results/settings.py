"""What a trial may be told to do: every setting described once.

A field says its type, its default, its range or its known names, what it means and where it is in
force. The columns of `trials.parquet`, `--set`'s messages and `orchestrator.config` follow from it.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KEY = "setting"


@dataclass(frozen=True)
class Condition:
    """Where a setting counts: what another setting must be.

    Attributes:
        setting: the other one's name.
        values: the known names that it must have one of; empty where numbers decide.
        above: the number that it must exceed; None where names decide.
    """

    setting: str
    values: tuple[str, ...] = ()
    above: float | None = None

    def __str__(self) -> str:
        """In words: "optimizer is sgd or muon"."""
        name = self.setting.replace("_", " ")
        if self.above is not None:
            return f"{name} is above {self.above:g}"
        return f"{name} is {' or '.join(self.values)}"

    def holds(self, value: Any) -> bool:
        """Whether this value of the other setting lets the setting count."""
        return value in self.values if self.above is None else float(value) > self.above


@dataclass(frozen=True)
class Setting:
    """What is known of one setting.

    Attributes:
        name: of its field, its column and its key in `--set`.
        default: its value where nobody gives one; its type is the setting's.
        meaning: one sentence.
        unit: of its values, or "".
        low: the lowest number that makes sense, included; None where any is taken.
        high: the highest one.
        choices: the known names; empty where there are none.
        blank_separated: whether a value lists any number of the choices.
        in_force: where this setting counts; elsewhere it changes nothing. None: everywhere.
        later: whether trials were made before there was this setting: they did what its default
            says, so that a trial with the default has the signature that it had before.
    """

    name: str
    default: Any
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    blank_separated: bool = False
    in_force: Condition | None = None
    later: bool = False

    @property
    def description(self) -> str:
        """Its meaning, and where a table has null in its place because it changes nothing."""
        return f"{self.meaning} Null unless {self.in_force}." if self.in_force else self.meaning


def setting(default: Any, meaning: str, **more: Any) -> Any:
    """A field of `TrialSettings`; more: attributes of `Setting`."""
    metadata = {_KEY: {"meaning": meaning, **more}}
    return dataclasses.field(default=default, metadata=metadata)


VGG16_ALONE = Condition("architecture", ("vgg16",))


@dataclass(frozen=True)
class TrialSettings:
    """Everything that one trial's result depends on: flat scalars only.

    The known names are spelled out, so that no TensorFlow is needed to check them; tests hold each
    tuple against the dictionary that it mirrors.
    """

    # Beside the named models any valid string of the layer notation, e.g. "CCPCCPFF": see
    # orchestrator.models.notation.
    architecture: str = setting(
        "cnn5",
        "Named model, or a string in the layer notation.",
        choices=(
            "cnn5",
            "CPCPCPFFF",
            "CCPCCPCCPFF",
            "vgg",
            "vgg_khaireddin",
            "inception",
            "resnet",
            "resnet18",
            "convnet4",
            "mini_xception",
            "vgg16",
        ),
    )
    preprocessing: str = setting(
        "plain",
        "Preprocessing variant of the images.",
        choices=(
            "plain",
            "standardise",
            "histogram",
            "clahe",
            "plane",
            "isotropic",
            "diffusion",
            "dog",
            "gamma",
        ),
    )
    optimizer: str = setting("sgd", "Optimizer.", choices=("sgd", "adam", "adamw", "muon"))
    learning_rate: float = setting(0.01, "Peak of the learning-rate schedule.", low=1e-12, high=1e6)
    schedule: str = setting(
        "constant",
        "Learning-rate schedule.",
        choices=("constant", "plateau", "cosine", "one_cycle", "warm_restarts"),
    )
    # As replicated by cs230-fer; Khaireddin & Chen (2021) take 5 and 0.75.
    plateau_patience: int = setting(
        10,
        "Epochs without a better validation accuracy before the rate falls.",
        unit="epochs",
        low=1,
        high=1_000_000,
        in_force=Condition("schedule", ("plateau",)),
        later=True,
    )
    plateau_factor: float = setting(
        0.5,
        "What the rate is multiplied by when it falls.",
        low=0.01,
        high=0.99,
        in_force=Condition("schedule", ("plateau",)),
        later=True,
    )
    cycle: int = setting(
        10,
        "Epochs from one restart of the schedule to the next.",
        unit="epochs",
        low=1,
        high=1_000_000,
        in_force=Condition("schedule", ("warm_restarts",)),
        later=True,
    )
    epochs: int = setting(
        10, "Epochs asked for; the schedule ends there.", unit="epochs", low=1, high=1_000_000
    )
    # The incomplete last batch of an epoch is left out.
    batch_size: int = setting(128, "Images a step.", unit="images", low=1, high=1_000_000)
    # Linear: in proportion to it; sqrt: to its root. See orchestrator.training.schedules.
    rate_scaling: str = setting(
        "none",
        "How the learning rate, then one for batches of 128, grows with the batch size.",
        choices=("none", "linear", "sqrt"),
        later=True,
    )
    momentum: float = setting(  # Nesterov's
        0.9,
        "Momentum of SGD and Muon.",
        low=0.0,
        high=0.9999,
        in_force=Condition("optimizer", ("sgd", "muon")),
    )
    # Coupled (L2) for sgd and adam, decoupled for adamw and muon.
    weight_decay: float = setting(1e-4, "Weight decay of the kernels.", low=0.0, high=1e3)
    dropout: float = setting(0.3, "Dropout rate; 0 is off.", low=0.0, high=0.99)
    width: float = setting(
        1.0, "Factor on every layer's number of filters or units.", low=0.01, high=64.0
    )
    pooling: str = setting(
        "max", "What the notation's P means.", choices=("max", "average", "stochastic")
    )
    # After every convolution and hidden fully connected layer.
    batch_normalisation: bool = setting(True, "Whether layers are batch-normalised.")
    augmentation: str = setting(
        "flip shift rotation zoom",
        "Names of the random transforms, blank-separated, or none.",
        choices=(
            "flip",
            "shift",
            "rotation",
            "zoom",
            "crop",
            "resized_crop",
            "brightness",
            "contrast",
            "erasing",
        ),
        blank_separated=True,
        in_force=Condition("augmentation_strength", above=0.0),
    )
    # At 1 the rotation is 10 degrees, the shift 10 %, and so on.
    augmentation_strength: float = setting(
        0.0, "Strength of the random transforms, 0 (off) to 1.", low=0.0, high=1.0
    )
    label_smoothing: float = setting(
        0.0, "Share of each target spread over all classes, 0 to 1.", low=0.0, high=0.99
    )
    # One share a step, of Beta(alpha, alpha): see orchestrator.training.regularisation.mixing.
    mixup: float = setting(
        0.0,
        "Alpha of mixup, which trains on means of two images; 0 is off.",
        low=0.0,
        high=100.0,
        later=True,
    )
    # Balanced weighs a class by the inverse of its frequency, mean 1.
    class_weights: str = setting(
        "none", "How classes are weighed in the training loss.", choices=("none", "balanced")
    )
    ema: float = setting(
        0.0, "Decay a step of the averaged weights; 0 is off.", low=0.0, high=0.99999
    )
    # Part of every stored prediction and of the saved ensemble: see orchestrator.models.views.
    views: str = setting(
        "one",
        "Views of an image whose probabilities are averaged when it is predicted.",
        choices=("one", "flip", "flip_shifts", "ten_crop"),
        later=True,
    )
    # Its gradients are twice the work: see orchestrator.training.regularisation.sharpness.
    sam_radius: float = setting(
        0.0,
        "Radius in which sharpness-aware minimisation looks for the worst loss; 0 is off.",
        low=0.0,
        high=10.0,
        later=True,
    )
    precision: str = setting(  # "auto" takes bfloat16 where it is faster
        "auto",
        "Arithmetic of the layers, as chosen where auto was asked for.",
        choices=("auto", "float32", "mixed_bfloat16"),
    )
    patience: int = setting(
        0,
        "Epochs without a better validation loss allowed; 0: any.",
        unit="epochs",
        low=0,
        high=1_000_000,
    )
    # "imagenet" (the Keras cache), a file, or "none".
    weights: str = setting("imagenet", "Initial weights of vgg16.", in_force=VGG16_ALONE)
    fine_tune: str = setting(
        "frozen",
        "Which layers of vgg16 learn.",
        choices=("frozen", "last_block", "all"),
        in_force=VGG16_ALONE,
    )
    head: str = setting(
        "256",
        "Units of the additional layers of vgg16, blank-separated.",
        in_force=VGG16_ALONE,
    )
    seed: int = setting(
        0, "Seed of weights, order, augmentation and dropout.", low=0, high=2**31 - 1
    )
    # Filled in by the sweep.
    data: str = setting("", "Digest of the data set.")


SETTINGS: dict[str, Setting] = {
    f.name: Setting(f.name, f.default, **f.metadata[_KEY])
    for f in dataclasses.fields(TrialSettings)
}
"""Every setting by name, in the order of the fields."""


LATER: dict[str, Any] = {name: s.default for name, s in SETTINGS.items() if s.later}
"""What trials did of before there were these settings."""


def in_force(name: str, configuration: Mapping[str, Any]) -> bool:
    """Whether a setting changes anything in a trial with this configuration.

    Args:
        name: of the setting.
        configuration: setting -> value; where the setting that decides is absent or null, this
            one is taken to count.
    """
    condition = SETTINGS[name].in_force
    if condition is None:
        return True
    value = configuration.get(condition.setting)
    return value is None or condition.holds(value)
