import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.evaluation import faithfulness
from analysis.explain.evaluation.faithfulness import (
    REFERENCES,
    STEPS,
    Subject,
    ablate,
    area,
    average_drop,
    judge,
    probabilities,
    subject,
)
from analysis.explain.evaluation.randomised import likeness, randomised
from analysis.explain.maps import Maps, resize
from analysis.explain.methods import gradient, hirescam, integrated, names, scorecam
from analysis.explain.methods.catalogue import METHODS
from analysis.explain.methods.gradient_test import convolutional
from analysis.explain.network import Network
from analysis.explain.targets import directions
from results.schema import FAITHFULNESS

COLUMNS = ("deletion", "insertion", "drop", "increase", "stability", "randomised", "gap")


def light_in_the_corner(images):
    """Probability of class 0: how bright the upper left quarter is, 0 to 1."""
    lit = images[:, : images.shape[1] // 2, : images.shape[2] // 2].mean(axis=(1, 2))
    return np.stack([lit, 1 - lit], axis=1)


def corner_lit(n=1, side=20):
    images = np.zeros((n, side, side), np.float32)
    images[:, : side // 2, : side // 2] = 1
    return images


def quarter(row, column):
    marks = np.zeros((1, 2, 2), np.float32)
    marks[0, row, column] = 1
    return marks.repeat(10, axis=1).repeat(10, axis=2)


# --- deletion and insertion -------------------------------------------------------------------


def test_taking_away_the_right_quarter_takes_the_probability_with_it_evenly():
    curves, _ = ablate(light_in_the_corner, corner_lit(), [0], quarter(0, 0), "zero")
    np.testing.assert_allclose(curves.deletion[0], np.linspace(1, 0, STEPS + 1), atol=1e-6)
    np.testing.assert_allclose(curves.insertion[0], np.linspace(0, 1, STEPS + 1), atol=1e-6)
    assert area(curves.deletion) == pytest.approx([0.5])


def test_the_wrong_quarter_takes_and_brings_nothing():
    curves, masked = ablate(light_in_the_corner, corner_lit(), [0], quarter(1, 1), "zero")
    np.testing.assert_array_equal(curves.deletion, np.ones((1, STEPS + 1), np.float32))
    np.testing.assert_array_equal(curves.insertion, np.zeros((1, STEPS + 1), np.float32))
    assert masked == [0]


def test_the_other_classs_probability_is_followed_where_it_is_the_target():
    curves, _ = ablate(light_in_the_corner, corner_lit(), [1], quarter(0, 0), "zero")
    np.testing.assert_allclose(curves.deletion[0], np.linspace(0, 1, STEPS + 1), atol=1e-6)


def test_most_marked_pixels_go_first():
    marks = np.zeros((1, 20, 20), np.float32)
    marks[0, :10, :10] = np.arange(100).reshape(10, 10) / 100 + 0.5
    images = corner_lit()
    images[0, :10, :10] = np.arange(100).reshape(10, 10) / 99  # the most marked are the brightest
    curves, _ = ablate(light_in_the_corner, images, [0], marks, "zero")
    lost = -np.diff(curves.deletion[0])
    assert (np.diff(lost) < 0).all()
    np.testing.assert_allclose(lost[0], np.arange(90, 100).sum() / 99 / 100, rtol=1e-5)


def test_unmarked_pixels_go_in_no_order_so_that_a_zero_map_is_a_random_one():
    images = corner_lit()
    curves, masked = ablate(light_in_the_corner, images, [0], np.zeros((1, 6, 6)), "zero")
    # a quarter of all pixels, and so about a quarter of those that count
    assert curves.deletion[0, -1] == pytest.approx(0.75, abs=0.1)
    assert curves.insertion[0, -1] == pytest.approx(0.25, abs=0.1)
    assert masked == [0]


def test_area_is_the_mean_height_by_trapezoids():
    assert area([[1, 0.5, 0]]) == pytest.approx([0.5])
    assert area([[1, 0, 0, 0]]) == pytest.approx([1 / 6])
    assert area([[0.3] * 11]) == pytest.approx([0.3])


def test_an_image_is_judged_the_same_in_any_company(monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (9, 16, 16), dtype=np.uint8)
    maps, targets = rng.random((9, 4, 4), np.float32), rng.integers(0, 4, 9)
    predict = probabilities(Network(convolutional()))
    curves, masked = ablate(predict, images, targets, maps)
    assert curves.deletion.shape == curves.insertion.shape == (9, STEPS + 1)
    one, one_masked = ablate(predict, images[[6]], targets[[6]], maps[[6]])
    np.testing.assert_allclose(one.deletion[0], curves.deletion[6], atol=1e-5)
    np.testing.assert_allclose(one_masked, masked[[6]], atol=1e-5)
    monkeypatch.setattr(faithfulness, "AT_ONCE", 50)  # two images at a time
    sizes = []

    def counted(some):
        sizes.append(len(some))
        return predict(some)

    pieces, _ = ablate(counted, images, targets, maps)
    np.testing.assert_allclose(pieces.insertion, curves.insertion, atol=1e-5)
    assert max(sizes) == 2 * (2 * STEPS + 3)


# --- average drop -----------------------------------------------------------------------------


def test_average_drop_by_hand():
    drop, increase = average_drop([0.8, 0.9, 0.5, 0.0], [0.6, 1.0, 0.5, 0.0])
    np.testing.assert_allclose(drop, [0.25, 0, 0, 0], atol=1e-6)
    assert increase.tolist() == [False, True, False, False]


def test_an_image_is_seen_through_its_map():
    """Image times map plus baseline times the rest, on four pixels."""
    image = np.float32([[[1.0, 0.5], [0.25, 0.75]]])
    marks = np.float32([[[2, 1], [0, -1]]])  # maximum 1 after normalising: 1, 0.5, 0, 0
    seen = []

    def predict(some):
        seen.append(some)
        return np.full((len(some), 2), 0.5)

    ablate(predict, image, [0], marks, "mean")
    mean = 0.625
    through = [[1.0, 0.5 * 0.5 + 0.5 * mean], [mean, mean]]
    np.testing.assert_allclose(seen[0][-1], through, rtol=1e-6)


# --- the row of an image ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked():
    images = np.random.default_rng(1).integers(0, 256, (3, 16, 16), dtype=np.uint8)
    return Network(convolutional()), images, np.array([0, 3, 1])


def test_a_row_has_every_number_of_the_table(asked):
    network, images, targets = asked
    scores = directions(targets, 4)
    who = subject(integrated.maps, network, scores, randomised(network))
    rows = judge(who, images, targets)
    assert set(COLUMNS) < set(FAITHFULNESS.names)
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    for row in rows:
        assert type(row["increase"]) is bool
        assert all(0 <= row[name] <= 1 for name in COLUMNS if name not in ("increase", "gap"))
        assert row["gap"] >= 0


def test_maps_that_are_known_are_not_asked_for_again(asked):
    network, images, targets = asked
    scores = directions(targets, 4)
    calls = []

    def explain(some):
        calls.append(len(some))
        return hirescam.maps(network, some, scores)

    who = Subject(probabilities(network), explain)
    rows_of_given = judge(who, images, targets, hirescam.maps(network, images, scores))
    assert len(calls) == 2  # the noisy copies
    assert rows_of_given == judge(who, images, targets)
    cheap = judge(who, images, targets, samples=0)
    assert [row | {"stability": None} for row in rows_of_given] == cheap
    assert rows_of_given[0]["randomised"] is None
    assert rows_of_given[0]["gap"] is None


def test_an_ensemble_is_judged_by_its_own_probabilities(asked):
    network, images, targets = asked
    other = Network(convolutional(seed=9))
    scores = directions(targets, 4)

    def predict(some):
        return (probabilities(network)(some) + probabilities(other)(some)) / 2

    def explain(some):
        both = [gradient.maps(net, some, scores).values for net in (network, other)]
        return Maps(np.mean(both, axis=0), "input")

    row = judge(Subject(predict, explain), images, targets)[1]
    single = judge(subject(gradient.maps, network, scores), images, targets)[1]
    assert 0 < row["deletion"] != single["deletion"]


def test_the_references_are_those_that_others_know_by_name():
    assert tuple(REFERENCES) == names.REFERENCES


@pytest.mark.parametrize("name", REFERENCES)
def test_maps_that_know_nothing_are_judged_the_same_way(asked, name):
    network, images, targets = asked
    rows = judge(Subject(probabilities(network), REFERENCES[name]), images, targets)
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    floats = gradient.floating(images)
    all_at_once = REFERENCES[name](floats).values
    np.testing.assert_array_equal(REFERENCES[name](floats[[2]]).values[0], all_at_once[2])
    assert all((row["stability"] > 0) == (name == "random") for row in rows)


def test_the_centre_is_in_the_middle_and_a_fifth_of_a_face_wide():
    one = REFERENCES["centre"](np.zeros((1, 48, 48), np.float32)).values[0]
    np.testing.assert_allclose(one, one[::-1, ::-1], rtol=1e-6)
    assert one[23, 23] > 0.99
    assert one[23, 33] / one[23, 23] == pytest.approx(np.exp(-(9.5**2 - 0.5**2) / 200), rel=1e-4)


# --- evidence that is known -------------------------------------------------------------------

SIDE, PATTERN, CLASSES = 48, 12, 7


def planted(n, seed):
    """Noise with one of seven patterns in a random place: images, labels, (n, h, w) where it is."""
    patterns = np.random.default_rng(99).integers(0, 2, (CLASSES, 6, 6)).repeat(2, 1).repeat(2, 2)
    rng = np.random.default_rng(seed)
    images = rng.normal(0.5, 0.15, (n, SIDE, SIDE)).clip(0, 1).astype(np.float32)
    labels, where = rng.integers(0, CLASSES, n), np.zeros((n, SIDE, SIDE), bool)
    for i, (row, column) in enumerate(rng.integers(0, SIDE - PATTERN + 1, (n, 2))):
        place = i, slice(row, row + PATTERN), slice(column, column + PATTERN)
        images[place], where[place] = patterns[labels[i]], True
    return images, labels, where


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    steps = [layers.Input((SIDE, SIDE, 1))]
    for filters in (16, 32, 64):
        steps += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.MaxPooling2D(),
        ]
    net = keras.Sequential([*steps[:-1], layers.GlobalAveragePooling2D(), layers.Dense(CLASSES)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(2e-3), loss, jit_compile=False)
    images, labels, _ = planted(4000, seed=1)
    net.fit(images[..., None], labels, batch_size=64, epochs=10, verbose=0)
    images, labels, where = planted(64, seed=2)
    network = Network(net)
    # First of all: many maps of a net that has not learnt would point to the right place as well.
    assert (network.logits(images).argmax(axis=1) == labels).mean() >= 0.99
    return network, images, labels, where


def pointing(values, where):
    large = resize(values, SIDE, SIDE).reshape(len(values), -1)
    return where.reshape(len(where), -1)[np.arange(len(where)), large.argmax(axis=1)].mean()


BOUNDS = {
    "gradient": (0.7, 0.45, 0.7),
    "smoothgrad": (0.7, 0.45, 0.65),
}
"""At least pointing, at most deletion, at least insertion; CAM's own for all others."""


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_methods_find_evidence_that_was_planted(trained, name):
    network, images, labels, where = trained
    scores = directions(labels, CLASSES)
    explained = METHODS[name].maps(network, images, scores)
    curves, _ = ablate(probabilities(network), images, labels, explained.values)
    deletion, insertion = area(curves.deletion).mean(), area(curves.insertion).mean()
    forgotten = METHODS[name].maps(randomised(network), images, scores)
    alike = np.nanmean(likeness(explained.values, forgotten.values))
    points = pointing(explained.values, where)
    print(f"{name}: {points:.2f} {deletion:.3f} {insertion:.3f} {alike:.2f}")
    least, most, brought = BOUNDS.get(name, (0.9, 0.35, 0.85))
    assert points >= least
    assert deletion <= most
    assert insertion >= brought
    # CAMs whose weights are never negative show the mean activation too
    assert alike < (0.65 if name in ("gradcam++", "layercam", "scorecam") else 0.4)


@pytest.mark.slow
def test_scorecam_loses_sight_of_it_where_what_is_silent_becomes_black(trained):
    network, images, labels, where = trained
    scores = directions(labels, CLASSES)
    black = scorecam.maps(network, images, scores, baseline=0.0)
    assert pointing(black.values, where) < 0.8
    assert pointing(scorecam.maps(network, images, scores).values, where) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
def test_maps_that_know_nothing_do_not(trained, name):
    network, images, labels, where = trained
    explained = REFERENCES[name](images)
    curves, _ = ablate(probabilities(network), images, labels, explained.values)
    deletion, insertion = area(curves.deletion).mean(), area(curves.insertion).mean()
    points = pointing(explained.values, where)
    print(f"{name}: {points:.2f} {deletion:.3f} {insertion:.3f}")
    assert points < 0.3
    assert deletion > (0.9 if name == "random" else 0.7)
    assert insertion < 0.5
