import dataclasses

import numpy as np
import pytest

from analysis.ensemble import load
from analysis.ensemble.combine import EnsembleRecipe
from analysis.ensemble.saved import Contents, save
from analysis.pipeline.context import TaskContext
from analysis.pipeline.real_sweep import QUICK, small_sweep
from orchestrator.testing.stand_ins import tiny
from results.paths import Paths
from results.store import Store

LEARNT = QUICK | {"architecture": "CPFF", "epochs": 4, "seed": 1}
CONFIGS = [
    tiny(**LEARNT),
    tiny(**LEARNT, views="ten_crop"),
    tiny(**LEARNT, views="flip", preprocessing="histogram"),
]


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """Three trained nets; the second is the first one, asked about ten views."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATOR_CACHE", str(cache))
        yield TaskContext(str(small_sweep(tmp_path_factory.mktemp("results"), cache, CONFIGS).root))


def trials(context):
    data = context.splits.digest
    return [dataclasses.replace(config, data=data).signature() for config in CONFIGS]


def test_what_the_sweep_stored_of_a_trial_is_what_its_net_answers_over_its_views(context):
    rows = np.arange(len(context.faces("validation")))
    stored = []
    for trial in trials(context):
        stored.append(context.stored_probabilities(trial, "validation"))
        answered = context.probabilities(trial, "validation", rows)
        np.testing.assert_allclose(stored[-1], answered, atol=2e-3)  # stored in float16
    assert np.abs(stored[0] - stored[1]).max() > 0.02


def test_a_saved_ensemble_answers_as_the_sweep_did(context, tmp_path):
    members = tuple(trials(context))
    recipe = EnsembleRecipe(members, (1 / 3,) * 3, "soft vote", 1.0)
    faces = np.asarray(context.faces("validation").images[:20])
    configs = {trial: context.folder.config(trial) for trial in members}
    classes, size = context.splits.classes, faces.shape[1:]
    weights = {t: context.store.read_bytes(Paths().weight(t)) for t in members}
    store = Store(tmp_path)
    save(store, Contents(recipe, configs, classes, size, "d", {}), weights)
    answers = load(tmp_path).predict(faces)
    expected = context.ensemble(recipe)(faces.astype(np.float32) / np.float32(255))
    np.testing.assert_allclose(answers, expected, atol=1e-5)
    stored = [context.stored_probabilities(t, "validation")[:20] for t in members]
    np.testing.assert_allclose(answers, np.mean(stored, axis=0), atol=2e-3)
