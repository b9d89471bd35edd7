"""The parts that carry expressions, each bent by its action units: brows, eyes, nose, mouth."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.synthetic.expressions import REGIONS, Units
from orchestrator.data.synthetic.head import Canvas
from orchestrator.data.synthetic.strokes import Floats, bump, cover, darken, paint
from orchestrator.data.synthetic.traits import Traits

MARGIN = 0.06
"""By how much a region reaches beyond the part as drawn: about one and a half pixels."""


def _claim(canvas: Canvas, inside: NDArray[np.bool_], region: str) -> None:
    canvas.regions[inside] = REGIONS.index(region)


def nose(canvas: Canvas, t: Traits, units: Units) -> None:
    """Nostrils, wings, and the wrinkles of AU 9 across the root."""
    u, v, side, picture = canvas.u, canvas.v, canvas.side, canvas.albedo
    wrinkled = units[9]
    base = t["nose_base"] - 0.06 * wrinkled
    width = t["nose_width"] * (1 + 0.25 * wrinkled)
    nostril = bump(((side - 0.55 * width) / 0.055) ** 2 + ((v - base) / 0.045) ** 2)
    darken(picture, 0.6 * nostril)
    wing = bump(((side - width) / 0.045) ** 2 + ((v - base + 0.045) / 0.085) ** 2)
    darken(picture, (0.22 + 0.3 * wrinkled) * wing)
    bridge = bump((u / 0.07) ** 2 + ((v - base + 0.20) / 0.3) ** 2)
    picture += 0.10 * bridge * (1 - picture)
    root = t["eye_height"] + 0.06
    # Three parallel creases: distance to the nearest of them.
    down = v - root + 0.35 * side
    nearest = np.minimum(np.minimum(np.abs(down), np.abs(down - 0.085)), np.abs(down - 0.17))
    crease = cover(np.maximum(nearest - 0.014, side - 0.15))
    darken(picture, 0.70 * np.minimum(wrinkled, 1) * crease)
    top = t["eye_height"] - 0.03
    reach = 0.12 + (width - 0.10) * np.clip((v - top) / (base - top), 0, 1)
    inside = (v > top) & (v < base + 0.05 + MARGIN) & (side < reach + MARGIN)
    _claim(canvas, inside, "nose")


def brows(canvas: Canvas, t: Traits, units: Units) -> None:
    """Two strokes: AU 1 lifts their inner ends, 2 the outer ones, 4 lowers and draws together."""
    v, side, picture = canvas.v, canvas.side, canvas.albedo
    frown = units[4] + 0.15 * units[9]
    inner = t["brow_inner"] - 0.05 * frown
    along = np.clip((side - inner) / (t["brow_outer"] - inner), -0.3, 1.3)
    rest = t["brow_height"] - t["brow_arch"] * 4 * along * (1 - along)
    ends = 1 - along
    lift = 0.150 * units[1] * ends * ends + 0.135 * units[2] * along * (1.35 - 0.5 * along)
    line = rest + t["brow_slope"] * (0.5 - along) - lift
    line += frown * (0.035 + 0.085 * ends) * (1 - 0.55 * np.minimum(units[1], 1))
    thickness = t["brow_thickness"] * (1.1 - 0.6 * along)
    away = np.abs(v - line) - thickness
    span = np.maximum(inner - side, side - t["brow_outer"])
    hair = cover(np.maximum(away, span))
    paint(picture, hair, t["skin"] * t["brow_tone"] * 0.8)
    # Corrugator furrows: upright creases between the brows.
    furrow = bump(((side - 0.065) / 0.05) ** 2 + ((v - t["brow_height"] - 0.05) / 0.14) ** 2)
    darken(picture, 0.5 * np.minimum(units[4], 1) * furrow)
    inside = (away < MARGIN) & (span < MARGIN)
    inside |= (side < inner) & (np.abs(v - t["brow_height"] - 0.05) < 0.14)
    _claim(canvas, inside, "brows")


def eyes(canvas: Canvas, t: Traits, units: Units) -> None:
    """Lids, white and iris: AU 5 opens, 7 narrows, 6 pushes the lower lid up with crow's feet."""
    v, side, picture = canvas.v, canvas.side, canvas.albedo
    x = (side - t["eye_distance"]) / t["eye_width"]
    bow = 1 - x * x
    open_ = t["eye_opening"]
    squint = units[7] + 0.3 * units[9]
    upper = open_ * np.maximum(1 + 0.85 * units[5] - 0.42 * squint - 0.22 * units[6], 0.15)
    lower = 0.75 * open_ * np.maximum(1 + 0.3 * units[5] - 0.75 * squint - 0.85 * units[6], 0.02)
    middle = t["eye_height"] - t["eye_tilt"] * x
    above, below = middle - upper * bow - v, v - middle - lower * bow
    ball = cover(np.maximum(above, below)) * (bow > 0)
    paint(picture, ball, 0.55 + 0.4 * t["skin"])
    apart_u = side - t["eye_distance"] - t["gaze_u"] * np.where(canvas.u > 0, 1, -1)
    apart_v = v - t["eye_height"] - t["gaze_v"] + 0.01
    square = (apart_u * apart_u + apart_v * apart_v) * (1 / 0.085**2)
    paint(picture, ball * cover(square - 1, 0.8), t["iris"])
    near = bow > -0.25
    lash = cover(np.abs(above) - 0.012) * near
    darken(picture, t["lashes"] * lash)
    darken(picture, (0.12 + 0.35 * squint) * cover(np.abs(below) - 0.010) * near)
    crease = cover(np.abs(above - 0.055) - 0.008) * near
    darken(picture, np.maximum(0.28 - 0.2 * units[5], 0) * crease)
    # The raised cheek folds the skin under the eye and outside its corner.
    bag = cover(np.abs(below - 0.075) - 0.012) * (bow > -0.5)
    darken(picture, (0.1 * t["age"] + 0.38 * units[6] + 0.15 * units[7]) * bag)
    corner = side - t["eye_distance"] - t["eye_width"]
    fan = v - t["eye_height"]
    feet = cover(np.abs(np.abs(fan) - 0.45 * corner - 0.02) - 0.010)
    feet *= (corner > 0) & (corner < 0.12)
    darken(picture, 0.4 * units[6] * feet)
    inside = (above < 0.055 + MARGIN) & (below < 0.075 + MARGIN) & (bow > -0.7)
    inside |= (corner > 0) & (corner < 0.14) & (np.abs(fan) < 0.11)
    _claim(canvas, inside, "eyes")


def mouth(canvas: Canvas, t: Traits, units: Units) -> None:
    """Lips, teeth and folds.

    AU 12 draws the corners up and out, 15 down, 20 straight out; 10 lifts the upper lip, 17 the
    lower one; 23 thins both; 25 and 26 open.
    """
    v, side, picture = canvas.v, canvas.side, canvas.albedo
    width = t["mouth_width"] * (
        1 + 0.30 * units[12] + 0.30 * units[20] - 0.16 * units[23] - 0.20 * units[26]
    )
    x = side / width
    square = np.minimum(x * x, 1.6)
    bow = 1 - square
    lift = 0.135 * units[12] - 0.125 * units[15] - 0.025 * units[20] + t["mouth_curve"]
    level = t["mouth_height"] + 0.035 * units[12] - 0.03 * units[17] - 0.025 * units[10]
    middle = level - lift * square
    gap = 0.055 * units[25] + 0.185 * units[26]
    jaw = np.minimum(units[26], 1)
    arch = bow + jaw * (np.sqrt(np.maximum(bow, 0), dtype=np.float32) - bow)
    top = middle - ((0.35 + 0.20 * jaw) * gap + 0.035 * units[10]) * arch
    bottom = middle + np.maximum(0.85 * gap - 0.02 * units[17], 0) * arch
    thin = np.maximum(1 - 0.62 * units[23] - 0.15 * units[12] - 0.12 * units[20], 0.2)
    crown = top - t["upper_lip"] * thin * (1 - 0.25 * units[15]) * bow
    rim = bottom + t["lower_lip"] * thin * (1 + 0.25 * units[17]) * bow
    within = side - width
    lips = cover(np.maximum(np.maximum(crown - v, v - rim), within))
    paint(picture, lips, t["skin"] * t["lip_tone"])
    parted = np.clip(gap * 22, 0, 1)
    hole = cover(np.maximum(np.maximum(top - v, v - bottom), within))
    paint(picture, hole * parted, 0.10)
    bared = np.clip(1.2 * units[12] + 0.9 * units[20] + 0.8 * units[10] + 0.5 * units[23], 0, 1)
    teeth = cover(np.maximum(np.maximum(top - v, v - top - 0.10 * bow), within + 0.05))
    paint(picture, teeth * hole * (parted * bared), 0.92)
    seam = cover(np.maximum(np.abs(v - middle) - 0.014, within))
    darken(picture, 0.55 * (1 - 0.8 * parted) * seam)
    pit = bump(((side - width) / 0.05) ** 2 + ((v - level + lift) / 0.05) ** 2)
    darken(picture, (0.20 + 0.35 * np.minimum(units[12] + units[15], 1)) * pit)
    under = bump((x / 0.9) ** 2 + ((v - rim - 0.06) / 0.055) ** 2)
    darken(picture, (0.16 + 0.28 * units[17]) * under)
    _folds(canvas, t, units, width)
    reach = 1 - (side / (width + MARGIN)) ** 2
    _claim(canvas, (v > crown - MARGIN) & (v < rim + MARGIN) & (reach > 0), "mouth")


def _folds(canvas: Canvas, t: Traits, units: Units, width: Floats) -> None:
    """Creases from the nose's wings round the mouth: AU 12 bows them, AU 9 and 10 deepen them."""
    top, bottom = t["nose_base"] - 0.02, t["mouth_height"] - 0.04
    along = (canvas.v - top) / (bottom - top)
    start, end = t["nose_width"] + 0.05, width + 0.06
    line = start + (end - start) * along + 0.25 * units[12] * along * (1 - along)
    crease = cover(np.abs(canvas.side - line) - 0.012) * ((along > 0) & (along < 1))
    depth = 0.35 * t["age"] + 0.22 * units[12] + 0.22 * (units[9] + units[10])
    darken(canvas.albedo, np.minimum(depth, 0.4) * crease)


PARTS: dict[Callable[[Canvas, Traits, Units], None], tuple[float, float]] = {
    nose: (-0.40, 0.45),
    eyes: (-0.50, 0.10),
    brows: (-1.00, 0.00),
    mouth: (0.05, 1.25),
}
"""Every part in the order of drawing -> from which v to which it can possibly reach."""
