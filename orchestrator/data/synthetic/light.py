"""What lies between a face and its picture: lamp, shadow, exposure, lens and sensor."""

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.faces import SIDE
from orchestrator.data.synthetic.head import GRID_U, GRID_V, Canvas
from orchestrator.data.synthetic.strokes import Floats, bump, cover
from orchestrator.data.synthetic.traits import Traits


def illuminate(canvas: Canvas, t: Traits, face: Floats, rim: Floats) -> Floats:
    """The albedo under a lamp from the side, a linear fall-off and perhaps a cast shadow.

    The face is half an ellipsoid with a nose on it, reflecting after Lambert; all else is flat.
    """
    length = np.sqrt(t["light_u"] ** 2 + t["light_v"] ** 2 + t["light_front"] ** 2)
    lamp_u, lamp_v, lamp_front = (t[k] / length for k in ("light_u", "light_v", "light_front"))
    # A nose is a ridge: its flanks face sideways, its lower side faces down.
    du, dv = canvas.u / 0.17, (canvas.v - t["nose_base"] + 0.16) / 0.26
    ridge = bump(du * du + dv * dv) * t["nose_height"]
    normal_u = canvas.u / t["face_width"] + 1.6 * ridge * du
    normal_v = 0.6 * canvas.v + 0.5 * ridge * np.maximum(dv, 0)
    front = np.sqrt(np.maximum(1.08 - rim, 0.02), dtype=np.float32)
    normal = np.sqrt(normal_u * normal_u + normal_v * normal_v + front * front)
    cosine = (lamp_u * normal_u + lamp_v * normal_v + lamp_front * front) / normal
    lit = t["ambient"] + (1 - t["ambient"]) * np.maximum(cosine, 0)
    light = 0.75 + face * (lit - 0.75)
    light *= np.maximum(1 + t["slope_u"] * GRID_U + t["slope_v"] * GRID_V, 0.12)
    light *= 1 - np.maximum(t["shadow_depth"], 0) * _shadow(t)
    light *= canvas.albedo
    return light


def _shadow(t: Traits) -> Floats:
    """A half plane's shadow, its edge anywhere and at any angle, sharp or soft."""
    length = np.sqrt(t["shadow_u"] ** 2 + t["shadow_v"] ** 2) + np.float32(1e-3)
    across = (t["shadow_u"] * GRID_U + t["shadow_v"] * GRID_V) / length
    return cover(across - t["shadow_at"], t["shadow_soft"])


def photograph(scene: Floats, t: Traits, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposure, tone curve, haze, blur, noise and 8 bits.

    Args:
        scene: (n, h, w) reflected light, changed in place.
        t: traits of the n faces.
        rng: consumed by 2 · h · w numbers a face.
    """
    scene *= t["exposure"] * np.float32(1.25)
    np.clip(scene, 0, 1, out=scene)
    scene += t["tone"] * scene * (1 - scene)
    scene += t["haze"] * (1 - scene)
    scene[:, 1:-1] += t["blur"] * (0.5 * (scene[:, :-2] + scene[:, 2:]) - scene[:, 1:-1])
    scene[:, :, 1:-1] += t["blur"] * (
        0.5 * (scene[:, :, :-2] + scene[:, :, 2:]) - scene[:, :, 1:-1]
    )
    grain = rng.random((len(scene), SIDE, SIDE), dtype=np.float32)
    grain -= rng.random((len(scene), SIDE, SIDE), dtype=np.float32)
    scene += grain * (t["noise"] * np.float32(2.45))  # a triangle's deviation is 1 / sqrt(6)
    scene *= 255
    scene += np.float32(0.5)
    return np.clip(scene, 0, 255, out=scene).astype(np.uint8)
