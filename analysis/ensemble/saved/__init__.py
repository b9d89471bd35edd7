"""A chosen ensemble as a folder of its own, which predicts without the sweep that it came from."""

from analysis.ensemble.saved.contents import Contents
from analysis.ensemble.saved.folder import load, save
from analysis.ensemble.saved.predict import SavedEnsemble

__all__ = ["Contents", "SavedEnsemble", "load", "save"]
