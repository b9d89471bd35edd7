"""From stored probabilities to an ensemble: chosen, measured, saved, loaded.

Choosing and measuring are arrays and tables alone, (m, n, k) probabilities in, and know no
framework; only `saved` loads Keras. Nothing here knows of explanations, pictures or the page.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.ensemble.saved import SavedEnsemble

__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> "SavedEnsemble":
    """A saved ensemble, ready to predict; see `analysis.ensemble.saved.load`."""
    # Here, so that those who only choose and measure need no Keras.
    from analysis.ensemble import saved

    return saved.load(path)
