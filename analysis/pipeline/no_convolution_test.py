"""A net without convolutions: it is explained by its pixels, and the rest is left out aloud.

No net of the catalogue is one; a builder that is added to it may make one.
"""

import keras
import numpy as np
import pytest
from keras import layers

from analysis.comparison.testing import MadeUpFolder, wrong_at
from analysis.explain.network import Network
from analysis.pipeline.context import TaskContext
from analysis.pipeline.explain import ExplainImages, explain_images
from analysis.pipeline.gather_maps import MISSING_METHODS
from analysis.pipeline.visualise_features import (
    LearnedFeatures,
    VisualiseFeatures,
    visualise_features,
)
from orchestrator.data.cache.open_faces import open_faces

TRIAL = "0a"
ROWS = np.array([0, 3])


@pytest.fixture
def context(tmp_path, monkeypatch):
    """A finished sweep whose one net has no convolution."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    splits = open_faces(None, embedded=140, cache=tmp_path / "cache")
    MadeUpFolder(tmp_path / "s", splits).add(TRIAL, wrong_at(splits, [0])).written()
    inputs = keras.Input((*splits.validation.images.shape[1:], 1))
    outputs = layers.Dense(len(splits.classes))(layers.Flatten()(inputs))
    context = TaskContext(str(tmp_path / "s"))
    context._networks[TRIAL] = Network(keras.Model(inputs, outputs, name="plain"))
    return context


def test_cam_methods_are_left_out_with_the_reason_and_the_others_answer(context):
    labels = context.splits.validation.labels[ROWS].astype(np.uint8)
    methods = ("gradcam", "gradient")
    task = ExplainImages(TRIAL, "digest", "validation", ROWS, labels, methods, False)
    maps = explain_images(context, task)
    assert set(maps["method"].to_pylist()) == {"gradient"}
    assert len(maps) == len(ROWS)
    reason = maps.schema.metadata[MISSING_METHODS].decode()
    assert "no convolution" in reason
    assert "ask for gradient" in reason


def test_there_is_nothing_to_see_of_what_it_has_learned_and_why(context):
    task = VisualiseFeatures(TRIAL, "digest", "validation", ROWS, full=True, ideals=False)
    learned = LearnedFeatures.from_bytes(visualise_features(context, task))
    assert learned.skipped == "plain has no convolution, so there are no filters to show"
    assert learned.kernel is None
