"""Corrections of illumination: what the light probably did is estimated and taken away."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from orchestrator.preprocess.variant import intensities

SMOOTHNESS = 16.0
"""Weight lambda of the light's smoothness, in pixels squared: the light varies over 4 pixels, a
twelfth of a 48-pixel face. Ours: Shin et al. give none, and the 7 that is common for faces of 128
pixels erases cheeks and forehead here."""

EDGE = 0.2
"""Relative step between neighbours at which diffusion falls to one half: 20 %. Ours, by eye."""

STEPS, STEP = 5, 4.0
"""Diffusion's steps and their length in pixels squared; 5 x 4 smooth about as far as the
isotropic weight of 16. Ours."""

HALF_LEVEL = 0.5 / 255
"""Half a grey level: light below it is taken as that, so that black divides to 0."""

LIMIT = 3.0
"""Contrast is cut where a pixel is brighter than four times its light. Ours: of FER2013's training
images it touches one pixel in 100,000 after `isotropic`, none after `diffusion`."""


def plane(images: NDArray[Any]) -> NDArray[np.float32]:
    """Linear plane fitting: x minus its least-squares plane a row + b column + c. Mean 0.

    Yu & Zhang 2015 (ICMI, with histogram equalisation after it, which is left out here); before
    them Sung & Poggio 1998 (https://doi.org/10.1109/34.655648) for face detection. Takes away any
    light that grows steadily to one side and the mean brightness; invariant to adding any plane.
    Range [-1.6, 1.6], on FER2013 98 % within 0.5.
    """
    x = intensities(images).astype(np.float64)
    _, h, w = x.shape
    row = (np.arange(h) - (h - 1) / 2)[:, None]
    column = np.arange(w) - (w - 1) / 2
    # centred and on a full grid, the three basis functions are orthogonal: three projections
    for basis in (np.ones((h, w)), row * np.ones(w), column * np.ones((h, 1))):
        energy = np.square(basis).sum()
        if energy:
            x -= (x * basis).sum(axis=(1, 2), keepdims=True) / energy * basis
    return x.astype(np.float32)


def isotropic(
    images: NDArray[Any],
    *,
    smoothness: float = SMOOTHNESS,
    floor: float = HALF_LEVEL,
    limit: float = LIMIT,
) -> NDArray[np.float32]:
    """Isotropic smoothing: contrast to a smooth light, x / L - 1. Range [-1, 3], around 0.

    L minimises sum (L - x)^2 + smoothness |grad L|^2 (Heusch, Cardinaux & Marcel 2005, IDIAP-Com
    05-03, after Gross & Brajovic 2003; for expressions Shin, Kim & Kwon 2016), that is
    (1 - smoothness Laplacian) L = x with no flow through the border. The cosine transform solves
    this exactly. Invariant to doubling the light wherever L is above half a grey level. We return
    the reflectance R = x / L as Weber's contrast R - 1: 0 is as bright as the surroundings, -1
    black. Images of one grey level become 0, a black one -1.
    """
    x = intensities(images)
    return _contrast(x, _smooth_light(x, smoothness), floor, limit)


def diffusion(
    images: NDArray[Any],
    *,
    edge: float = EDGE,
    steps: int = STEPS,
    step: float = STEP,
    floor: float = HALF_LEVEL,
    limit: float = LIMIT,
) -> NDArray[np.float32]:
    """Diffusion-based normalisation: contrast to a light with edges, x / L - 1. Range [-1, 3].

    As `isotropic`, but L follows sharp borders of shadows (Gross & Brajovic 2003, AVBPA; for
    expressions Shin, Kim & Kwon 2016), which leaves fewer halos beside them. L is x after
    non-linear diffusion (Perona & Malik 1990, https://doi.org/10.1109/34.56205, with 1 / (1 + (s /
    edge)^2), their equation for wide regions) in semi-implicit steps of additive operator splitting
    (Weickert, ter Haar Romeny & Viergever 1998, https://doi.org/10.1109/83.661190). The edge
    strength s is Weber's, the difference of two neighbours over their mean, as in Gross & Brajovic;
    they solve one linear system with it, we a few diffusion steps. Invariant to doubling the light.
    Images of one grey level become 0, a black one -1.
    """
    x = intensities(images)
    light = x
    for _ in range(steps):
        light = _diffused(light, np.float32(edge), np.float32(step))
    return _contrast(x, light, floor, limit)


def _contrast(
    x: NDArray[np.float32], light: NDArray[Any], floor: float, limit: float
) -> NDArray[np.float32]:
    return np.clip(x / np.maximum(light, floor) - 1, -1, limit).astype(np.float32)


def _smooth_light(x: NDArray[np.float32], smoothness: float) -> NDArray[np.float64]:
    # in double precision: the division by L would lift float32's rounding into dark pixels
    _, h, w = x.shape
    rows, columns = (2 - 2 * np.cos(np.pi * np.arange(side) / side) for side in (h, w))
    spectrum = dctn(x.astype(np.float64), axes=(1, 2), norm="ortho")
    spectrum /= 1 + smoothness * (rows[:, None] + columns)
    return idctn(spectrum, axes=(1, 2), norm="ortho")


def _diffused(
    light: NDArray[np.float32], edge: np.float32, step: np.float32
) -> NDArray[np.float32]:
    halves = []
    for axis in (1, 2):
        # the axis first: each of its positions is then one contiguous block over all images
        lines = np.ascontiguousarray(np.moveaxis(light, axis, 0))
        flow = 2 * step * _conductivity(lines, edge)
        halves.append(np.moveaxis(_implicit_step(lines, flow), 0, axis))
    return (halves[0] + halves[1]) * np.float32(0.5)


def _conductivity(lines: NDArray[np.float32], edge: np.float32) -> NDArray[np.float32]:
    difference = lines[1:] - lines[:-1]
    mean = np.maximum((lines[1:] + lines[:-1]) * np.float32(0.5), np.float32(1e-6))
    return np.reciprocal(1 + np.square(difference / (edge * mean)))


def _implicit_step(lines: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Solves one tridiagonal system a line by elimination, all lines at once.

    Args:
        lines: (h, ...) the right-hand sides, along the first axis.
        flow: (h - 1, ...) conductivity times step between neighbours.

    Returns:
        (h, ...) v with v_i - flow_i (v_i+1 - v_i) + flow_i-1 (v_i - v_i-1) = lines_i. The system
        is diagonally dominant, so that v stays within the extremes of its line.
    """
    v = lines.copy()
    diagonal = np.ones_like(lines)
    diagonal[:-1] += flow
    diagonal[1:] += flow
    for i in range(1, len(v)):
        share = flow[i - 1] / diagonal[i - 1]
        diagonal[i] -= share * flow[i - 1]
        v[i] += share * v[i - 1]
    v[-1] /= diagonal[-1]
    for i in range(len(v) - 2, -1, -1):
        v[i] = (v[i] + flow[i] * v[i + 1]) / diagonal[i]
    return v
