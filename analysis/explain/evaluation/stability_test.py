import numpy as np
import pytest

from analysis.explain.evaluation.stability import distance, stability

ONE = np.float32([[[3, 1], [0, 0]]])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (ONE, 0),
        (10 * ONE, 0),  # strength does not count
        ([[[0, 0], [5, 0]]], 1),
        ([[[1, 3], [0, 0]]], 0.5),  # half the mass changed places
        ([[[3, 1], [4, 0]]], 0.5),
        ([[[0, 0], [0, 0]]], 1),
        (-ONE, 1),
    ],
)
def test_distance_is_the_share_of_mass_that_stands_elsewhere(other, expected):
    assert distance(ONE, other) == pytest.approx([expected])
    assert distance(other, ONE) == pytest.approx([expected])


def test_two_maps_without_evidence_are_the_same():
    assert distance(0 * ONE, 0 * ONE) == [0]


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, 12, 12), np.float32)


def test_a_map_that_does_not_look_is_stable_and_one_of_the_noise_is_not(images):
    same = np.broadcast_to(np.float32([[1, 2], [3, 4]]), (6, 2, 2))
    assert stability(lambda some: same, images, same).max() == 0
    noise = stability(lambda some: np.abs(some - images), images, images)
    assert noise.min() > 0.2


def test_more_noise_moves_more(images):
    given = (np.asarray, images, images)
    little, much = (stability(*given, sigma=sigma) for sigma in (0.01, 0.1))
    assert (5 * little < much).all()
    # noise of sigma changes each pixel by 0.8 sigma on average, half counts, the mean pixel is 0.5
    assert little.mean() == pytest.approx(0.8 * 0.01 / 2 / 0.5, rel=0.1)


def test_an_image_has_the_same_stability_in_any_company(images):
    all_at_once = stability(np.asarray, images, images)
    alone = stability(np.asarray, images[[4]], images[[4]])
    np.testing.assert_allclose(alone, all_at_once[[4]], rtol=1e-5)


def test_the_mean_over_copies_is_taken(images):
    seen = []

    def values_of(some):
        seen.append(some)
        return some

    distances = stability(values_of, images, images, samples=3)
    assert len(seen) == 3
    each = [distance(images, some) for some in seen]
    np.testing.assert_allclose(distances, np.mean(each, axis=0), rtol=1e-5)
