"""The head without its features: where each pixel lies on it, its outline, hair, beard, relief."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.faces import SIDE
from orchestrator.data.synthetic.expressions import Units
from orchestrator.data.synthetic.strokes import EDGE, Floats, bump, cover, darken, paint
from orchestrator.data.synthetic.traits import Traits

_AXIS = ((np.arange(SIDE, dtype=np.float32) + np.float32(0.5)) / (SIDE / 2) - 1).astype(np.float32)
GRID_U, GRID_V = _AXIS[None, None, :], _AXIS[None, :, None]
"""Pixel centres of the picture, -1 to 1, (1, 1, w) and (1, h, 1)."""


@dataclass(frozen=True)
class Canvas:
    """Faces being drawn, n at a time.

    Attributes:
        u: (n, h, w) across the face from its middle; half the picture's side is 1 at scale 1.
        v: (n, h, w) down the face; eyes near -0.2, mouth near 0.5, chin near 1.
        side: (n, h, w) absolute value of u, for parts that come in pairs.
        albedo: (n, h, w) share of the light that is reflected, painted in place.
        regions: (n, h, w) uint8 indices into REGIONS, filled in place.
    """

    u: Floats
    v: Floats
    side: Floats
    albedo: Floats
    regions: NDArray[np.uint8]

    def band(self, top: float, bottom: float) -> "Canvas":
        """The picture's rows, as views, where any face may have a v between these."""
        highest, lowest = self.v.min(axis=(0, 2)), self.v.max(axis=(0, 2))
        inside = np.flatnonzero((lowest >= top) & (highest <= bottom))
        rows = np.s_[:, inside[0] : inside[-1] + 1]
        return Canvas(
            self.u[rows], self.v[rows], self.side[rows], self.albedo[rows], self.regions[rows]
        )


def place(traits: Traits) -> Canvas:
    """An empty canvas whose pixels know where on the face they lie, given the head's pose."""
    t = traits
    half = t["roll"]
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    x, y = (GRID_U - t["shift_u"]) / t["scale"], (GRID_V - t["shift_v"]) / t["scale"]
    u, v = cosine * x + sine * y, cosine * y - sine * x
    # The middle of a round head comes forward: when it turns, it moves more than the rim does.
    depth = np.sqrt(np.maximum(1 - 1.2 * u * u - 0.7 * v * v, 0), dtype=np.float32)
    u -= t["yaw"] * depth
    v -= t["pitch"] * depth
    return Canvas(u, v, np.abs(u), np.empty_like(u), np.zeros(u.shape, np.uint8))


def outline(canvas: Canvas, t: Traits, units: Units) -> tuple[Floats, Floats]:
    """Paints background, hair, neck and skin.

    Returns:
        Coverage of the face, and its relief: (n, h, w) squared distance from the middle of the
        face in units of its half axes, 1 at the rim.
    """
    u, v, picture = canvas.u, canvas.v, canvas.albedo
    picture[:] = t["background"] + t["background_slope_u"] * GRID_U
    picture += t["background_slope_v"] * GRID_V
    np.clip(picture, 0.03, 1, out=picture)
    chin = t["face_height"] + 0.10 * units[26] - 0.02 * units[17]
    width = t["face_width"] * (1 - t["taper"] * np.maximum(v, 0) * (v > 0))
    across = (u / width) ** 2
    down = np.where(v > 0, v / chin, v / t["face_height"])
    rim = across + down * down
    volume = t["hair_volume"] ** 2
    locks = cover((rim - volume) * 0.4)
    locks *= cover(v - t["hair_length"], 0.2)
    paint(picture, locks, t["hair"])
    neck = cover(canvas.side - 0.55 * t["face_width"]) * cover(0.5 - v)
    paint(picture, neck, t["skin"] * 0.72)
    paint(picture, cover(1.12 + 0.12 * t["parting"] - 0.25 * canvas.side - v), t["lapel"])
    face = cover((rim - 1) * (0.45 * t["face_width"]))
    paint(picture, face, t["skin"])
    return face, rim


def fringe(canvas: Canvas, t: Traits, face: Floats) -> None:
    """Hair over the forehead, parted somewhere."""
    aside = canvas.u - t["parting"]
    line = t["hairline"] + 0.30 * canvas.side * canvas.side + 0.08 * aside * aside
    paint(canvas.albedo, cover(canvas.v - line, 0.12) * face, t["hair"])


def beard(canvas: Canvas, t: Traits, face: Floats) -> None:
    """Stubble to full beard on the lower face, and a moustache."""
    below = canvas.v - t["nose_base"]
    chin = cover(0.12 + 0.5 * (0.7 - canvas.side) - below, 0.25) * face
    darken(canvas.albedo, chin * (np.maximum(t["beard"], 0) * (1 - t["hair"])))
    lip = bump((canvas.u / 0.30) ** 2 + ((below - 0.15) / 0.10) ** 2)
    darken(canvas.albedo, lip * (np.maximum(t["moustache"], 0) * (1 - t["hair"])))


def glasses(canvas: Canvas, t: Traits) -> None:
    """Thin dark frames around both eyes, joined over the nose."""
    if not (t["glasses"] > 0).any():
        return
    x, y = canvas.side - t["eye_distance"], canvas.v - t["eye_height"] - 0.02
    radius = np.sqrt(x * x + 1.3 * y * y, dtype=np.float32)
    frame = cover(np.abs(radius - t["glasses_radius"]) - 0.016)
    bridge = cover(np.abs(y + 0.03) - 0.016) * cover(canvas.side + EDGE - 0.2)
    darken(canvas.albedo, np.maximum(frame, bridge) * np.maximum(t["glasses"], 0))
