"""Illumination corrections and other deterministic preprocessing: VARIANTS.

Knows arrays and the file that it stores them in, but no data set, no model and no trial.
"""

from orchestrator.preprocess.contrast import difference_of_gaussians, standardise
from orchestrator.preprocess.exposure import clahe, gamma, histogram, plain
from orchestrator.preprocess.illumination import diffusion, isotropic, plane
from orchestrator.preprocess.variant import Variant

__all__ = ["VARIANTS", "Variant"]

VARIANTS: dict[str, Variant] = {
    "plain": Variant(plain, bounds=(0, 1)),
    "standardise": Variant(standardise, bounds=(-10, 10)),
    "histogram": Variant(histogram, bounds=(0, 1)),
    "clahe": Variant(clahe, bounds=(0, 1)),
    "plane": Variant(plane, bounds=(-1.6, 1.6)),
    "isotropic": Variant(isotropic, bounds=(-1, 3)),
    "diffusion": Variant(diffusion, bounds=(-1, 3)),
    "dog": Variant(difference_of_gaussians, bounds=(-10, 10)),
    "gamma": Variant(gamma, bounds=(0, 1)),
}
"""Name -> correction: (n, h, w) uint8 or float32 in [0, 1] -> (n, h, w) float32.

A new one is a function beside the others and a line here; its name also goes into
`results.settings`. Row i of a result depends on image i alone.
"""
