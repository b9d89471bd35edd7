"""A chosen ensemble as a folder of its own, which predicts without the sweep that it came from."""

from analysis.ensemble.saved.contents import Contents
from analysis.ensemble.saved.ensemble_folder import load, save
from analysis.ensemble.saved.saved_ensemble import SavedEnsemble

__all__ = ["Contents", "SavedEnsemble", "load", "save"]
