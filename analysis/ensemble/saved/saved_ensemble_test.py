import dataclasses

import keras
import numpy as np
import pytest

from analysis.ensemble import load
from analysis.ensemble.saved import save
from analysis.members import Weights, build
from orchestrator.errors import BadInput
from orchestrator.models.views import shown
from orchestrator.preprocess import VARIANTS
from results.store import Store


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory, contents_of, weights):
    store = Store(tmp_path_factory.mktemp("sweep"))
    save(store, contents_of("logit average", bb02="gamma", cc03="plane"), weights)
    return load(store.root)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_hand(contents, weights, images):
    """(m, n, k), each member asked by itself."""
    each = []
    for trial in contents.recipe.members:
        config = contents.configs[trial]
        model = build(config, (16, 16, 1), 3, Weights(weights[trial], trial))
        pixels = VARIANTS[config.preprocessing](images)
        each.append(softmax(np.asarray(model(pixels[..., None], training=False))))
    return np.stack(each)


def test_members_get_their_own_preprocessing(ensemble, weights, images):
    each = ensemble.member_probabilities(images)
    assert each.shape == (3, 7, 3)
    expected = by_hand(ensemble.contents, weights, images)
    np.testing.assert_allclose(each, expected, atol=2e-3)  # corrected images are float16
    plain = by_hand(ensemble.contents, weights, images)[0]
    np.testing.assert_allclose(each[0], plain, atol=1e-6)
    assert np.abs(each[1] - each[2]).max() > 0.1


def test_the_answer_is_the_recipe_s_calibrated(ensemble, images):
    answer = ensemble.predict(images)
    assert answer.dtype == np.float32
    assert answer.shape == (7, 3)
    np.testing.assert_allclose(answer.sum(axis=1), 1, rtol=1e-6)
    logs = np.tensordot([3 / 6, 2 / 6, 1 / 6], np.log(ensemble.member_probabilities(images)), 1)
    np.testing.assert_allclose(answer, softmax(logs / 1.7), rtol=1e-5)


def test_classes_members_and_names(ensemble, images):
    assert ensemble.classes == ("cross", "glad", "calm")
    assert ensemble.members == ("aa01", "bb02", "cc03")
    likeliest = ensemble.predict(images).argmax(axis=1)
    assert ensemble.names(images).tolist() == [ensemble.classes[i] for i in likeliest]
    assert len(set(likeliest)) > 1


def test_batches_and_a_last_axis_change_nothing(ensemble, images):
    at_once = ensemble.predict(images)
    np.testing.assert_allclose(ensemble.predict(images, batch=3), at_once, atol=1e-6)
    np.testing.assert_array_equal(ensemble.predict(images[..., None]), at_once)
    np.testing.assert_allclose(ensemble.predict(images[4:5]), at_once[4:5], atol=1e-6)
    assert ensemble.predict(images[:0]).shape == (0, 3)


def test_members_are_asked_about_the_views_of_their_configuration(
    tmp_path, contents_of, weights, images
):
    contents = contents_of()
    seen = {"aa01": "flip", "bb02": "ten_crop", "cc03": "one"}
    configs = {t: dataclasses.replace(contents.configs[t], views=v) for t, v in seen.items()}
    store = Store(tmp_path)
    save(store, dataclasses.replace(contents, configs=configs), weights)
    loaded = load(tmp_path)
    each, plain = loaded.member_probabilities(images), by_hand(contents, weights, images)
    mirrored = by_hand(contents, weights, images[:, :, ::-1])
    np.testing.assert_allclose(each[0], (plain[0] + mirrored[0]) / 2, atol=1e-5)
    pixels = images[..., None].astype(np.float32) / np.float32(255)
    model = loaded.models["bb02"]
    ten = [softmax(np.asarray(model(shown(p[None], "ten_crop")))).mean(axis=0) for p in pixels]
    np.testing.assert_allclose(each[1], ten, atol=1e-5)
    np.testing.assert_allclose(each[2], plain[2], atol=1e-5)
    assert np.abs(each[:2] - plain[:2]).max(axis=(1, 2)).min() > 0.01
    np.testing.assert_allclose(loaded.predict(images, batch=2), loaded.predict(images), atol=1e-6)
    assert loaded.export(tmp_path / "one.keras") is None
    exported = keras.saving.load_model(tmp_path / "one.keras", safe_mode=True)
    predicted = exported.predict(images, verbose=0, batch_size=3)
    np.testing.assert_allclose(predicted, loaded.predict(images), atol=1e-4)


def test_a_flip_averages_each_member_s_probabilities(ensemble, images):
    mirrored = images[:, :, ::-1]
    each = (ensemble.member_probabilities(images) + ensemble.member_probabilities(mirrored)) / 2
    expected = ensemble.contents.recipe.apply(each)
    answer = ensemble.predict(images, flip=True)
    np.testing.assert_allclose(answer, expected, atol=1e-6)
    np.testing.assert_allclose(ensemble.predict(mirrored, flip=True), answer, atol=1e-6)
    assert np.abs(answer - ensemble.predict(images)).max() > 1e-3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((2, 16, 16), np.float32), r"float32 \(2, 16, 16\).*multiply images in \[0, 1\]"),
        (np.zeros((2, 16, 16), np.int64), r"int64.*expected uint8 \(n, 16, 16\)"),
        (np.zeros((16, 16), np.uint8), r"uint8 \(16, 16\).*a single one as \(1, \.\.\.\)"),
        (np.zeros((2, 48, 48), np.uint8), r"\(2, 48, 48\); expected uint8 \(n, 16, 16\)"),
        (np.zeros((2, 16, 16, 3), np.uint8), r"\(2, 16, 16, 3\).*gray faces"),
    ],
)
def test_other_images_are_refused(ensemble, given, message):
    with pytest.raises(BadInput, match=message):
        ensemble.predict(given)
