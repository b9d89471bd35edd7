"""Who a face belongs to, how the head is held and how it is lit: what no expression depends on."""

import numpy as np

from orchestrator.data.synthetic.strokes import Floats

Traits = dict[str, Floats]
"""Trait -> its value in each face, (n, 1, 1)."""

RANGES: dict[str, tuple[float, float]] = {
    # Pose. One unit of length is half the picture's side at scale 1; v points down.
    "scale": (0.94, 1.16),
    "shift_u": (-0.10, 0.10),
    "shift_v": (-0.10, 0.08),
    "roll": (-0.09, 0.09),  # tangent of half the angle: 0.09 is 10 degrees
    "yaw": (-0.20, 0.20),  # how far the middle of the face moves sideways
    "pitch": (-0.07, 0.07),
    # Head.
    "face_width": (0.66, 0.84),
    "face_height": (0.98, 1.14),
    "taper": (0.02, 0.26),  # of the jaw
    "skin": (0.42, 0.90),
    "hair": (0.05, 0.55),
    "hairline": (-0.98, -0.66),
    "parting": (-0.5, 0.5),
    "hair_volume": (1.00, 1.28),
    "hair_length": (-0.6, 1.6),
    "background": (0.05, 0.95),
    "background_slope_u": (-0.3, 0.3),
    "background_slope_v": (-0.3, 0.3),
    "lapel": (0.05, 0.9),
    "age": (0.0, 0.5),  # depth of the folds at rest
    "beard": (-1.6, 0.6),  # none below 0
    "moustache": (-1.6, 0.7),
    "glasses": (-4.0, 0.9),
    "glasses_radius": (0.21, 0.25),
    # Brows.
    "brow_height": (-0.50, -0.40),
    "brow_inner": (0.13, 0.20),
    "brow_outer": (0.56, 0.64),
    "brow_thickness": (0.030, 0.062),
    "brow_arch": (0.01, 0.07),
    "brow_slope": (-0.03, 0.04),
    "brow_tone": (0.25, 0.75),  # share of the skin's light that is left
    # Eyes.
    "eye_distance": (0.34, 0.41),
    "eye_height": (-0.26, -0.20),
    "eye_width": (0.145, 0.185),
    "eye_opening": (0.060, 0.090),
    "eye_tilt": (-0.025, 0.03),
    "iris": (0.04, 0.38),
    "gaze_u": (-0.05, 0.05),
    "gaze_v": (-0.015, 0.02),
    "lashes": (0.25, 0.75),
    # Nose.
    "nose_base": (0.16, 0.24),
    "nose_width": (0.10, 0.16),
    "nose_height": (0.35, 0.8),
    # Mouth.
    "mouth_height": (0.49, 0.58),
    "mouth_width": (0.23, 0.30),
    "mouth_curve": (-0.022, 0.022),  # of the corners at rest
    "upper_lip": (0.030, 0.060),
    "lower_lip": (0.045, 0.080),
    "lip_tone": (0.50, 0.88),
    # Light. A direction is drawn as a point of a square and then normalised.
    "light_u": (-1.0, 1.0),
    "light_v": (-1.0, 0.6),
    "light_front": (0.15, 1.0),
    "ambient": (0.10, 0.55),
    "slope_u": (-0.8, 0.8),
    "slope_v": (-0.6, 0.6),
    "shadow_u": (-1.0, 1.0),
    "shadow_v": (-1.0, 1.0),
    "shadow_at": (-0.5, 0.5),
    "shadow_soft": (0.06, 0.7),
    "shadow_depth": (-0.6, 0.75),  # none below 0
    "exposure": (0.55, 1.45),
    "tone": (-0.5, 0.7),
    "haze": (0.0, 0.15),
    "blur": (0.0, 0.30),
    "noise": (0.004, 0.032),
}
"""Trait -> lowest and highest value; all uniform and independent of each other and of the label."""

_LOW, _HIGH = np.array(list(RANGES.values()), np.float32).T


def sample(n: int, rng: np.random.Generator) -> Traits:
    """Traits of n faces, (n, 1, 1) each."""
    values = _LOW + (_HIGH - _LOW) * rng.random((n, len(RANGES)), dtype=np.float32)
    return {name: values[:, i, None, None] for i, name in enumerate(RANGES)}
