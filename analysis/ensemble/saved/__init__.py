"""A chosen ensemble as a folder of its own, which predicts without the sweep that it came from.

It knows how members are stored, rebuilt and combined, and must not know how they were chosen: it
reads no table of a sweep.
"""

from analysis.ensemble.saved.contents import Contents
from analysis.ensemble.saved.ensemble_folder import load, save
from analysis.ensemble.saved.saved_ensemble import SavedEnsemble

__all__ = ["Contents", "SavedEnsemble", "load", "save"]
