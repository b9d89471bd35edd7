"""Which parts of a face carry which expression: action units of the Facial Action Coding System.

Numbers and combinations follow Ekman & Friesen, "Facial Action Coding System" (1978), and the
prototypes of Ekman, Friesen & Hager, "FACS Investigator's Guide" (2002). We draw only
the units that 48×48 pixels can show; strengths and probabilities are ours.
"""

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.faces import EMOTIONS
from orchestrator.data.synthetic.strokes import Floats

Units = dict[int, Floats]
"""Action unit -> its strength in each face, (n, 1, 1), 0 (at rest) to about 1.2."""

REGIONS = ("rest", "brows", "eyes", "nose", "mouth")
"""What a value of a region mask means; "rest" is skin, hair, background."""

UNIT_REGIONS: dict[int, str] = {
    1: "brows",  # inner brow raiser
    2: "brows",  # outer brow raiser
    4: "brows",  # brow lowerer, with the furrows between the brows
    5: "eyes",  # upper lid raiser
    6: "eyes",  # cheek raiser: lower lid pushed up, crow's feet
    7: "eyes",  # lid tightener
    9: "nose",  # nose wrinkler
    10: "mouth",  # upper lip raiser
    12: "mouth",  # lip corner puller
    15: "mouth",  # lip corner depressor
    17: "mouth",  # chin raiser: lower lip pushed up
    20: "mouth",  # lip stretcher
    23: "mouth",  # lip tightener
    25: "mouth",  # lips part
    26: "mouth",  # jaw drop
}
"""Every action unit that can be drawn -> the region where it shows."""

PROTOTYPES: dict[str, dict[int, tuple[float, float]]] = {
    "angry": {4: (1.0, 1.0), 5: (0.5, 0.5), 7: (1.0, 1.0), 23: (1.0, 1.0), 25: (0.5, 0.25)},
    "disgust": {
        9: (1.0, 1.0),
        10: (0.8, 0.8),
        15: (0.6, 0.8),
        17: (0.6, 0.5),
        25: (0.4, 0.3),
    },
    "fear": {
        1: (1.0, 1.0),
        2: (0.5, 1.0),
        4: (0.6, 1.0),
        5: (1.0, 1.0),
        20: (1.0, 1.0),
        25: (0.6, 0.8),
        26: (0.3, 0.4),
    },
    "happy": {6: (1.0, 1.0), 12: (1.0, 1.0), 25: (0.7, 0.6), 26: (0.3, 0.2)},
    "sad": {1: (1.0, 1.0), 4: (0.6, 1.0), 15: (1.0, 1.0), 17: (0.7, 0.6)},
    "surprise": {
        1: (1.0, 1.0),
        2: (1.0, 1.0),
        5: (0.8, 1.0),
        25: (0.5, 1.0),
        26: (1.0, 1.0),
    },
    "neutral": {},
}
"""Expression -> action unit -> (strength at full intensity, probability that it takes part)."""


def _carriers(emotion: str) -> tuple[str, ...]:
    always = {UNIT_REGIONS[unit] for unit, (_, p) in PROTOTYPES[emotion].items() if p >= 0.8}
    return tuple(region for region in REGIONS if region in always)


EXPRESSION_REGIONS: dict[str, tuple[str, ...]] = {
    emotion: _carriers(emotion) for emotion in EMOTIONS
}
"""Expression -> the regions where at least 80 % of its faces show it, in the order of REGIONS.

Empty for neutral, which is told by the absence of everything else.
"""

_NAMES = tuple(UNIT_REGIONS)
_STRENGTH = np.array(
    [[PROTOTYPES[e].get(u, (0.0, 0.0))[0] for u in _NAMES] for e in EMOTIONS], np.float32
)
_PROBABILITY = np.array(
    [[PROTOTYPES[e].get(u, (0.0, 0.0))[1] for u in _NAMES] for e in EMOTIONS], np.float32
)

WEAKEST = 0.55
"""Intensity of the faintest expression; it is uniform from here to 1."""

TREMOR = 0.10
"""Largest strength of a unit that has nothing to do with the face's expression."""


def activate(labels: NDArray[np.uint8], rng: np.random.Generator) -> Units:
    """How strongly each action unit acts in each face.

    Args:
        labels: (n,) indices into EMOTIONS.
        rng: consumed by 1 + 3 · 15 numbers a face.
    """
    shape = (len(labels), len(_NAMES))
    intensity = WEAKEST + (1 - WEAKEST) * rng.random((len(labels), 1), dtype=np.float32)
    own = 0.75 + 0.45 * rng.random(shape, dtype=np.float32)
    present = rng.random(shape, dtype=np.float32) < _PROBABILITY[labels]
    tremor = TREMOR * rng.random(shape, dtype=np.float32)
    strength = _STRENGTH[labels] * intensity * own * present + tremor
    return {unit: strength[:, i, None, None] for i, unit in enumerate(_NAMES)}
