import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from analysis.ensemble import load
from analysis.ensemble.combine import COMBINERS
from analysis.ensemble.saved import save
from orchestrator.errors import BadInput
from results.store import Store

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def saved(tmp_path, weights):
    def save_and_load(contents):
        save(Store(tmp_path / "sweep"), contents, weights)
        return load(tmp_path / "sweep")

    return save_and_load


@pytest.mark.parametrize("combiner", COMBINERS)
def test_one_keras_model_says_the_same(saved, contents_of, images, tmp_path, combiner):
    ensemble = saved(contents_of(combiner))
    assert ensemble.export(tmp_path / "whole.keras") is None
    assert [f.name for f in tmp_path.iterdir() if f.is_file()] == ["whole.keras"]
    model = keras.saving.load_model(tmp_path / "whole.keras", safe_mode=True)
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
    expected = ensemble.predict(images)
    predicted = model.predict(images[..., None].astype(np.float32), verbose=0)
    np.testing.assert_allclose(predicted, expected, atol=1e-4)
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, atol=1e-4)
    # after which the ensemble itself is as it was
    np.testing.assert_array_equal(ensemble.predict(images), expected)


def test_a_single_member_does(saved, contents_of, images, tmp_path):
    ensemble = saved(contents_of(members=("bb02",)))
    assert ensemble.export(tmp_path / "whole.keras") is None
    model = keras.saving.load_model(tmp_path / "whole.keras")
    predicted = model.predict(images, verbose=0)
    np.testing.assert_allclose(predicted, ensemble.predict(images), atol=1e-4)


def test_preprocessing_outside_keras_cannot_be_exported(saved, contents_of, tmp_path):
    reason = saved(contents_of(cc03="clahe")).export(tmp_path / "whole.keras")
    assert reason == "member cc03 is preprocessed by clahe, which runs outside Keras"
    assert not (tmp_path / "whole.keras").exists()


@pytest.mark.parametrize(
    ("name", "message"), [("whole.h5", "ends in .keras"), ("no/whole.keras", "no folder")]
)
def test_a_place_that_cannot_be_is_refused(saved, contents_of, tmp_path, name, message):
    with pytest.raises(BadInput, match=message):
        saved(contents_of()).export(tmp_path / name)


@pytest.mark.slow
def test_another_process_needs_our_layers_alone(saved, contents_of, images, tmp_path):
    ensemble = saved(contents_of())
    ensemble.export(tmp_path / "whole.keras")
    np.save(tmp_path / "images.npy", images)
    script = (
        "import sys, keras, numpy as np, orchestrator.models.catalogue\n"
        f"model = keras.saving.load_model({str(tmp_path / 'whole.keras')!r}, safe_mode=True)\n"
        f"np.save({str(tmp_path / 'predicted.npy')!r}, "
        f"model.predict(np.load({str(tmp_path / 'images.npy')!r}), verbose=0))\n"
        # The package itself is pinned, a docstring (`own_packages.pin`); nothing in it is loaded.
        "assert not [name for name in sys.modules if name.startswith('analysis.')]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY, capture_output=True)
    predicted = np.load(tmp_path / "predicted.npy")
    np.testing.assert_allclose(predicted, ensemble.predict(images), atol=1e-4)
